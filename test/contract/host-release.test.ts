import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { releaseHost } from "../../src/orchestrator/runs/release-host.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

test("files that are tried again with their whole slice, since their host had been paused, count as retries", async () => {
  await using runs = await TreeRuns.open(redis.port, "again");
  runs.source.tree.makeDirectory("/in", 0);
  runs.target.tree.makeDirectory("/out", 0);
  runs.source.tree.write("/in/file", Buffer.alloc(1_000), 0);
  runs.target.fault({ kind: "full", octets: 10, times: 1 });
  const { installation } = runs.own;
  await runs.ask({ copy: { from: "a:/in/file", to: "b:/out/" }, retries: 0 });
  await runs.own.worker();
  await vi.waitFor(async () => expect((await runs.record()).state).toBe("ended"), {
    timeout: 60_000,
    interval: 50,
  });
  expect(await runs.record()).toMatchObject({
    outcome: "succeeded",
    counters: { copied: 1, failed: 0, retries: 1 },
  });
  expect(await installation.store.totals()).toMatchObject({ retries: 1 });
});

test("a run that waits for a paused host goes on when the host is released, and not when its pause would have ended", async () => {
  await using runs = await TreeRuns.open(redis.port, "released");
  runs.source.tree.makeDirectory("/in", 0);
  runs.target.tree.makeDirectory("/out", 0);
  runs.source.tree.write("/in/file", Buffer.alloc(1_000), 0);
  const { installation } = runs.own;
  const { kv, queues, clock } = installation;
  const { address, port, user } = runs.target;
  const key = `${user}@${address}:${port}`;
  const { untilMs } = await kv.breaker.pause(key, "paused by ops", clock.now());
  await runs.ask({ copy: { from: "a:/in/file", to: "b:/out/" }, retries: 0 });
  await runs.own.worker();
  await vi.waitFor(async () => expect(await queues.slices.getDelayedCount()).toBe(1), {
    timeout: 60_000,
    interval: 50,
  });
  await releaseHost(installation, key);
  await vi.waitFor(async () => expect((await runs.record()).state).toBe("ended"), {
    timeout: 60_000,
    interval: 50,
  });
  expect((await runs.record()).outcome).toBe("succeeded");
  expect(clock.now()).toBeLessThan(untilMs);
});
