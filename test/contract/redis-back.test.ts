import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

// Commands that wait for a run while Redis is restarted, or stops for a while.

let redis: TestRedis;
let own: TestInstallation;
/** Said once, however often it is asked again. */
const WAITS_FOR_REDIS =
  /^fxpd: Redis does not respond \(.+\); waiting up to 1 min 0 s for it to come back\n$/;
const document = { mirror: { from: "a:/in", to: "b:/out" } };

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  forgetSignals();
  await redis[Symbol.asyncDispose]();
});
beforeEach(async () => {
  own = await TestInstallation.open(redis.port, "back", {
    a: ["address: 127.0.0.1"],
    b: ["address: 127.0.0.1"],
  });
});
afterEach(() => own[Symbol.asyncDispose]());

test.each([
  ["show --wait", ["show", "--wait"], /succeeded/],
  ["logs -f", ["logs", "-f"], /it goes on/],
])(
  "%s goes on when Redis does, and tells of the run's end",
  async (_, [command = "", option = ""], expected) => {
    const { control, store, redis: client } = own.installation;
    const clients = async () =>
      String(await client.client("LIST"))
        .split("\n")
        .filter((line) => /cmd=(hgetall|xrange|xrevrange)\b/.test(line));
    const run = await control.submit({ job: "pub", document, rules: [] });
    const waiting = fxpd(command, run.id, option, "--config", own.directories.config);
    await until(async () => (await clients()).length > 0, "it has asked for the run");
    // Whoever asks now has no answer in time, or none at all.
    redis.signal("SIGSTOP");
    await until(() => vi.mocked(process.stderr.write).mock.calls.length > 0, "it says that it waits");
    redis.signal("SIGCONT");
    await store.log(run.id, [{ event: "note", because: "it goes on" }], 2);
    await store.end(run, undefined, 3, "succeeded");
    const { status, out, err } = await waiting;
    expect({ status, err }).toEqual({ status: 0, err: expect.stringMatching(WAITS_FOR_REDIS) as string });
    expect(out).toMatch(expected);
  },
  60_000,
);
