import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAIN } from "./program.ts";

/** What a host's file says of a server. */
export interface Host {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export type Event = Readonly<Record<string, unknown>>;

/** How a run of the command ended. */
export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** With `--json`: all that was printed; a line that a kill has cut is left out. */
  readonly events: readonly Event[];
  /** The last of them, when the run came to its end. */
  readonly summary: Event | undefined;
}

/** A directory from which the built command line is run: host files without TLS, and a state of its own. */
export class Desk implements AsyncDisposable {
  readonly path: string;
  /** Whether what it runs may read only what modes allow, as an ordinary user: root's privilege is taken away. */
  isOrdinary = false;
  /** The executable that runs the program. */
  node = process.execPath;
  /** What it runs has beside the environment of the tests. */
  environment: Readonly<Record<string, string>> = {};
  #password = "";

  private constructor(path: string) {
    this.path = path;
  }

  static async open(hosts: Readonly<Record<string, Host>> = {}): Promise<Desk> {
    const desk = new Desk(await mkdtemp(join(tmpdir(), "fxpd-desk-")));
    await mkdir(join(desk.path, "config/hosts"), { recursive: true });
    for (const [name, host] of Object.entries(hosts)) await desk.introduce(name, host);
    return desk;
  }

  /** Writes a host's file. All hosts of a desk have one password. */
  async introduce(name: string, { address, port, user, password }: Host, ...more: readonly string[]) {
    this.#password = password;
    const lines = [`address: ${address}`, `port: ${port}`, `user: ${user}`, ...more];
    const tls = more.some((line) => line.startsWith("tls:")) ? [] : ["tls: off"];
    const text = [...lines, "passwordFrom: {env: SECRET}", ...tls, ""].join("\n");
    await writeFile(join(this.path, `config/hosts/${name}.yaml`), text);
  }

  /** What differs for the program from the environment of the tests. */
  get ownEnvironment(): Readonly<Record<string, string>> {
    return { SECRET: this.#password, FXPD_STATE: join(this.path, "state"), ...this.environment };
  }

  /** Runs the command to its end: the packed program, where it is not said otherwise. */
  run = (args: readonly string[]): Promise<Ended> => this.begin(...args).ended;

  fxpd(...args: readonly string[]): Promise<Ended> {
    return this.run(args);
  }

  begin(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const env = { ...process.env, ...this.ownEnvironment };
    const isRoot = process.getuid?.() === 0;
    const ordinary =
      this.isOrdinary && isRoot ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];
    const [program, ...words] = [...ordinary, this.node, MAIN, ...args] as [string, ...string[]];
    const child = spawn(program, words, {
      cwd: this.path,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => {
      child.once("close", (status) => {
        resolve({ status, out, err, ...eventsOf(args, out) });
      });
    });
    return { child, ended };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A command in this process may still give a sign of life there.
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What `--json` has printed. */
export function eventsOf(args: readonly string[], out: string): Pick<Ended, "events" | "summary"> {
  const lines = args.includes("--json") ? out.split("\n").slice(0, -1) : [];
  const events = lines.map((line) => JSON.parse(line) as Event);
  return { events, summary: events.at(-1)?.["event"] === "summary" ? events.at(-1) : undefined };
}
