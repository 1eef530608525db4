import { readFileSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { Fleet, until } from "../support/fleet.ts";
import { octetsIn, octetsRead, partialsIn } from "../support/transferred.ts";
import { differenceOf, growTree, treeOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
/** So slow that a large file is in flight for some seconds; bytes a second, each connection. */
const RATE = 4 * MEGABYTE;
const LARGE = 32 * MEGABYTE;

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;

beforeAll(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  fleet = await Fleet.open({ archive, edge });
  await growTree(join(archive.root, "pub"), treeOf({ files: 60, directories: 5, hasOddNames: true }));
  await mkdir(join(archive.root, "large"));
  await writeFile(join(archive.root, "large/a.iso"), Buffer.alloc(LARGE, "a disc; "));
  await fleet.job("pub", "mirror: {from: archive:pub, to: edge:pub}", "delete: true");
  await fleet.job("twin", "mirror: {from: edge:pub, to: edge:twin}");
  await fleet.job("large", "copy: {from: 'archive:large/*', to: edge:large/}");
  await fleet.start("daemon");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

const from = (path: string) => join(archive.root, path);
const to = (path: string) => join(edge.root, path);

/** At the target neither: it may still write what the source has sent. */
async function nobodyIsLoggedIn(): Promise<void> {
  await until(() => archive.pids().length === 1 && edge.pids().length === 1, "nobody is logged in");
}

test("submit --wait ends as a local run would, and the run can be looked up afterwards", async () => {
  const [run] = await fleet.told(0, "submit", "pub", "--wait");
  expect(run).toMatchObject({ state: "ended", outcome: "succeeded", counters: { copied: 60, failed: 0 } });
  expect(await differenceOf(from("pub"), to("pub"))).toBeUndefined();
  const id = run?.id ?? "";
  expect((await fleet.told(0, "runs", "--limit", "1")).map((one) => one.id)).toEqual([id]);
  const workers = await fleet.fxpd("workers", "--json");
  expect(workers).toMatchObject({
    events: [
      {
        event: "worker",
        pid: expect.any(Number),
        version: expect.stringMatching(/^\d/),
        since: expect.any(String),
        runs: [],
      },
      { event: "summary", workers: 1 },
    ],
  });
  const shown = await fleet.fxpd("show", id);
  expect(shown.out).toContain("60 copied, 0 failed");
  const { events } = await fleet.fxpd("logs", id, "--json");
  expect(events.filter(({ event }) => event === "transfer")).toHaveLength(60);
  expect(events.find(({ event }) => event === "summary")).toMatchObject({ outcome: "succeeded" });
});

test("what a server copies by itself is counted as that", async () => {
  const [run] = await fleet.told(0, "submit", "twin", "--wait");
  const octets = await octetsIn(to("pub"));
  expect(run).toMatchObject({
    outcome: "succeeded",
    counters: { copied: 60, thirdParty: 0, relayed: 0, serverSide: octets },
  });
  expect((await fleet.fxpd("show", run?.id ?? "")).out).toContain("by a server itself");
});

test("what is submitted twice with one key is run once", async () => {
  const [one, two] = [await fleet.submit("pub", "--key", "k"), await fleet.submit("pub", "--key", "k")];
  expect(two).toBe(one);
  await fleet.until(one, ({ state }) => state === "ended");
  expect(await fleet.submit("pub", "--key", "k")).toBe(one);
  const runs = await fleet.told(0, "runs", "--job", "pub");
  expect(runs.filter(({ id }) => id === one)).toHaveLength(1);
});

test("a file that failed is tried again alone, when that is asked for", async () => {
  await writeFile(from("pub/sealed.txt"), "secret");
  await chmod(from("pub/sealed.txt"), 0o000);
  const [run] = await fleet.told(1, "submit", "pub", "--wait");
  expect(run).toMatchObject({ outcome: "partial", counters: { failed: 1 } });
  await chmod(from("pub/sealed.txt"), 0o666);
  const [again] = await fleet.told(0, "retry", run?.id ?? "");
  const ended = await fleet.until(again?.id ?? "", ({ state }) => state === "ended");
  expect(ended).toMatchObject({ outcome: "succeeded", counters: { copied: 1, kept: 0, failed: 0 } });
  expect(await differenceOf(from("pub"), to("pub"))).toBeUndefined();
  const { status, err } = await fleet.fxpd("retry", again?.id ?? "");
  expect([status, err]).toEqual([2, `fxpd: ${again?.id}: no file failed, so there is nothing to retry\n`]);
});

test("what was tried again is not sent once more where that is begun anew", async () => {
  const [files, size] = [16, 2 * MEGABYTE];
  await mkdir(from("sealed"));
  const names = Array.from({ length: files }, (_, file) => `sealed/f${file}`);
  for (const name of names) await writeFile(from(name), Buffer.alloc(size, name), { mode: 0o000 });
  await fleet.job("sealed", "mirror: {from: archive:sealed, to: edge:sealed}", "parallel: 2");
  const [failed] = await fleet.told(1, "submit", "sealed", "--wait");
  expect(failed).toMatchObject({ counters: { copied: 0, failed: files } });
  for (const name of names) await chmod(from(name), 0o666);
  const before = await octetsRead(archive);
  const [again] = await fleet.told(0, "retry", failed?.id ?? "");
  const id = again?.id ?? "";
  await fleet.until(id, ({ counters }) => counters.copied >= 2);
  await fleet.order("pause", id);
  await nobodyIsLoggedIn();
  await fleet.told(0, "resume", id);
  const ended = await fleet.until(id, ({ state }) => state === "ended");
  expect(ended).toMatchObject({ outcome: "succeeded", generation: 2 });
  expect(await differenceOf(from("sealed"), to("sealed"))).toBeUndefined();
  expect((await octetsRead(archive)) - before).toBeLessThan(1.3 * files * size);
});

test("a run that is paused stops in the middle of a file, and goes on from there", async () => {
  const before = await octetsRead(archive);
  const id = await fleet.submit("large");
  await until(async () => (await octetsIn(to("large"))) > 2 * MEGABYTE, "a file in flight");
  await fleet.order("pause", id);
  await nobodyIsLoggedIn();
  const half = await octetsIn(to("large"));
  expect(half).toBeLessThan(LARGE);
  await sleep(1_000);
  expect(await octetsIn(to("large"))).toBe(half);
  expect((await fleet.fxpd("show", id)).out).toContain("paused");
  // The same by command; one that waits for it is cancelled before it begins.
  expect(await fleet.told(0, "pause", id)).toMatchObject([{ id, wish: "pause" }]);
  const waiting = await fleet.submit("large");
  expect(await fleet.told(0, "cancel", waiting)).toMatchObject([{ id: waiting, outcome: "cancelled" }]);
  await fleet.told(0, "resume", id);
  const ended = await fleet.until(id, ({ state }) => state === "ended");
  expect(ended).toMatchObject({ outcome: "succeeded" });
  expect(await differenceOf(from("large"), to("large"))).toBeUndefined();
  expect((await octetsRead(archive)) - before).toBeLessThan(1.3 * LARGE);
});

test("a run that is cancelled stops in the middle of a file, and the next one goes on from there", async () => {
  await rm(to("large"), { recursive: true, force: true });
  const before = await octetsRead(archive);
  const waited = fleet.fxpd("submit", "large", "--wait");
  await until(async () => (await octetsIn(to("large"))) > 4 * MEGABYTE, "a file in flight");
  const run = (await fleet.runs()).find(({ order, state }) => order.job === "large" && state !== "ended");
  await fleet.order("cancel", run?.id ?? "");
  expect((await waited).status).toBe(130);
  await nobodyIsLoggedIn();
  const left = await octetsIn(to("large"));
  expect(left).toBeLessThan(LARGE);
  await sleep(1_000);
  expect(await octetsIn(to("large"))).toBe(left);
  expect(await readdir(to("large"))).toEqual(await partialsIn(to("large")));
  const [next] = await fleet.told(0, "submit", "large", "--wait");
  expect(next?.counters.resumed).toBeGreaterThan(MEGABYTE);
  expect(await partialsIn(to("large"))).toEqual([]);
  expect((await octetsRead(archive)) - before).toBeLessThan(1.3 * LARGE);
});

test("jobs that come, change, are wrong or held are seen while the daemon runs", async () => {
  const every = [
    "copy: {from: archive:pub/sealed.txt, to: edge:seconds/}",
    "schedule: {cron: '* * * * * *'}",
  ];
  await fleet.job("seconds", ...every);
  await until(async () => (await runsOf("seconds")).length >= 3, "runs of a job that has come");
  await fleet.job("seconds", ...every, "onExist: skip");
  await until(() => fleet.log.includes("onExists"), "the fault is told of, with what was meant");
  const before = (await runsOf("seconds")).length;
  await until(async () => (await runsOf("seconds")).length > before, "the old job goes on");
  await fleet.job("seconds", ...every, "onExists: skip");
  await fleet.fxpd("pause", "seconds");
  const held = (await runsOf("seconds")).length;
  await sleep(3_000);
  expect((await runsOf("seconds")).length).toBeLessThanOrEqual(held + 1);
  await fleet.fxpd("resume", "seconds");
  await until(async () => (await runsOf("seconds")).length > held + 1, "its due times give runs again");
  await rm(join(fleet.desk.path, "jobs/seconds.yaml"));
  await until(async () => !(await areAnyOpen("seconds")), "no run of a job that is gone", 60_000);
  expect(duplicatesIn(await runsOf("seconds"))).toEqual([]);
});

async function runsOf(job: string): Promise<readonly Run[]> {
  return (await fleet.runs()).filter(({ order }) => order.job === job);
}

async function areAnyOpen(job: string): Promise<boolean> {
  const before = await runsOf(job);
  await sleep(2_000);
  const after = await runsOf(job);
  return after.length > before.length || after.some(({ state }) => state !== "ended");
}

/** Due times that were run more than once. */
function duplicatesIn(runs: readonly Run[]): readonly number[] {
  const due = runs.flatMap(({ order }) => (order.dueMs === undefined ? [] : [order.dueMs]));
  return due.filter((ms, index) => due.indexOf(ms) !== index);
}

test("when schedules will fire is told, for people and for programs", async () => {
  const schedule = "schedule: {cron: '15 2 * * *', timeZone: Europe/Berlin}";
  await fleet.job("nightly", "mirror: {from: archive:pub, to: edge:pub}", schedule);
  const { status, out } = await fleet.fxpd("next", "nightly", "--count", "2");
  expect([status, out.split("\n").length]).toEqual([0, 3]);
  expect(out).toMatch(/^\d{4}-\d\d-\d\dT0[01]:15:00\.000Z {2}nightly$/m);
  const { events } = await fleet.fxpd("next", "--json");
  expect(events).toMatchObject([{ event: "due", job: "nightly" }]);
});

test.each([
  [["show", "no-such-run"], 2, "no such run: no-such-run"],
  [["logs", "no-such-run"], 2, "no such run: no-such-run"],
  [["cancel", "no-such-run"], 2, "no such run: no-such-run"],
  [["submit", "no-such-job"], 2, "no-such-job"],
  [["runs", "--limit", "0"], 2, "--limit: expected a whole number from 1"],
] as const)("%j is refused in one sentence", async (args, status, words) => {
  const ended = await fleet.fxpd(...args);
  expect(ended.status).toBe(status);
  expect(ended.err).toContain(words);
  expect(ended.err.trim().split("\n")).toHaveLength(1);
});

test("promise 6: no password is in Redis, a log, a process list, or anything that was printed", async () => {
  const url = `ftp://${edge.user}:${edge.password}@${edge.address}:${edge.port}/pub`;
  await fleet.job("planted", `mirror: {from: '${url}', to: archive:planted}`);
  expect((await fleet.fxpd("submit", "planted")).status).toBe(2);
  await rm(join(fleet.desk.path, "jobs/planted.yaml"));
  await fleet.fxpd("submit", "pub", "--wait", "-vv");
  // The file to which Redis appends has all that was ever written there.
  const redis = await textIn(join(fleet.desk.path, "state"));
  expect(redis).toContain("archive:pub");
  const lines = fleet.members.map(({ child }) => readFileSync(`/proc/${child.pid}/cmdline`, "utf8"));
  for (const text of [redis, fleet.log, fleet.printed, ...lines]) {
    expect(text).not.toBe("");
    expect(text.includes(edge.password)).toBe(false);
  }
});

async function textIn(directory: string): Promise<string> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  // A temporary file may be gone by now.
  return (await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")))).join("\n");
}
