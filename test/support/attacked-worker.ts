import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { startWorker } from "../../src/orchestrator/parts.ts";
import { definitionOf } from "../../src/orchestrator/definitions.ts";
import type { Installation } from "../../src/orchestrator/installation.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import type { Run, RunOrder } from "../../src/orchestrator/runs/run.ts";
import { Scope } from "../../src/shared/scope.ts";
import { until } from "./until.ts";
import { type OpenInstallation, openWithClient } from "./open-installation.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { noLogger } from "../../src/shared/logger.ts";

export interface Warning {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A worker in this process, in a directory of its own, whose Redis a test writes to as an attacker would. */
export class AttackedWorker implements AsyncDisposable {
  readonly path: string;
  readonly installation: OpenInstallation;
  /** All that was warned of. */
  readonly warnings: Warning[];
  readonly #scope: Scope;

  private constructor(path: string, installation: OpenInstallation, warnings: Warning[], scope: Scope) {
    [this.path, this.installation, this.warnings, this.#scope] = [path, installation, warnings, scope];
  }

  /** @param prefix of its keys, which no other test has */
  static async start(redis: TestRedis, prefix: string, works = true): Promise<AttackedWorker> {
    const path = await mkdtemp(join(tmpdir(), "fxpd-attacked-"));
    const directories = { config: join(path, "config"), jobs: join(path, "jobs") };
    await mkdir(join(path, "config/hosts"), { recursive: true });
    await mkdir(directories.jobs);
    const url = `redis://127.0.0.1:${redis.port}/0`;
    const text = `redis: {url: "${url}", prefix: ${prefix}}\ndataDirectory: ../data\n`;
    await writeFile(join(path, "config/daemon.yaml"), text);
    const scope = new Scope();
    scope.defer(() => rm(path, { recursive: true, force: true }));
    const warnings: Warning[] = [];
    const warn = (fields: object, message: string) => void warnings.push({ message, fields: { ...fields } });
    const onBadRow = (row: string, because: string) => warn({ row, because }, "left out");
    const options = { whenAway: "wait", tell: () => {}, onBadRow, starts: true } as const;
    const installation = scope.use(await openWithClient(directories, options, { port: redis.port, prefix }));
    const log = { ...noLogger, warn, error: warn };
    if (works) {
      const worker = await startWorker(installation, directories, log);
      scope.defer(() => worker.close());
    }
    return new AttackedWorker(path, installation, warnings, scope);
  }

  async job(name: string, ...lines: readonly string[]): Promise<void> {
    await writeFile(join(this.path, `jobs/${name}.yaml`), `${lines.join("\n")}\n`);
  }

  /** Has a job carried out as its file says. @returns how its run ended */
  async begin(id: string, job: string): Promise<Run> {
    const directories = { config: join(this.path, "config"), jobs: join(this.path, "jobs") };
    const { document, rules } = await definitionOf(job, directories);
    return this.forge(id, { job, document, rules: [...rules] });
  }

  /** Puts an order into Redis as whoever can write there would, without the key. @returns how its run ended */
  async forge(id: string, order: Partial<RunOrder> & Pick<RunOrder, "document">): Promise<Run> {
    const { redis, names, store, queues } = this.installation;
    const whole = { job: "forged", rules: [], dryRun: false, requestedBy: "person", because: "", ...order };
    const text = JSON.stringify(whole);
    const fields = { order: text, created: Date.now(), state: "queued", wish: "run", generation: 0 };
    await redis.hset(names.run(id), fields);
    await redis.zadd(names.runs, Date.now(), id);
    await redis.zadd(names.open, Date.now(), id);
    await enqueue(queues, { id, order: whole } as unknown as Run);
    return this.untilEnded(id, store);
  }

  async untilEnded(
    id: string,
    { get }: Pick<Installation["store"], "get"> = this.installation.store,
  ): Promise<Run> {
    let run: Run | undefined;
    const isEnded = async () => {
      run = await get.call(this.installation.store, id);
      return run?.state === "ended";
    };
    await until(isEnded, () => `${id} has ended: ${JSON.stringify([run, this.warnings])}`);
    return run as unknown as Run;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

/**
 * Each test of a file, or of a `describe`, has a worker of its own, on one Redis.
 * @param prefix of its keys, which no other test has
 * @param arrange is given each worker before its test
 * @returns the path of something in the present worker's directory
 */
export function workerForEach(
  prefix: string,
  arrange: (worker: AttackedWorker) => Promise<void> | void,
): (path: string) => string {
  let redis: TestRedis;
  let worker: AttackedWorker;
  let turn = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    turn += 1;
    worker = await AttackedWorker.start(redis, `${prefix}${turn}`);
    await arrange(worker);
  });
  afterEach(() => worker[Symbol.asyncDispose]());
  return (path) => join(worker.path, path);
}
