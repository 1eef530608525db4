import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as schemas from "../../src/api/views/schemas.ts";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Api, API_SETTINGS, plantTokens, type Told, TOKENS } from "../support/api.ts";
import { Fleet, until } from "../support/fleet.ts";
import { octetsIn, octetsRead } from "../support/transferred.ts";
import { differenceOf, growTree, treeOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
/** Bytes a second, each connection: the large file is in flight for some seconds. */
const RATE = 4 * MEGABYTE;
const LARGE = 32 * MEGABYTE;
/** Stands in a host's file of secrets, and nowhere else. */
const PLANTED = "planted-9f3e77";

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;
let api: Api;

beforeAll(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  fleet = await Fleet.open({ archive, edge }, API_SETTINGS);
  await plantTokens(fleet);
  await fleet.desk.introduce("locked", edge);
  await lockOut("locked");
  await growTree(join(archive.root, "pub"), treeOf({ files: 40, directories: 4, hasOddNames: true }));
  await mkdir(join(archive.root, "large"));
  await writeFile(join(archive.root, "large/a.iso"), Buffer.alloc(LARGE, "a disc; "));
  await fleet.job("pub", "mirror: {from: archive:pub, to: edge:pub}", "delete: true");
  await fleet.job("large", "copy: {from: 'archive:large/*', to: edge:large/}");
  await fleet.start("daemon");
  api = Api.of(fleet, TOKENS.ops);
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

/** A host whose password is a wrong one, from a file. */
async function lockOut(name: string): Promise<void> {
  const secret = join(fleet.desk.path, "config/hosts/locked-password");
  await writeFile(secret, `${PLANTED}\n`);
  await chmod(secret, 0o600);
  const lines = [`address: ${edge.address}`, `port: ${edge.port}`, `user: ${edge.user}`];
  const text = [...lines, "passwordFrom: {file: locked-password}", "tls: off", ""].join("\n");
  await writeFile(join(fleet.desk.path, `config/hosts/${name}.yaml`), text);
}

const from = (path: string) => join(archive.root, path);
const to = (path: string) => join(edge.root, path);

async function submit(body: object, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, body: run, headers: told } = await api.post("/api/v1/runs", body, headers);
  expect(status, JSON.stringify(run)).toBe(202);
  expect(told.get("location")).toBe(`/api/v1/runs/${String(run["id"])}`);
  return String(run["id"]);
}

async function untilRun(id: string, isSo: (run: schemas.RunView) => boolean): Promise<schemas.RunView> {
  let run: schemas.RunView | undefined;
  const look = async () => {
    run = schemas.RunDetail.parse((await api.get(`/api/v1/runs/${id}`)).body);
    return isSo(run);
  };
  await until(look, () => `${isSo.toString()}: ${JSON.stringify(run)}\n${fleet.log.slice(-4_000)}`, 60_000);
  return run as unknown as schemas.RunView;
}

const hasEnded = ({ state }: schemas.RunView) => state === "ended";
const never = () => new AbortController().signal;

async function all(told: AsyncIterable<Told>): Promise<readonly Told[]> {
  const heard: Told[] = [];
  for await (const one of told) heard.push(one);
  return heard;
}

test("a submitted run is streamed until its end, and a client that reconnects gets the rest", async () => {
  const id = await submit({ job: "pub" });
  const told = await all(api.events(`/api/v1/runs/${id}/events`, never()));
  const runs = told.filter(({ event }) => event === "run").map(({ value }) => schemas.RunView.parse(value));
  expect(runs.at(-1)).toMatchObject({ id, state: "ended", outcome: "succeeded", files: { copied: 40 } });
  const log = told.filter(({ event }) => event === "log");
  const moved = log.filter(({ value }) => value["event"] === "transfer");
  expect(moved).toHaveLength(40);
  expect(await differenceOf(from("pub"), to("pub"))).toBeUndefined();

  const middle = log[Math.floor(log.length / 2)];
  const rest = await all(api.events(`/api/v1/runs/${id}/events`, never(), middle?.id));
  const last = log.slice(Math.floor(log.length / 2) + 1).map((one) => one.id);
  expect(rest.filter(({ event }) => event === "log").map((one) => one.id)).toEqual(last);
  const end = rest.at(-1);
  expect(end).toMatchObject({ event: "run", value: { state: "ended" } });
  const headers = { authorization: `Bearer ${TOKENS.ops}`, "last-event-id": end?.id ?? "" };
  expect((await fetch(`${api.base}/api/v1/runs/${id}/events`, { headers })).status).toBe(204);
});

test("a log is read in pages, each behind the one before", async () => {
  const { body } = await api.get("/api/v1/runs?job=pub&state=ended&limit=1");
  const [run] = schemas.RunList.parse(body).runs;
  const ids: string[] = [];
  for (let after = "0"; ; ) {
    const answer = await api.get(`/api/v1/runs/${run?.id}/log?after=${after}&limit=15`);
    const page = schemas.LogPage.parse(answer.body);
    if (page.entries.length === 0) break;
    ids.push(...page.entries.map(({ id }) => id));
    after = page.next;
  }
  const { body: whole } = await api.get(`/api/v1/runs/${run?.id}/log`);
  expect(ids).toEqual(schemas.LogPage.parse(whole).entries.map(({ id }) => id));
  expect(new Set(ids).size).toBeGreaterThanOrEqual(40);
});

test("a run is paused in the middle of a file and goes on from there; all who listen hear of it", async () => {
  const before = await octetsRead(archive);
  const listening = new AbortController();
  const heard: Told[] = [];
  const hearing = (async () => {
    for await (const told of api.events("/api/v1/events", listening.signal)) heard.push(told);
  })();
  const id = await submit({ job: "large" });
  await until(async () => (await octetsIn(to("large"))) > 2 * MEGABYTE, "a file in flight");
  const paused = await api.as(TOKENS.ops).post(`/api/v1/runs/${id}/pause`);
  expect([paused.status, paused.body["wish"]]).toEqual([202, "pause"]);
  await until(() => archive.pids().length === 1, "nobody is logged in at the source");
  expect((await api.get("/metrics")).text).toContain('fxpd_runs{state="paused"} 1');
  expect((await api.post(`/api/v1/runs/${id}/resume`)).status).toBe(202);
  expect(await untilRun(id, hasEnded)).toMatchObject({ outcome: "succeeded" });
  expect(await differenceOf(from("large"), to("large"))).toBeUndefined();
  expect((await octetsRead(archive)) - before).toBeLessThan(1.3 * LARGE);
  const isEnd = ({ event, value }: Told) =>
    event === "run" && value["id"] === id && value["state"] === "ended";
  const isJob = ({ event, value }: Told) => event === "job" && value["name"] === "large";
  await until(() => heard.some(isEnd) && heard.some(isJob), "the end of the run is heard of, and the job");
  listening.abort();
  await hearing;
  const wishes = heard.filter(({ value }) => value["id"] === id).map(({ value }) => value["wish"]);
  expect(wishes).toEqual(expect.arrayContaining(["pause", "run"]));

  const first = heard[0];
  const again = new AbortController();
  for await (const { event, value } of api.events("/api/v1/events", again.signal, first?.id)) {
    if (event !== "run" || value["id"] !== id) continue;
    expect(value).toMatchObject({ state: "ended", outcome: "succeeded" });
    again.abort();
  }
});

test("a run is cancelled in the middle of a file", async () => {
  await rm(to("large"), { recursive: true });
  const id = await submit({ job: "large" });
  await until(async () => (await octetsIn(to("large"))) > 2 * MEGABYTE, "a file in flight");
  expect((await api.post(`/api/v1/runs/${id}/cancel`)).status).toBe(202);
  expect(await untilRun(id, hasEnded)).toMatchObject({ outcome: "cancelled" });
  const again = await api.post(`/api/v1/runs/${id}/cancel`);
  expect([again.status, again.body["detail"]]).toEqual([409, `${id} has already ended: cancelled`]);
});

test("files that failed are tried again, and nothing else", async () => {
  await writeFile(from("pub/sealed.txt"), "not yet");
  await chmod(from("pub/sealed.txt"), 0o000);
  const failed = await untilRun(await submit({ job: "pub" }), hasEnded);
  expect(failed).toMatchObject({ outcome: "partial", files: { failed: 1 } });
  await chmod(from("pub/sealed.txt"), 0o666);
  const { status, body } = await api.post(`/api/v1/runs/${failed.id}/retry`);
  expect([status, body["retryOf"]]).toEqual([202, failed.id]);
  const ended = await untilRun(String(body["id"]), hasEnded);
  expect(ended).toMatchObject({ outcome: "succeeded", files: { copied: 1, kept: 0 } });
});

test("a job that is in the request is run once for one key, and is another one for another", async () => {
  const copy = { copy: { from: "archive:pub/sealed.txt", to: "edge:asked/" }, name: "asked" };
  const key = { "idempotency-key": "once" };
  const id = await submit(copy, key);
  expect(await submit(copy, key)).toBe(id);
  expect(await untilRun(id, hasEnded)).toMatchObject({ outcome: "succeeded", job: "asked" });
  expect(await submit(copy, key)).toBe(id);
  const other = await api.post("/api/v1/runs", { ...copy, dryRun: true }, key);
  expect([other.status, other.body["detail"]]).toEqual([
    409,
    `this key has already been used for ${id}, a different request; choose another key`,
  ]);
  const dry = await untilRun(
    await submit({ mirror: { from: "archive:pub", to: "edge:dry" }, dryRun: true }),
    hasEnded,
  );
  expect(dry).toMatchObject({ outcome: "succeeded", dryRun: true, requestedBecause: "submitted by ops" });
  expect(await octetsIn(to("dry"))).toBe(0);
});

test("a job is paused and resumed, and its file is reloaded; an invalid file changes nothing", async () => {
  const schedule = "schedule: {cron: '15 2 * * *', timeZone: Europe/Berlin, jitter: 5m}";
  await fleet.job("nightly", "mirror: {from: archive:pub, to: edge:pub}", schedule);
  const { status, body } = await api.post("/api/v1/reload");
  expect([status, body]).toEqual([202, { jobs: 3, schedulers: 1 }]);
  const jobs = schemas.JobList.parse((await api.get("/api/v1/jobs")).body);
  expect(jobs.jobs.map(({ name }) => name)).toEqual(["large", "nightly", "pub"]);
  expect((await api.post("/api/v1/jobs/nightly/pause")).body).toMatchObject({ paused: true });
  const held = schemas.JobDetail.parse((await api.get("/api/v1/jobs/nightly")).body);
  expect(held).toMatchObject({ paused: true, schedule: { cron: "15 2 * * *" } });
  const heldDue = schemas.DueList.parse((await api.get("/api/v1/schedule/next?job=nightly")).body).due;
  expect(heldDue).toMatchObject([{ paused: true, skipped: false }]);
  expect((await fleet.fxpd("next", "nightly", "--count", "1")).out).toMatch(/^\S+ {2}nightly {2}paused\n$/);
  expect((await api.post("/api/v1/jobs/nightly/resume")).body).toMatchObject({ paused: false });
  const due = schemas.DueList.parse((await api.get("/api/v1/schedule/next?count=2")).body).due;
  expect(due.map(({ job }) => job)).toEqual(["nightly", "nightly"]);

  const [first] = due;
  const skip = { job: "nightly", dueAt: first?.dueAt };
  expect((await api.post("/api/v1/jobs/nightly/skip")).body).toEqual({ ...skip, skipped: true });
  const after = schemas.DueList.parse((await api.get("/api/v1/schedule/next?count=2")).body).due;
  expect(after.map(({ skipped }) => skipped)).toEqual([true, false]);
  expect((await api.post(`/api/v1/jobs/nightly/unskip?due=${first?.dueAt}`)).body).toEqual({
    ...skip,
    skipped: false,
  });
  for (const path of ["nightly/unskip", "pub/skip", "nightly/skip?due=tomorrow"])
    expect((await api.post(`/api/v1/jobs/${path}`)).status).toBe(422);

  await fleet.job("nightly", "mirror: {from: archive:pub, to: nowhere:pub}");
  const refused = await api.post("/api/v1/reload");
  expect(refused.status).toBe(422);
  expect(refused.body["detail"]).toMatch(/^nothing was changed: .*nightly\.yaml:1:\d+: .*nowhere/);
  const kept = schemas.JobList.parse((await api.get("/api/v1/jobs")).body);
  expect([kept.jobs.length, kept.faults.length]).toEqual([3, 1]);
  await fleet.job("nightly", "mirror: {from: archive:pub, to: edge:pub}", schedule);
  expect((await api.post("/api/v1/reload")).status).toBe(202);
});

test("a host that refuses logins is shown with its slots and without its secrets", async () => {
  const id = await submit({ copy: { from: "archive:pub/sealed.txt", to: "locked:x/" }, retries: 0 });
  expect(await untilRun(id, hasEnded)).toMatchObject({ outcome: "failed" });
  const { hosts } = schemas.HostList.parse((await api.get("/api/v1/hosts")).body);
  expect(hosts).toMatchObject([
    { name: "archive", address: archive.address, slots: { limit: 8 } },
    { name: "edge" },
    { name: "locked" },
  ]);
});

test("figures say what went from server to server, and how jobs stand", async () => {
  const { status, text } = await api.as(TOKENS.eye).get("/metrics");
  expect(status).toBe(200);
  const value = (name: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")[1],
    );
  const moved = value('fxpd_bytes_total{method="third_party"}') + value("fxpd_resumed_bytes_total");
  expect(moved).toBeGreaterThanOrEqual(LARGE);
  expect(value('fxpd_bytes_total{method="relay"}')).toBe(0);
  expect(value('fxpd_files_total{result="copied"}')).toBeGreaterThanOrEqual(42);
  expect(value('fxpd_runs_ended_total{outcome="cancelled"}')).toBe(1);
  expect(value('fxpd_job_last_good_run_age_seconds{job="pub"}')).toBeGreaterThan(0);
  expect(value('fxpd_host_slots_limit{host="archive"}')).toBe(8);
  expect(text).not.toMatch(/sealed|a\.iso/);
});

test("who may only look changes nothing, and whatever was to be changed left a line", async () => {
  const eye = api.as(TOKENS.eye);
  expect((await eye.get("/api/v1/runs")).status).toBe(200);
  expect((await eye.post("/api/v1/jobs/pub/pause")).status).toBe(403);
  expect((await api.as("").get("/api/v1/runs")).status).toBe(401);
  expect((await api.as("").get("/readyz")).body).toEqual({ ok: true, reasons: [] });
  const expected = [
    { by: "eye", request: "POST /api/v1/jobs/pub/pause", status: 403 },
    { by: "ops", request: "POST /api/v1/reload", status: 202 },
  ];
  type LogLine = Partial<(typeof expected)[number]>;
  await until(
    () => {
      const lines = fleet.log.split("\n").filter((line) => line.includes("request through the API"));
      const logged = lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as LogLine);
      return expected.every(({ by, request, status }) =>
        logged.some((one) => one.by === by && one.request === request && one.status === status),
      );
    },
    () => `both are logged:\n${fleet.log.slice(-4_000)}`,
  );
});

