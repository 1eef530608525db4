import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { connectRedis } from "../../src/orchestrator/kv/connect.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { ItemWorker } from "../../src/orchestrator/worker/queue/item-worker.ts";
import { openQueues, type Queues, RUNS, type RunItem } from "../../src/orchestrator/worker/queue/queues.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { until } from "../support/until.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const LOCK_MS = 1_000;

let server: TestRedis;
let redis: RedisClient;
let queues: Queues;
let names: KeyNames;
let turn = 0;
const workers: { readonly handled: readonly Handled[]; readonly worker: ItemWorker<RunItem> }[] = [];

beforeAll(async () => {
  server = await startRedis();
  const address = { host: "127.0.0.1", port: server.port };
  redis = await connectRedis({ kind: "server", address, database: 0 }, { whenAway: "wait", tell: () => {} });
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  names = new KeyNames(`items${(turn += 1)}`);
  queues = openQueues(redis, names);
});
afterEach(async () => {
  const closing = workers.splice(0).map(async ({ handled, worker }) => {
    await worker.pause();
    for (const one of handled) one.end();
    await worker.close();
  });
  await Promise.all(closing);
  await queues[Symbol.asyncDispose]();
});

interface Handled {
  readonly job: Job<RunItem>;
  readonly signal: AbortSignal;
  readonly end: (error?: Error) => void;
  hasEnded: boolean;
}

/** Takes items, which are handled until they are told to end. */
function work(concurrency = 4): {
  readonly handled: readonly Handled[];
  readonly worker: ItemWorker<RunItem>;
} {
  const handled: Handled[] = [];
  const handle = (job: Job<RunItem>, _token: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const one: Handled = {
        job,
        signal,
        hasEnded: false,
        end(error) {
          one.hasEnded = true;
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      handled.push(one);
    });
  const options = {
    connection: redis,
    prefix: names.prefix,
    concurrency,
    log: noLogger,
    lockMs: LOCK_MS,
  };
  const worker = new ItemWorker<RunItem>(RUNS, handle, options);
  workers.push({ handled, worker });
  return { handled, worker };
}

async function add(): Promise<void> {
  await queues.runs.add("run", { run: "a" }, { jobId: "a" });
}

/** As if its worker had stood still for longer than the lock lasts. */
async function expireLock(): Promise<void> {
  await redis.del(`${names.prefix}:${RUNS}:a:lock`);
}

test("an item whose lock has expired is taken again by the same process once its first handler has ended, and kept", async () => {
  const { handled } = work();
  await add();
  await until(() => handled.length === 1, "the item is taken");
  await expireLock();
  await until(() => handled[0]?.signal.aborted === true, "the first handler is told that the item is lost");
  await until(async () => (await redis.exists(`${names.prefix}:${RUNS}:a:lock`)) === 1, "it is taken again");
  expect(handled).toHaveLength(1);
  handled[0]?.end();
  await until(() => handled.length === 2, "the second handler begins");
  // BullMQ's own renewal would have ended with the first handler, and the item been taken a third time.
  await sleep(2 * LOCK_MS);
  expect(handled).toHaveLength(2);
  expect(handled[1]?.signal.aborted).toBe(false);
  handled[1]?.end();
  await until(async () => (await queues.runs.getJobState("a")) === "completed", "the item is done");
});

test.each([undefined, new Error("failed")])(
  "what a handler that has lost its item comes to is of no effect (%s)",
  async (error) => {
    // One item at a time, so that who handles it is not asking for more: a request on its way outlives a pause.
    const [one, two] = [work(1), work(1)];
    await add();
    await until(() => one.handled.length + two.handled.length === 1, "the item is taken");
    const [first, others] = one.handled.length === 1 ? [one, two] : [two, one];
    await first.worker.pause();
    await expireLock();
    await until(() => others.handled.length === 1, "another worker has taken it");
    await until(() => first.handled[0]?.signal.aborted === true, "the first one is told");
    first.handled[0]?.end(error);
    await sleep(LOCK_MS);
    expect(await queues.runs.getJobState("a")).toBe("active");
    expect(others.handled[0]?.signal.aborted).toBe(false);
    await until(async () => {
      // A machine that stands still for longer than the lock lasts has the item taken once more.
      for (const one of others.handled) one.end();
      return (await queues.runs.getJobState("a")) === "completed";
    }, "the item is done");
  },
);

test("an item stays with a handler that runs for many times as long as its lock lasts", async () => {
  const { handled } = work();
  await add();
  await until(() => handled.length === 1, "the item is taken");
  await sleep(3 * LOCK_MS);
  expect(handled).toHaveLength(1);
  handled[0]?.end();
  await until(async () => (await queues.runs.getJobState("a")) === "completed", "the item is done");
});

test("a worker whose Redis goes away while it begins takes items when that is back", async () => {
  const first = await startRedis();
  const address = { host: "127.0.0.1", port: first.port };
  const client = await connectRedis(
    { kind: "server", address, database: 0 },
    { whenAway: "wait", tell: () => {} },
  );
  await first[Symbol.asyncDispose]();
  const handled: string[] = [];
  const worker = new ItemWorker<RunItem>(RUNS, async ({ id = "" }) => void handled.push(id), {
    connection: client,
    prefix: names.prefix,
    concurrency: 1,
    log: noLogger,
  });
  await using again = await startRedis([], { port: first.port });
  const own = openQueues(client, names);
  try {
    await own.runs.add("run", { run: "one" }, { jobId: "one" });
    await until(
      () => handled.length === 1,
      () => `the item is handled, on port ${again.port}`,
    );
  } finally {
    await worker.pause();
    await worker.close();
    await own[Symbol.asyncDispose]();
    client.disconnect();
  }
});
