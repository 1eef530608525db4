import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findRedis } from "../../src/orchestrator/kv/embedded/program.ts";
import { ownPort } from "../servers/ports.ts";

/** A redis-server with settings of a test's own, ended with its scope. */
export class TestRedis implements AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  readonly #child: ChildProcess;

  constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.directory = directory;
    this.#child = child;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await new Promise((resolve) => this.#child.once("exit", resolve));
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** `lines` are those of redis.conf; with `sentinel` it is one. */
export async function startRedis(
  lines: readonly string[] = [],
  { isSentinel = false, port }: { readonly isSentinel?: boolean; readonly port?: number } = {},
): Promise<TestRedis> {
  const program = await findRedis(process.env, (sentence) => process.stderr.write(`${sentence}\n`));
  for (;;) {
    const directory = await mkdtemp(join(tmpdir(), "fxpd-redis-"));
    const listening = port ?? (await freePort());
    const basics = [`port ${listening}`, "bind 127.0.0.1", `dir ${directory}`, 'save ""'];
    const [file, log] = [join(directory, "redis.conf"), join(directory, "redis.log")];
    await writeFile(file, [...(isSentinel ? basics.slice(0, 3) : basics), ...lines, ""].join("\n"));
    const args = ["--pdeathsig", "KILL", "--", program.path, file, ...(isSentinel ? ["--sentinel"] : [])];
    const env = { PATH: process.env["PATH"], LD_LIBRARY_PATH: program.libraryPath };
    const child = spawn("setpriv", [...args, "--logfile", log], { stdio: "ignore", env });
    const redis = new TestRedis(listening, directory, child);
    const said = await readiness(child, log);
    if (READY.test(said)) return redis;
    await redis[Symbol.asyncDispose]();
    // Something that is no test may have taken the port, or the one beside it that a cluster needs.
    if (port !== undefined || !said.includes("Address already in use")) throw new Error(said);
  }
}

const READY = /Ready to accept connections|Sentinel ID is/;

/** What a Redis has logged when it is ready, or has ended; a reply on its port may be another one's. */
async function readiness(child: ChildProcess, log: string): Promise<string> {
  for (;;) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const said = await readFile(log, "utf8").catch(() => "");
    if (hasEnded || READY.test(said)) return said;
    await sleep(10);
  }
}

/** A port of 127.0.0.1 that no other test is given. */
export function freePort(): Promise<number> {
  return ownPort();
}