test("while Redis hangs, that is said; and when it is back, so is the API", async () => {
  const pid = await fleet.redisPid();
  process.kill(pid, "SIGSTOP");
  try {
    const ready = await api.get("/readyz");
    expect([ready.status, ready.body["reasons"]]).toEqual([503, ["Redis does not respond"]]);
    const runs = await api.get("/api/v1/runs");
    expect([runs.status, runs.body["detail"]]).toEqual([503, "Redis does not respond; try again later"]);
    expect((await api.get("/healthz")).status).toBe(200);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await until(async () => (await api.get("/readyz")).status === 200, "ready again");
  await until(async () => (await api.get("/api/v1/runs")).status === 200, "runs are told of again");
});

test("no answer, event or log line has a password or a token in it", async () => {
  for (const path of ["openapi.json", "jobs", "jobs/pub", "runs?limit=1000", "hosts", "schedule/next"])
    expect((await api.get(`/api/v1/${path}`)).status).toBe(200);
  for (const { id } of schemas.RunList.parse((await api.get("/api/v1/runs")).body).runs)
    for (const part of ["", "/log"]) await api.get(`/api/v1/runs/${id}${part}`);
  const url = `ftp://me:${PLANTED}@${edge.address}/x`;
  const refused = await api.post("/api/v1/runs", { copy: { from: url, to: "edge:x" } });
  expect(refused.body["detail"]).toContain("create a host file with passwordFrom");
  const heard = api.heard.join("\n") + fleet.log;
  expect(heard.length).toBeGreaterThan(50_000);
  for (const secret of [archive.password, PLANTED, TOKENS.ops, TOKENS.eye])
    expect(heard).not.toContain(secret);
});
