import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { startWorker } from "../../src/orchestrator/parts.ts";
import type { Part } from "../../src/orchestrator/shutdown.ts";
import { type Logger, noLogger } from "../../src/shared/logger.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { Scope } from "../../src/shared/scope.ts";
import { type OpenInstallation, openWithClient } from "./open-installation.ts";
import { startRedis, type TestRedis } from "./redis.ts";

/** Parts of a daemon in this process, with a configuration of their own, on a Redis of the test's. */
export class TestInstallation implements AsyncDisposable {
  readonly path: string;
  readonly #scope = new Scope();
  #installation: OpenInstallation | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * @param prefix under which this test's keys stand
   * @param hosts lines of each host's file
   * @param more lines of the daemon's file
   * @param clock of the machine that it seems to run on
   */
  static async open(
    port: number,
    prefix: string,
    hosts: Readonly<Record<string, readonly string[]>> = {},
    more: readonly string[] = [],
    clock?: Clock,
  ): Promise<TestInstallation> {
    const one = new TestInstallation(await mkdtemp(join(tmpdir(), "fxpd-installation-")));
    await mkdir(join(one.path, "config/hosts"), { recursive: true, mode: 0o700 });
    await mkdir(join(one.path, "jobs"));
    const redis = `redis: {url: "redis://127.0.0.1:${port}", prefix: ${prefix}}`;
    const lines = [redis, "dataDirectory: ../state", "shutdown: {grace: 1s}", ...more, ""];
    await writeFile(join(one.path, "config/daemon.yaml"), lines.join("\n"));
    for (const [name, host] of Object.entries(hosts))
      await writeFile(join(one.path, `config/hosts/${name}.yaml`), [...host, ""].join("\n"));
    const machine = clock === undefined ? {} : { clock };
    const options = { starts: true, whenAway: "wait", tell: () => {}, ...machine } as const;
    one.#installation = await openWithClient(one.directories, options, { port, prefix });
    return one;
  }

  get directories() {
    return { config: join(this.path, "config"), jobs: join(this.path, "jobs") };
  }

  get installation(): OpenInstallation {
    if (this.#installation === undefined) throw new Error("not open");
    return this.#installation;
  }

  /** Another worker; it ends with the installation where it was not closed before. */
  async worker(log: Logger = noLogger): Promise<Part> {
    const part = await startWorker(this.installation, this.directories, log);
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= part.close());
    this.#scope.defer(close);
    return {
      get isRunning() {
        return part.isRunning;
      },
      close,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
    await this.#installation?.[Symbol.asyncDispose]();
    await rm(this.path, { recursive: true, force: true });
  }
}

/**
 * Each test of a file has an installation of its own, on one Redis.
 * @param prefix of its keys, which no other test has
 * @returns the one of the present test
 */
export function installationForEach(prefix: string): () => TestInstallation {
  let redis: TestRedis;
  let own: TestInstallation;
  let turn = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    own = await TestInstallation.open(redis.port, `${prefix}${(turn += 1)}`);
  });
  afterEach(() => own[Symbol.asyncDispose]());
  return () => own;
}

/** Commands that a Redis has carried out since this was last reset, those in scripts included. */
export async function commandsOf(redis: RedisClient): Promise<ReadonlyMap<string, number>> {
  const text = await redis.info("commandstats");
  const found = text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm);
  return new Map([...found].map(([, name = "", calls]) => [name, Number(calls)]));
}

export function sumOf(commands: ReadonlyMap<string, number>): number {
  return [...commands.values()].reduce((sum, calls) => sum + calls, 0);
}
