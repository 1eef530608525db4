import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/fleet.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

// Who stops waiting for a run has not stopped the run, and is told so.

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

test("Ctrl-C while a run is waited for says that it goes on, and how to end it", async () => {
  await using runs = await TreeRuns.open(redis.port, "wait-interrupted");
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" } });
  const before = process.listeners("SIGINT");
  const waiting = fxpd("show", "run", "--wait", "--config", runs.own.directories.config);
  const ours = () => process.listeners("SIGINT").filter((one) => !before.includes(one));
  await until(
    async () => ours().length > 0,
    () => "nobody waits",
  );
  for (const interrupt of ours()) interrupt("SIGINT");
  expect(await waiting).toEqual({
    status: 130,
    out: "",
    err: "fxpd: run goes on; to end it: fxpd cancel run\n",
  });
  forgetSignals();
  expect((await runs.record()).state).toBe("queued");
});
