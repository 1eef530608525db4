import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { appOf } from "../../src/api/app.ts";
import { EventStreams } from "../../src/api/event-stream.ts";
import { Alarms } from "../../src/orchestrator/scheduler/alarms.ts";
import { allDefinitions } from "../../src/orchestrator/definitions.ts";
import type { Notice } from "../../src/orchestrator/notify/notice.ts";
import { slotKeys } from "../../src/orchestrator/slots/slots-script.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { apiDeps } from "../support/api-deps.ts";
import { AttackedWorker } from "../support/attacked-worker.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

// Redis is a noticeboard: a row that is not what it should be is left out, with one warning; all others are told of.

let redis: TestRedis;
let here: AttackedWorker;
let turn = 0;
const streams = new EventStreams(noLogger);

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  streams[Symbol.dispose]();
  await redis[Symbol.asyncDispose]();
});
beforeEach(async () => {
  turn += 1;
  here = await AttackedWorker.start(redis, `rows${turn}`, false);
  await here.job("nightly", "copy: {from: ./a, to: ./b}", 'schedule: {cron: "15 2 * * *"}');
});
afterEach(() => here[Symbol.asyncDispose]());

const OPERATE = { host: "localhost", authorization: "Bearer do-1" };
const DEEP = "[".repeat(20_000) + "]".repeat(20_000);

/** What the API answers, from what stands in Redis. */
async function ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const { installation, path: root } = here;
  const directories = { config: `${root}/config`, jobs: `${root}/jobs` };
  const definitions = { all: () => allDefinitions(directories), named: async () => (await all())[0] };
  const all = async () => (await allDefinitions(directories)).definitions;
  const deps = apiDeps({ installation, directories, definitions, streams });
  const env = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
  const answer = await appOf(deps).request(path, { headers: OPERATE }, env);
  return { status: answer.status, text: await answer.text() };
}

async function good(): Promise<string> {
  const { control } = here.installation;
  return (await control.submit({ job: "good", document: { copy: { from: "./a", to: "./b" } }, rules: [] }))
    .id;
}

const ORDER = { job: "odd", document: {}, rules: [], requestedBy: "person", because: "" };

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["an order that is no JSON", { order: "{" }],
  ["an order nested 20,000 deep", { order: DEEP }],
  ["an order of another shape", { order: '{"job":1}' }],
  ["a job's name with odd characters", { order: { ...ORDER, job: "a/../b\u001b[31m" } }],
  ["a creation date that no date can be", { order: ORDER, created: "1e300" }],
  ["a date that is no number", { order: ORDER, started: "soon" }],
  ["a counter that is no number", { order: ORDER, copied: "many" }],
  ["a negative counter", { order: ORDER, bytes: "-1" }],
  ["a state that there is not", { order: ORDER, state: "odd" }],
  ["an outcome that there is not", { order: ORDER, outcome: "<b>" }],
  ["nothing of a run", { something: "else" }],
])("a run with %s is left out of every list, with one warning", async (_, fields) => {
  const { redis: client, names, store } = here.installation;
  const id = await good();
  const { order, ...rest } = { created: 5, state: "queued", ...fields } as Record<string, unknown>;
  const text = typeof order === "string" ? order : JSON.stringify(order);
  const row = { ...rest, ...(order === undefined ? {} : { order: text }) } as Record<string, string>;
  await client.hset(names.run("odd_1"), row);
  for (const list of [names.runs, names.open]) await client.zadd(list, 5, "odd_1");
  for (const path of ["/api/v1/runs", "/api/v1/runs?state=queued", "/metrics"])
    expect((await ask(path)).status, path).toBe(200);
  expect((await ask("/api/v1/runs")).text).toContain(id);
  expect((await ask("/api/v1/runs")).text).not.toContain("odd_1");
  expect((await ask("/api/v1/runs/odd_1")).status).toBe(404);
  expect((await store.unfinished()).map((run) => run.id)).toEqual([id]);
  expect(here.warnings).toHaveLength(1);
  expect(String(here.warnings[0]?.fields["row"])).toContain("run:odd_1");
});

test.each(["../../etc/passwd", "a\nb", `x${"y".repeat(600)}`, "\u001b]0;x", ""])(
  "a run that is called %j is left out",
  async (id) => {
    const { redis: client, names, store } = here.installation;
    await client.hset(names.run(id), { order: JSON.stringify(ORDER), created: 5 });
    await client.zadd(names.open, 5, id);
    expect(await store.unfinished()).toEqual([]);
    expect(here.warnings).toHaveLength(1);
    expect(String(here.warnings[0]?.fields["row"])).toMatch(/^[\x20-\x7e…]*$/);
  },
);

test("a value of another kind under the name of a run, a log, a job or a host is left out", async () => {
  const { redis: client, names, store } = here.installation;
  const id = await good();
  const skipped = names.skipped("nightly");
  for (const key of [names.run("odd_1"), names.log(id), names.job("nightly"), skipped])
    await client.set(key, "x");
  for (const key of Object.values(slotKeys(names.prefix)).filter((key) => /learned|used/.test(key)))
    await client.set(key, "x");
  await client.zadd(names.runs, 5, "odd_1");
  for (const path of ["runs", "jobs", "jobs/nightly", "hosts", "schedule/next", `runs/${id}/log`])
    expect((await ask(`/api/v1/${path}`)).status, path).toBe(200);
  expect(await store.logs(id)).toEqual([]);
  expect(here.warnings).toHaveLength(6);
});

