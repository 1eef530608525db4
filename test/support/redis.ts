import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { findRedis } from "../../src/orchestrator/kv/embedded/program.ts";

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
  const directory = await mkdtemp(join(tmpdir(), "fxpd-redis-"));
  const listening = port ?? (await freePort());
  const basics = [`port ${listening}`, "bind 127.0.0.1", `dir ${directory}`, 'save ""'];
  const file = join(directory, "redis.conf");
  await writeFile(file, [...(isSentinel ? basics.slice(0, 3) : basics), ...lines, ""].join("\n"));
  const args = ["--pdeathsig", "KILL", "--", program.path, file, ...(isSentinel ? ["--sentinel"] : [])];
  const env = { PATH: process.env["PATH"], LD_LIBRARY_PATH: program.libraryPath };
  const child = spawn("setpriv", [...args, "--logfile", join(directory, "redis.log")], {
    stdio: "ignore",
    env,
  });
  const redis = new TestRedis(listening, directory, child);
  const probe = new Redis({ port: listening, lazyConnect: true, retryStrategy: () => 20 });
  probe.on("error", () => {});
  await Promise.race([
    probe.ping().catch(() => {}), // whatever it answers, it listens
    new Promise((resolve) => child.once("exit", resolve)),
    sleep(10_000),
  ]);
  probe.disconnect();
  if (child.exitCode !== null) throw new Error(await readFile(join(directory, "redis.log"), "utf8"));
  return redis;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
