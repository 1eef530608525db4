import { describe, expect, test } from "vitest";
import { type Hand, lanesBeside, type Queued, roomFor } from "../../../../src/orchestrator/work/room.ts";

const NOW_MS = 10_000;

function hand(run: string, more: Partial<Hand> = {}): Hand {
  return { run, turn: 10, sinceMs: 0, lack: undefined, isYielding: false, ...more };
}

function queued(run: string, hosts: readonly string[] = [], turn = 20): Queued {
  return { run, hosts, turn };
}

const waiting = { lack: "host a" };
const lacks = new Set(["host a"]);

test("one that waits for a host makes room for a slice with another one, which comes to the front", () => {
  const [working, idle] = [hand("one"), hand("one", waiting)];
  const other = queued("two", ["b", "c"]);
  const room = roomFor([working, idle], [queued("one", ["a", "b"]), other], lacks, NOW_MS);
  expect(room).toEqual({ hand: idle, turn: 11, ahead: other });
});

test.each([
  ["the same host", queued("one", ["a", "b"]), "host a"],
  ["logins of the same host", queued("one", ["a", "b"]), "logins of a"],
  ["others of the same run", queued("one", ["c", "b"]), "run one"],
])("nobody makes room for what would wait for %s", (_, slice, lack) => {
  expect(roomFor([hand("one", { lack })], [slice], new Set([lack]), NOW_MS)).toBeUndefined();
});

test("nobody makes room for what would lack what was lacking a moment ago", () => {
  const hands = [hand("one", { lack: "host b" }), hand("two", { lack: "host b" })];
  const queue = [queued("one", ["a"]), queued("two", ["b"])];
  expect(roomFor(hands, queue, new Set(["host a", "host b"]), NOW_MS)).toBeUndefined();
});

test("the run that has most hands gives one up for a run that has none, the oldest of them", () => {
  const oldest = hand("one", { sinceMs: 1 });
  const hands = [hand("one", { sinceMs: 2 }), oldest, hand("two")];
  expect(roomFor(hands, [queued("one"), queued("three", [], 30)], new Set(), NOW_MS)).toEqual({
    hand: oldest,
    turn: 31,
  });
});

test("of the run that has most hands, one that waits goes before one that works", () => {
  const idle = hand("one", { ...waiting, sinceMs: 5 });
  const hands = [hand("one", { sinceMs: 1 }), idle];
  expect(roomFor(hands, [queued("two", ["a"])], lacks, NOW_MS)).toEqual({ hand: idle, turn: 21 });
});

test("a hand that was filled a moment ago keeps what it has", () => {
  expect(
    roomFor([hand("one", { sinceMs: NOW_MS - 900 })], [queued("two")], new Set(), NOW_MS),
  ).toBeUndefined();
});

test("one hand at a time is given up", () => {
  const hands = [hand("one", { isYielding: true }), hand("one")];
  expect(roomFor(hands, [queued("two")], new Set(), NOW_MS)).toBeUndefined();
});

test("with every run at work, nobody makes room", () => {
  expect(
    roomFor([hand("one"), hand("two")], [queued("one"), queued("two")], new Set(), NOW_MS),
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
  ])("are not added %s", (_, hands, queue) => {
    expect(lanesBeside(hands, queue, 2)).toEqual({ lanes: 0 });
  });
});
