import { expect, test } from "vitest";
import type { JobView, RunView } from "../../../../src/api/views/schemas.ts";
import { type Change, isNewTo, ChangeTracker } from "../../../../src/api/views/standing.ts";

const run = (id: string, more: Partial<RunView> = {}) => ({ id, state: "running", ...more }) as RunView;
const job = (name: string, paused = false) => ({ name, paused }) as JobView;
const told = (changes: readonly Change[]) =>
  changes.map(
    ({ event, value }) =>
      `${event} ${"id" in value ? value.id : "name" in value ? value.name : "job" in value ? value.job : value.source}`,
  );

test("only what has changed is reported", () => {
  const tracker = new ChangeTracker();
  expect(told(tracker.since({ jobs: [job("j")], runs: [run("a")] }))).toEqual(["job j", "run a"]);
  expect(told(tracker.since({ jobs: [job("j")], runs: [run("a")] }))).toEqual([]);
  expect(told(tracker.since({ jobs: [job("j", true)], runs: [run("a"), run("b")] }))).toEqual([
    "job j",
    "run b",
  ]);
  expect(told(tracker.since({ jobs: [job("j", true)], runs: [run("a", { retries: 1 }), run("b")] }))).toEqual(
    ["run a"],
  );
});

test("a missing job file is reported once", () => {
  const tracker = new ChangeTracker();
  tracker.since({ jobs: [job("a"), job("b")], runs: [] });
  const removed = { event: "job-removed", value: { job: "a" } };
  expect(tracker.since({ jobs: [job("b")], runs: [] })).toEqual([removed]);
  expect(tracker.since({ jobs: [job("b")], runs: [] })).toEqual([]);
  expect(tracker.since({ jobs: [job("a"), job("b")], runs: [] })).toEqual([
    { event: "job", value: job("a") },
  ]);
});

test("an examination of a link is told whenever it comes on, also to whoever begins to listen", () => {
  const tracker = new ChangeTracker();
  const examination = (...tried: string[]) =>
    ({ source: "a", target: "b", tried: tried.map((method) => ({ method, outcome: "works" })) }) as never;
  const since = (...examinations: never[]) => tracker.since({ jobs: [], runs: [], examinations });
  const [begun] = since(examination());
  expect(begun).toMatchObject({ event: "examination", value: { source: "a", tried: [] } });
  expect(begun && isNewTo(begun, HEARD)).toBe(true);
  expect(since(examination())).toEqual([]);
  expect(since(examination("source-pasv"))).toHaveLength(1);
});

test("a job and a run with the same name are distinct, and a repeated event is reported again", () => {
  const tracker = new ChangeTracker();
  expect(told(tracker.since({ jobs: [job("x")], runs: [run("x")] }))).toEqual(["job x", "run x"]);
  expect(tracker.since({ jobs: [], runs: [] }).map(({ event }) => event)).toEqual(["job-removed"]);
  expect(told(tracker.since({ jobs: [job("x")], runs: [] }))).toEqual(["job x"]);
});

const HEARD = Date.parse("2026-11-21T12:00:00Z");
const ended = (endedAt: string): Change => ({ event: "run", value: run("a", { state: "ended", endedAt }) });

test.each<[string, Change, number | undefined, boolean]>([
  ["a job", { event: "job", value: job("j") }, undefined, true],
  ["a run that goes on", { event: "run", value: run("a") }, HEARD, true],
  ["a run that has ended, to whoever begins to listen", ended("2026-11-21T12:00:01Z"), undefined, false],
  ["a run that has ended meanwhile", ended("2026-11-21T12:00:00Z"), HEARD, true],
  ["a run that had ended before", ended("2026-11-21T11:59:59Z"), HEARD, false],
])("%s: %j after %s is told at first: %s", (_, change, seenUntilMs, isTold) => {
  expect(isNewTo(change, seenUntilMs)).toBe(isTold);
});
