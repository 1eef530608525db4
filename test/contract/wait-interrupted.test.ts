import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";
import { until } from "../support/until.ts";

// Who stops waiting for a run has not stopped the run, and is told so.

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(forgetSignals);
afterAll(() => redis[Symbol.asyncDispose]());

const GOES_ON = "fxpd: run goes on; to end it: fxpd cancel run\n";
const known = process.listeners("SIGINT");

/** Presses Ctrl-C once somebody waits for it. */
async function interrupt(): Promise<void> {
  const ours = () => process.listeners("SIGINT").filter((one) => !known.includes(one));
  await until(() => ours().length > 0, "somebody waits");
  for (const listener of ours()) listener("SIGINT");
}

/** Whether a command has asked for the run, and not only those that tests have made. */
async function isAsked(runs: TreeRuns): Promise<boolean> {
  const clients = String(await runs.own.installation.redis.client("LIST"));
  return /cmd=(hgetall|xrange|xrevrange)\b/.test(clients);
}

test("Ctrl-C while a run is waited for says that it goes on, and how to end it", async () => {
  await using runs = await TreeRuns.open(redis.port, "wait-interrupted");
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" } });
  const waiting = fxpd("show", "run", "--wait", "--config", runs.own.directories.config);
  await interrupt();
  expect(await waiting).toEqual({ status: 130, out: "", err: GOES_ON });
  expect((await runs.record()).state).toBe("queued");
});

test("Ctrl-C while Redis is away and waited for says the same", async () => {
  await using runs = await TreeRuns.open(redis.port, "wait-away");
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" } });
  const waiting = fxpd("show", "run", "--wait", "--config", runs.own.directories.config);
  await until(() => isAsked(runs), "it has asked for the run");
  redis.signal("SIGSTOP");
  await until(() => vi.mocked(process.stderr.write).mock.calls.length > 0, "it says that it waits");
  await interrupt();
  const { status, err } = await waiting;
  redis.signal("SIGCONT");
  expect(status).toBe(130);
  expect(err).toMatch(/^fxpd: Redis does not respond .*; waiting up to 1 min 0 s for it to come back\n/);
  expect(err.endsWith(GOES_ON)).toBe(true);
}, 60_000);

test.each([
  ["show", "--wait"],
  ["logs", "-f"],
])("a Redis that does not allow %s %s to read is not waited for", async (command, option) => {
  await using runs = await TreeRuns.open(redis.port, `wait-denied-${command}`);
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" } });
  const client = runs.own.installation.redis;
  const waiting = fxpd(command, "run", option, "--config", runs.own.directories.config);
  await until(() => isAsked(runs), "it has asked for the run");
  await client.call("ACL", "SETUSER", "default", "-hgetall");
  const { status, err } = await waiting;
  await client.call("ACL", "SETUSER", "default", "+hgetall");
  expect({ status, err }).toEqual({
    status: 3,
    err: expect.stringMatching(/^fxpd: Redis does not allow this user to write; .*\n$/) as string,
  });
});
