import { beforeEach, expect, test } from "vitest";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import { Staleness } from "../../src/orchestrator/scheduler/staleness.ts";
import { Stores } from "../../src/orchestrator/kv/stores/stores.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { DeliveryError } from "../../src/orchestrator/notify/errors.ts";
import { lateNotice, type Notice, type Occasion } from "../../src/orchestrator/notify/notice.ts";
import { PostOffice } from "../../src/orchestrator/notify/post-office.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import type { RunOrder } from "../../src/orchestrator/runs/run.ts";
import type { RunOutcome } from "../../src/batch/events.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
let names: KeyNames;
let store: RunStore;
let clock: Clock & { ms: number };
let turn = 0;
const HOUR = 3_600_000;
const NEVER = new AbortController().signal;

beforeEach(() => {
  names = new KeyNames(`stale${(turn += 1)}`);
  store = new RunStore(shared.client, names);
  clock = { ms: Date.parse("2026-11-21T00:00:00Z"), now: () => clock.ms, sleep: async () => {} };
});

/** Somebody who is told, and what of. */
function told(on: readonly Occasion[], jobs?: readonly string[]) {
  const notices: Notice[] = [];
  const send = async (sent: readonly Notice[]) => void notices.push(...sent);
  const channel = {
    name: `kept ${on.join()}`,
    shown: "kept",
    on,
    send,
    ...(jobs === undefined ? {} : { jobs }),
  };
  return { channel, notices, lines: () => notices.map(({ occasion, job }) => `${job} ${occasion}`) };
}

function parts(...kept: readonly ReturnType<typeof told>[]) {
  const deps = { kv: new Stores(shared.client, names, store), store, clock, log: noLogger };
  const office = new PostOffice(
    deps,
    kept.map(({ channel }) => channel),
  );
  const staleness = new Staleness({ ...deps, tell: (notice) => office.tell(notice) });
  const document = { copy: { from: "a:x", to: "b:" }, staleAfter: "26h" };
  const job = jobSchemaFor(document).parse(document);
  const use = (...names: readonly string[]) =>
    staleness.use(names.map((name) => ({ name, file: `${name}.yaml`, document, job, rules: [] })));
  use("nightly");
  const pass = async (ms: number) => {
    clock.ms += ms;
    await staleness.look();
    for (const waitMs of [0, 6_000]) {
      clock.ms += waitMs;
      await office.work(NEVER);
    }
  };
  return { pass, office, use };
}

async function ended(
  id: string,
  outcome: RunOutcome,
  dryRun = false,
  more: Partial<RunOrder> = {},
): Promise<void> {
  const plain: RunOrder = {
    ...{ job: "nightly", document: {}, rules: [], dryRun },
    ...{ requestedBy: "person", because: "test" },
  };
  const order = { ...plain, ...more };
  await store.create(id, { ...order, rules: [] }, clock.now());
  await store.begin(id, clock.now());
  await store.end({ id, order: { ...order, rules: [] } }, undefined, clock.now(), outcome);
}

test("a job of which no run has ever succeeded is stale once its time has passed since it was first seen", async () => {
  const kept = told(["stale"]);
  const { pass } = parts(kept);
  await pass(0);
  await ended("failed", "failed");
  await ended("dry", "succeeded", true);
  await pass(25 * HOUR);
  expect(kept.lines()).toEqual([]);
  await pass(HOUR);
  await pass(HOUR);
  expect(kept.lines()).toEqual(["nightly stale"]);
  expect(kept.notices[0]?.because).toBe(
    "no run has succeeded for 1 d 2 h: none has succeeded since 2026-11-21T00:00:00.000Z, when the job was first seen; the last run ended as failed",
  );
});

test("a success restarts the time, and is reported as a recovery where the job was stale", async () => {
  const kept = told(["stale", "recovered"]);
  const { pass } = parts(kept);
  await ended("one", "succeeded");
  await pass(20 * HOUR);
  await ended("two", "succeeded");
  await pass(20 * HOUR);
  expect(kept.lines()).toEqual([]);
  await store.jobs.pause("nightly", true, clock.now());
  await pass(7 * HOUR);
  expect(kept.notices.at(-1)?.because).toMatch(/ended 2026-11-21T20:00:06.*; its schedule is paused$/);
  await ended("three", "succeeded");
  await pass(HOUR);
  await ended("four", "succeeded");
  await pass(27 * HOUR);
  expect(kept.lines()).toEqual(["nightly stale", "nightly recovered", "nightly stale"]);
});

