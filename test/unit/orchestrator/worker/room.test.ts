import { describe, expect, test } from "vitest";
import {
  type RunningWork,
  lanesBeside,
  type Queued,
  pickYielding,
} from "../../../../src/orchestrator/worker/room.ts";

const NOW_MS = 10_000;

function work(run: string, more: Partial<RunningWork> = {}): RunningWork {
  return { run, turn: 10, sinceMs: 0, lack: undefined, isYielding: false, ...more };
}

function queued(run: string, hosts: readonly string[] = [], turn = 20): Queued {
  return { run, hosts, turn };
}

const waiting = { lack: "host a" };
const lacks = new Set(["host a"]);

test("one that waits for a host makes room for a slice with another one, which comes to the front", () => {
  const [working, idle] = [work("one"), work("one", waiting)];
  const other = queued("two", ["b", "c"]);
  const room = pickYielding([working, idle], [queued("one", ["a", "b"]), other], lacks, NOW_MS);
  expect(room).toEqual({ work: idle, turn: 11, ahead: other });
});

test.each([
  ["the same host", queued("one", ["a", "b"]), "host a"],
  ["logins of the same host", queued("one", ["a", "b"]), "logins of a"],
  ["others of the same run", queued("one", ["c", "b"]), "run one"],
])("nobody makes room for what would wait for %s", (_, slice, lack) => {
  expect(pickYielding([work("one", { lack })], [slice], new Set([lack]), NOW_MS)).toBeUndefined();
});

test("nobody makes room for what would lack what was lacking a moment ago", () => {
  const running = [work("one", { lack: "host b" }), work("two", { lack: "host b" })];
  const queue = [queued("one", ["a"]), queued("two", ["b"])];
  expect(pickYielding(running, queue, new Set(["host a", "host b"]), NOW_MS)).toBeUndefined();
});

test("the run that has most running gives one up for a run that has none, the oldest of them", () => {
  const oldest = work("one", { sinceMs: 1 });
  const running = [work("one", { sinceMs: 2 }), oldest, work("two")];
  expect(pickYielding(running, [queued("one"), queued("three", [], 30)], new Set(), NOW_MS)).toEqual({
    work: oldest,
    turn: 31,
  });
});

test("of the run that has most running, one that waits goes before one that works", () => {
  const idle = work("one", { ...waiting, sinceMs: 5 });
  const running = [work("one", { sinceMs: 1 }), idle];
  expect(pickYielding(running, [queued("two", ["a"])], lacks, NOW_MS)).toEqual({ work: idle, turn: 21 });
});

test("work that has just begun a moment ago keeps what it has", () => {
  expect(
    pickYielding([work("one", { sinceMs: NOW_MS - 900 })], [queued("two")], new Set(), NOW_MS),
  ).toBeUndefined();
});

test("one piece of work at a time is given up", () => {
  const running = [work("one", { isYielding: true }), work("one")];
  expect(pickYielding(running, [queued("two")], new Set(), NOW_MS)).toBeUndefined();
});

test("with every run at work, nobody makes room", () => {
  expect(
    pickYielding([work("one"), work("two")], [queued("one"), queued("two")], new Set(), NOW_MS),
  ).toBeUndefined();
});

describe("lanes beside the usual ones", () => {
  const slow = { hosts: ["drips", "edge"], isSlow: true };
  const busy = { hosts: ["archive", "edge"], isSlow: false };
  const other = queued("two", ["archive", "edge"]);
  const same = queued("one", ["drips", "edge"]);

  test("are added for a slice that is not between the same hosts as the slow ones", () => {
    expect(lanesBeside([slow, slow], [same, other], 2)).toEqual({ lanes: 1, ahead: other });
    expect(lanesBeside([slow, slow, busy], [same, other], 2)).toEqual({ lanes: 2, ahead: other });
  });

  test("are as many as lanes are slow, and no more than there are usual ones", () => {
    expect(lanesBeside([slow, busy, busy], [other], 2)).toEqual({ lanes: 1 });
    expect(lanesBeside([slow, slow, slow, slow], [other], 2)).toEqual({ lanes: 2 });
  });

  test.each([
    ["while a usual one is free", [slow], [other]],
    ["where all get on", [busy, busy], [other]],
    ["for slices between the same hosts", [slow, slow], [same]],
    ["for nobody", [slow, slow], []],
  ])("are not added %s", (_, running, queue) => {
    expect(lanesBeside(running, queue, 2)).toEqual({ lanes: 0 });
  });
});