test.each<[string, readonly string[]]>([
  ["is no JSON", ["at", "5", "event", "{"]],
  ["is nested 20,000 deep", ["at", "5", "event", DEEP]],
  ["lacks what its kind has", ["at", "5", "event", '{"event":"transfer"}']],
  ["has no kind", ["at", "5", "event", '{"because":"x"}']],
  ["is at no time", ["at", "never", "event", '{"event":"note","because":"x"}']],
  ["has other fields", ["x", "y"]],
])("a log entry that %s is left out, and those behind it are told of", async (_, fields) => {
  const { redis: client, names, store } = here.installation;
  const id = await good();
  await client.xadd(names.log(id), "1-1", ...fields);
  await store.log(id, [{ event: "note", because: "good" }], 6);
  const { status, text } = await ask(`/api/v1/runs/${id}/log?limit=1`);
  expect([status, text]).toEqual([200, expect.stringContaining('"because":"good"')]);
  expect(here.warnings).toHaveLength(1);
});

test("what stands of a job, of skipped times, learned limits and pauses and is none is left out", async () => {
  const { redis: client, names, clock } = here.installation;
  const odd = { lastRun: "../x", lastOutcome: "odd", lastEnded: "1e300", lastGood: "x", seenTo: "-5" };
  await client.hset(names.job("nightly"), odd);
  await client.zadd(names.skipped("nightly"), 9e15, "9e99");
  await client.hset(slotKeys(names.prefix).learned, { "host a": "{", "host b": '{"limit":"x","at":1e300}' });
  await client.hset(slotKeys(names.prefix).used, "host \u001b[31m", "many");
  for (const path of ["jobs", "jobs/nightly", "hosts", "schedule/next"])
    expect((await ask(`/api/v1/${path}`)).status, path).toBe(200);
  expect(await here.installation.kv.skips.of("nightly", 0)).toEqual([]);
  const alarms = new Alarms({ ...here.installation, tell: async () => {} });
  alarms.use(
    (await allDefinitions({ config: `${here.path}/config`, jobs: `${here.path}/jobs` })).definitions,
  );
  await alarms.look();
  expect(clock.now()).toBeGreaterThan(0);
  expect(here.warnings).toHaveLength(9);
});

test("an invalid notice does not hold back the others", async () => {
  const { redis: client, names, kv } = here.installation;
  const { outbox } = kv;
  const notice: Notice = {
    id: "n",
    occasion: "late",
    job: "j",
    atMs: 1,
    because: "x",
    causes: [],
    otherFailures: 0,
  };
  await outbox.tell(notice, ["hook"], 0);
  await client.hset(names.outbox("hook"), { odd: "{", deep: DEEP });
  await client.hset(names.sending("hook"), { at: "9e99", tries: "x" });
  const batch = await outbox.take("hook", 60_000);
  expect(batch?.notices).toEqual([notice]);
  await batch?.done();
  expect(await client.exists(names.outbox("hook"))).toBe(0);
  expect(here.warnings).toHaveLength(2);
});

test("what workers remember and is none is as if it were unknown", async () => {
  const { redis: client, names, kv } = here.installation;
  await client.set(names.memory("route a b"), DEEP);
  await client.hset(names.memory("written j dir"), { a: "{", b: '{"source":1}' });
  await client.hset(names.finished("r"), { t: "[[" });
  await client.hset(names.results("r", 1), { "1-1": '{"copied":"all"}', "1-2": "x" });
  await client.set(names.memory("owner"), "../../x");
  expect(await kv.memory().recall("route a b")).toBeUndefined();
  expect(await kv.written("j").recall("dir")).toEqual(new Map());
  expect((await kv.journal("r", ["t"])).finished("t")).toBeUndefined();
  expect((await kv.slices.results("r", 1, ["1-1", "1-2"])).size).toBe(0);
  await using lease = await kv.workerLease();
  const owner = async () => (await kv.ledger(lease, AbortSignal.timeout(10_000))).owner;
  const first = await owner();
  expect(first).toMatch(/^[0-9a-f]{8}$/);
  expect(await owner()).toBe(first);
  expect(here.warnings).toHaveLength(7);
});

test("an invalid message ends no process, and leases are granted as before", async () => {
  const { redis: client, names, kv } = here.installation;
  await using slots = await kv.slots();
  for (const message of ["", "{", "[1,2,3]", '["a",{}]', DEEP])
    await client.publish(`${names.prefix}:slots:granted`, message);
  const needs = [{ resource: "host a", count: 1, limit: 1 }];
  using lease = await slots.take({ party: "p", needs }, AbortSignal.timeout(10_000));
  expect(lease.token).toBeGreaterThan(0);
  expect(here.warnings.length).toBeGreaterThan(0);
});
