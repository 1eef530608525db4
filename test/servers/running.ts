import { closeSync, mkdtempSync, openSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { makeCertificate } from "./certificates.ts";
import { ended, familyOf, greets, launch, type Launch, lives, SERVER_IDS, signal } from "./processes.ts";
import { ownPort } from "./ports.ts";
import { prepareProftpd } from "./proftpd.ts";
import { preparePureFtpd } from "./pure-ftpd.ts";
import { preparePyftpdlib } from "./pyftpdlib.ts";
import { type Family, type Instance, PASSWORD, type Prepare, type ServerOptions } from "./server.ts";
import { prepareVsftpd } from "./vsftpd.ts";

const PREPARE: Readonly<Record<Family, Prepare>> = {
  vsftpd: prepareVsftpd,
  proftpd: prepareProftpd,
  "pure-ftpd": preparePureFtpd,
  pyftpdlib: preparePyftpdlib,
};

/** A real server on a loopback address of its own, ended with its scope. */
export class RunningServer<Name extends string = Family> implements AsyncDisposable {
  readonly family: Name;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password = PASSWORD;
  /** The login directory on disk. */
  readonly root: string;
  /** What PWD says of it after login. */
  readonly home: string;
  /** The first and the last port at which it listens for data connections. */
  readonly passivePorts: readonly [number, number];
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile: string | undefined;
  readonly #instance: Instance;
  readonly #launch: Launch;
  #child: ChildProcess | undefined;

  constructor(
    family: Name,
    instance: Instance,
    how: Launch & { readonly user: string; readonly home: string },
  ) {
    this.#instance = instance;
    this.#launch = how;
    this.family = family;
    this.address = instance.address;
    this.port = instance.port;
    this.user = how.user;
    this.root = instance.root;
    this.home = how.home;
    this.passivePorts = instance.passivePorts;
    this.caFile = instance.certificate?.authority;
  }

  get name(): string {
    return this.family;
  }

  /** The listening process, and below it one for each connection where the family works so. */
  pids(): readonly number[] {
    return familyOf(this.#child?.pid ?? 0);
  }

  /** Starts it, or starts it again on the same address and port. */
  async start(): Promise<void> {
    const { directory, address, port, options } = this.#instance;
    const log = openSync(join(directory, "output.log"), "a");
    const child = launch(this.#launch, directory, log);
    closeSync(log);
    this.#child = child;
    try {
      await greets(address, port, options.tls === "implicit", child);
    } catch (error) {
      throw new Error(`${this.name}: ${(error as Error).message}\n${await this.log()}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    await this.#end(this.pids(), "SIGTERM");
    await this.kill();
  }

  /** The end without warning: listener and connections at once. */
  async kill(): Promise<void> {
    await this.#end(this.pids(), "SIGKILL");
  }

  /** Kills what serves connections; pyftpdlib is one process, so all of it. */
  async killSessions(): Promise<void> {
    const [listener, ...sessions] = this.pids();
    if (this.family === "pyftpdlib" && listener !== undefined) await this.kill();
    for (const pid of sessions) signal(pid, "SIGKILL");
  }

  /** Commands and whatever else the server writes down. */
  async log(): Promise<string> {
    const names = ["output.log", "commands.log", "system.log", "tls.log"];
    const files = names.map((name) => readFile(join(this.#instance.directory, name), "utf8").catch(() => ""));
    return (await Promise.all(files)).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#instance.directory, { recursive: true, force: true });
  }

  async #end(pids: readonly number[], how: NodeJS.Signals): Promise<void> {
    for (const pid of pids) signal(pid, how);
    if (this.#child === undefined || pids.length === 0) return;
    const patience = setTimeout(() => {
      for (const pid of this.pids()) signal(pid, "SIGKILL");
    }, 3_000);
    await ended(this.#child);
    clearTimeout(patience);
    for (const pid of pids) while (lives(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Configures and starts one server. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  return startPrepared(options.family, PREPARE[options.family], options);
}

/** Starts a server of a name that only its preparation knows. */
export async function startPrepared<Name extends string>(
  family: Name,
  prepare: Prepare,
  options: Omit<ServerOptions, "family">,
): Promise<RunningServer<Name>> {
  const directory = mkdtempSync(join(tmpdir(), "fxpd-server-"));
  const root = join(directory, "files");
  await mkdir(root);
  const address = options.ip === 6 ? "::1" : randomLoopback();
  const port = options.ip === 6 ? await ownPort(address) : 2_121;
  const first = 20_000 + Math.floor(Math.random() * 200) * 100;
  const tls = options.tls ?? "none";
  const certificate =
    tls === "none" ? undefined : await makeCertificate(directory, address, options.certificate ?? "good");
  const passivePorts = [first, first + 99] as const;
  const instance: Instance = { options, directory, root, address, port, passivePorts, certificate };
  const how = await prepare(instance);
  await handOver(directory);
  const server = new RunningServer(family, instance, how);
  await server.start();
  return server;
}

/** Starts several side by side; all end with the scope, also when one does not start. */
export async function startServers(
  all: readonly ServerOptions[],
): Promise<AsyncDisposable & { readonly servers: readonly RunningServer[] }> {
  const started = await Promise.allSettled(all.map((options) => startServer(options)));
  const servers = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const dispose = async () => {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  };
  const failure = started.find((one) => one.status === "rejected");
  if (failure !== undefined) {
    await dispose();
    throw failure.reason;
  }
  return { servers, [Symbol.asyncDispose]: dispose };
}

/** On 127.0.0.1 alone no server could tell a third party from its client. Nobody else listens there, on whatever port. */
export function randomLoopback(): string {
  const octet = (from: number, to: number) => from + Math.floor(Math.random() * (to - from));
  return `127.${octet(64, 250)}.${octet(0, 256)}.${octet(2, 255)}`;
}

/** Gives the server's user what it needs; the login directory is open to the tests as well. */
async function handOver(directory: string): Promise<void> {
  const { uid, gid } = SERVER_IDS;
  const isRoot = process.getuid?.() === 0;
  await chmod(directory, 0o755);
  await chmod(join(directory, "files"), 0o777);
  if (!isRoot) return;
  for (const name of [".", ...(await readdir(directory))]) await chown(join(directory, name), uid, gid);
}
