import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Claims } from "../../src/orchestrator/claims/claims.ts";
import { requestOf } from "../../src/orchestrator/definitions.ts";
import type { RunOrder } from "../../src/orchestrator/runs/run.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import { claimTrees, treesOf } from "../../src/orchestrator/worker/plan/trees.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import { commandsOf, sumOf, TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const HOST = ["address: 127.0.0.1", "port: 1", "user: u", "passwordFrom: {env: HOME}", "tls: off"];

let redis: TestRedis;
let turn = 0;
let open: () => Promise<TestInstallation>;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});
beforeEach(() => {
  turn += 1;
  open = () => TestInstallation.open(redis.port, `waiting${turn}`, { a: HOST, b: HOST });
});

function order(job: string, path: string): RunOrder {
  const document = { mirror: { from: `a:${path}`, to: `b:${path}` }, retries: 0 };
  return { job, document, rules: [], dryRun: false, requestedBy: "person", because: "test" };
}

/** Runs of a job, in the order in which they were asked for, all in the queue. */
async function ask({ installation }: TestInstallation, job: string, path: string, ...ids: readonly string[]) {
  const { store, queues } = installation;
  for (const [at, id] of ids.entries()) {
    await store.create(id, order(job, path), 1_000 + at);
    const run = await store.get(id);
    if (run !== undefined) await enqueue(queues, run);
  }
}

async function settled({ installation: { queues } }: TestInstallation, delayed: number) {
  await vi.waitFor(async () => expect(await queues.runs.getDelayedCount()).toBe(delayed), 60_000);
}

test("202 runs that wait behind two paused ones cost Redis less than two commands a second each", async () => {
  await using one = await open();
  const { control, redis: client } = one.installation;
  for (const job of ["one", "two"]) {
    const ids = Array.from({ length: 101 }, (_, at) => `${job}-${String(at).padStart(3, "0")}`);
    await ask(one, job, `/${job}`, ...ids);
    await control.pause(`${job}-000`);
  }
  await one.worker();
  await settled(one, 202);
  await client.config("RESETSTAT");
  await sleep(3_000);
  expect(sumOf(await commandsOf(client))).toBeLessThan(202 * 2 * 3);
});

test("the next run of a job is looked at as soon as the one before has ended", async () => {
  await using one = await open();
  const { control, store } = one.installation;
  await ask(one, "one", "/one", "first", "second", "third");
  await control.pause("first");
  await control.pause("third");
  await one.worker();
  await settled(one, 3);
  await control.cancel("first");
  // Nobody answers there, so it fails; what counts is that its turn has come.
  await vi.waitFor(async () => expect((await store.get("second"))?.state).toBe("ended"), 25_000);
  expect((await store.get("third"))?.state).toBe("queued");
});

test("a run that waits for a tree is looked at as soon as the run that writes it has ended", async () => {
  await using one = await open();
  const { redis: client, names, store, queues } = one.installation;
  await ask(one, "one", "/pub", "writer");
  const trees = treesOf(await requestOf(order("one", "/pub"), one.directories, {}));
  await claimTrees(new Claims(client, { prefix: names.prefix }), trees, "writer");
  const job = await queues.runs.getJob("writer");
  await job?.remove();
  for (const id of ["w1", "w2", "w3"]) await ask(one, `of-${id}`, "/pub/below", id);
  await one.worker();
  await settled(one, 3);
  expect(await client.zrange(names.waiters("writer"), "0", "-1")).toEqual(["w1", "w2", "w3"]);
  await client.del(`${names.prefix}:claims`, `${names.prefix}:claims:trees`);
  await one.installation.control.cancel("writer");
  for (const id of ["w1", "w2", "w3"])
    await vi.waitFor(async () => expect((await store.get(id))?.state).toBe("ended"), 25_000);
});

test("the end of a run wakes few of hundreds, and the others wait for the first of these", async () => {
  await using one = await open();
  const { redis: client, names } = one.installation;
  const store = new RunStore(client, names);
  const ids = Array.from({ length: 30 }, (_, at) => `w${String(at).padStart(2, "0")}`);
  await store.create("writer", order("one", "/pub"), 1);
  for (const [at, id] of ids.entries()) {
    await store.create(id, order(id, "/pub"), 10 + at);
    expect(await store.waitFor("writer", { id, createdMs: 10 + at })).toBe(true);
  }
  const { woken } = await store.end(
    { id: "writer", order: order("one", "/pub") },
    undefined,
    99,
    "succeeded",
  );
  expect(woken).toEqual(ids.slice(0, 8));
  expect(await client.zrange(names.waiters("w00"), "0", "-1")).toEqual(ids.slice(8));
  expect(await store.timesWoken("w00")).toBe(1);
  expect(await store.timesWoken("w08")).toBe(0);
  expect(await store.waitFor("writer", { id: "w29", createdMs: 39 })).toBe(false);
});

test("a run that is resumed in the moment in which it is put aside comes at once", async () => {
  await using one = await open();
  const { control, store, redis: client, names } = one.installation;
  await ask(one, "one", "/one", "first");
  await control.pause("first");
  await one.worker();
  await settled(one, 1);
  await client.hset(names.run("first"), "wish", "run");
  await store.noteWoken("first");
  await control.resume("first");
  await vi.waitFor(async () => expect((await store.get("first"))?.state).toBe("ended"), 25_000);
});
