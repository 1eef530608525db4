import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { notesOf } from "../../src/api/run-notes.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

// No worker can say that it lives as long as Redis takes no writes: that is not said to be for want of one.

let redis: TestRedis;
let own: TestInstallation;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  forgetSignals();
  await redis[Symbol.asyncDispose]();
});
beforeEach(async () => {
  own = await TestInstallation.open(redis.port, "unseen");
});
afterEach(() => own[Symbol.asyncDispose]());

test("without a worker, the list says how to start one", async () => {
  const { status, out } = await fxpd("workers", "--config", own.directories.config);
  expect({ status, out }).toEqual({
    status: 0,
    out: "no worker is running; start one with fxpd worker or fxpd daemon\n",
  });
});

test.each([
  ["full", ["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]],
  ["read-only", ["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]],
] as const)("while Redis is %s, what is said is that", async (what, begin, end) => {
  const { control, kv, store, clock, redis: client } = own.installation;
  const document = { mirror: { from: "/nowhere/in", to: "/nowhere/out" } };
  const run = await control.submit({ job: "pub", document, rules: [] });
  await client.sadd(`${store.names.workers}`, "dead");
  const [first, ...rest] = begin;
  await client.call(first, ...rest);
  try {
    const { status, out } = await fxpd("workers", "--config", own.directories.config);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`^no worker can be seen as long as Redis is ${what}; `));
    expect(await notesOf(run, { kv, store, clock }, own.directories)).toEqual([out.trim()]);
    // Metrics count them all the same.
    expect(await kv.livingWorkers()).toBe(0);
  } finally {
    const [last, ...others] = end;
    await client.call(last, ...others);
  }
});