test("channels that ask for it hear of each success, also after a failure; others hear of their own jobs only", async () => {
  const [good, trouble, other] = [
    told(["succeeded"]),
    told(["failed", "recovered"]),
    told(["succeeded"], ["weekly-*"]),
  ];
  const { pass } = parts(good, trouble, { ...other, channel: { ...other.channel, name: "other" } });
  await ended("one", "succeeded");
  await pass(0);
  await ended("two", "failed");
  await pass(0);
  await ended("three", "succeeded");
  await ended("four", "succeeded", true);
  await ended("five", "cancelled");
  await pass(0);
  expect(good.lines()).toEqual(["nightly succeeded", "nightly recovered"]);
  expect(trouble.lines()).toEqual(["nightly failed", "nightly recovered"]);
  expect(other.lines()).toEqual([]);
  expect(await shared.client.zcard(names.unannounced)).toBe(0);
});

test.each<[string, Partial<RunOrder>, readonly string[], number]>([
  ["all that the last run lacked", { retryOf: "partial", completes: true }, [], 0],
  ["the last run, which lacked more", { retryOf: "partial" }, [], -1],
  ["a run that another has followed", { retryOf: "partial", completes: true }, ["later"], -1],
])(
  "a retry that succeeds after %s counts from the end of that run or not at all",
  async (_, more, later, at) => {
    const kept = told(["recovered", "succeeded"]);
    const { pass } = parts(kept);
    const endedMs = clock.now();
    await ended("partial", "partial");
    for (const id of later) await ended(id, "partial");
    clock.ms += HOUR;
    await ended("again", "succeeded", false, { requestedBy: "retry", ...more });
    const { lastGoodMs, lastRun, lastOutcome } = await store.jobs.get("nightly");
    expect(lastGoodMs).toBe(at === 0 ? endedMs : undefined);
    expect([lastRun, lastOutcome]).toEqual(["again", "succeeded"]);
    await pass(0);
    expect(kept.lines()).toEqual([`nightly ${at === 0 ? "recovered" : "succeeded"}`]);
    // What comes next is a recovery where something is still missing.
    await ended("whole", "succeeded");
    await pass(0);
    expect(kept.lines()[1]).toBe(`nightly ${at === 0 ? "succeeded" : "recovered"}`);
  },
);

test("what was late or stale is told to be good again once, by the next run that succeeds", async () => {
  const kept = told(["late", "stale", "recovered"]);
  const { pass, office } = parts(kept);
  await ended("one", "succeeded");
  const late = () => office.tell(lateNotice("late nightly 1", "nightly", clock.now(), "had not ended"));
  // Two schedulers see it, the second one only after a run has succeeded.
  await late();
  clock.ms += 1_000;
  await ended("two", "succeeded");
  await late();
  await ended("three", "succeeded");
  await pass(0);
  expect(kept.lines()).toEqual(["nightly late", "nightly recovered"]);
});

test("a receiver that asks for time gets it, up to a quarter of an hour", async () => {
  const kept = told(["failed"]);
  let [tries, afterMs] = [0, 100_000];
  const send = async () => {
    tries += 1;
    throw new DeliveryError("answered 429", afterMs);
  };
  const { pass } = parts({ ...kept, channel: { ...kept.channel, send } });
  await ended("one", "failed");
  await pass(0);
  expect(tries).toBe(1);
  await pass(80_000);
  expect(tries).toBe(1);
  afterMs = 86_400_000;
  await pass(20_000);
  expect(tries).toBe(2);
  await pass(900_000);
  expect(tries).toBe(3);
});

test("a job whose file was put back is stale when its time has passed since then, once, and not for the time it was away", async () => {
  const kept = told(["stale", "recovered"]);
  const { pass, use } = parts(kept);
  await ended("one", "succeeded");
  await pass(HOUR);
  use();
  await pass(100 * HOUR);
  // Another scheduler that starts while it is away knows nothing of it.
  const later = parts(kept);
  later.use();
  await later.pass(HOUR);
  later.use("nightly");
  await later.pass(HOUR);
  await later.pass(25 * HOUR);
  expect(kept.lines()).toEqual([]);
  await later.pass(2 * HOUR);
  await later.pass(HOUR);
  expect(kept.lines()).toEqual(["nightly stale"]);
  expect(kept.notices[0]?.because).toMatch(
    /^no run has succeeded for 1 d 2 h: the last one to succeed ended 2026-11-21T00:00:00.*; its file was put back 2026-11-25T07:00/,
  );
  await ended("two", "succeeded");
  await later.pass(HOUR);
  expect(kept.lines()).toEqual(["nightly stale", "nightly recovered"]);
});

test("a job that became stale while no daemon ran is reported once, by whichever scheduler starts first", async () => {
  const kept = told(["stale"]);
  await parts(kept).pass(0);
  await ended("one", "succeeded");
  clock.ms += 100 * HOUR;
  for (const { pass } of [parts(kept), parts(kept), parts(kept)]) await pass(0);
  expect(kept.lines()).toEqual(["nightly stale"]);
});
