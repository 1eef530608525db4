import { expect, test } from "vitest";
import { decisionsOf, failuresByCause } from "../../../../src/dashboard/state/failures.ts";
import { FileMarks, gridOf } from "../../../../src/dashboard/state/file-marks.ts";
import { type ShownEntry, entrySentence } from "../../../../src/dashboard/state/entry.ts";

const entry = (more: Partial<ShownEntry>): ShownEntry => ({
  id: `${more.target}${more.path}`,
  at: "2026-11-21T00:00:00Z",
  event: "transfer",
  ...more,
});
const failed = (target: string, cause: string) =>
  entry({ target, source: `s/${target}`, outcome: "failed", cause, because: `${cause} (${target})` });

test("failures are grouped by cause, the most frequent first, with the numbers of the whole run", () => {
  const groups = failuresByCause(
    [
      { because: "disk full", count: 900 },
      { because: "no such file", count: 1 },
    ],
    [
      failed("a", "no such file"),
      failed("b", "disk full"),
      failed("c", "disk full"),
      failed("d", "timed out"),
    ],
  );
  expect(groups.map(({ because, count, entries }) => [because, count, entries.length])).toEqual([
    ["disk full", 900, 2],
    ["no such file", 1, 1],
    ["timed out", 1, 1],
  ]);
});

test("a file that failed and was copied later is no failure any more", () => {
  expect(failuresByCause([], [failed("a", "x"), entry({ target: "a", outcome: "succeeded" })])).toEqual([]);
  const left = entry({
    target: "a",
    outcome: "partial",
    because: "DELE: 550 denied",
    cause: "DELE: 550 denied",
  });
  expect(failuresByCause([], [failed("a", "x"), left]).map(({ because }) => because)).toEqual([
    "DELE: 550 denied",
  ]);
  const twice = failuresByCause([], [failed("a", "x"), failed("a", "y")]);
  expect(twice.map(({ because, count }) => [because, count])).toEqual([["y", 1]]);
});

test("the same decision for the same reason is shown once, with all that it was about", () => {
  const action = (path: string, action: string) =>
    entry({ event: "action", action, path, because: "not on the source" });
  expect(decisionsOf([action("x", "keep"), action("a", "delete"), action("b", "delete")])).toEqual([
    { action: "delete", because: "not on the source", paths: ["a", "b"] },
    { action: "keep", because: "not on the source", paths: ["x"] },
  ]);
});

test("the last word on a file counts in the grid, and a file that is tried again has one square", () => {
  const marks = new FileMarks();
  marks.take(entry({ target: "a", outcome: "succeeded" }));
  marks.take(entry({ event: "retry", target: "b" }));
  marks.take(entry({ target: "c", outcome: "partial" }));
  marks.take(entry({ event: "note" }));
  marks.take(entry({ target: "a", outcome: "failed" }));
  expect(marks.list.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "a failed",
    "b retrying",
    "c failed",
  ]);
  const grid = gridOf({ earlier: 2, known: marks.list, flying: ["b", "d"], toCome: 1 }, 100);
  expect(grid.squares).toEqual([
    ...["succeeded", "succeeded", "failed", "failed"],
    ...["flying", "flying", "planned"],
  ]);
  expect(grid.wordsAt(2)).toBe("a: failed");
  expect(grid.wordsAt(5)).toBe("d: in flight");
  expect([grid.wordsAt(-1), grid.wordsAt(7)]).toEqual(["", ""]);
});

test("a grid of 100,000 files has only as many squares as there is room for, and hides no failure", () => {
  const known = Array.from({ length: 60_000 }, (_, at) => ({
    name: `file ${at}`,
    state: at === 31_234 ? ("failed" as const) : ("succeeded" as const),
  }));
  const { squares, each, sums, wordsAt } = gridOf(
    { earlier: 10_000, known, flying: ["x"], toCome: 29_999 },
    6_000,
  );
  expect(each).toBe(17);
  expect(squares).toHaveLength(Math.ceil(100_000 / 17));
  expect(squares.filter((state) => state === "failed")).toHaveLength(1);
  expect([...sums]).toEqual([
    ["succeeded", 69_999],
    ["failed", 1],
    ["flying", 1],
    ["planned", 29_999],
  ]);
  expect(wordsAt(Math.floor(41_234 / 17))).toBe("files 41226 to 41242: failed");
});

test("names that a tab no longer keeps leave the later ones as they are", () => {
  const marks = new FileMarks();
  for (let at = 0; at < 110_002; at += 1) marks.take(entry({ target: `f${at}`, outcome: "succeeded" }));
  marks.take(entry({ target: "f110001", outcome: "failed" }));
  expect(marks.list.length).toBeLessThanOrEqual(110_000);
  expect(marks.list.at(-1)).toEqual({ name: "f110001", state: "failed" });
});

test.each([
  [
    entry({ source: "a:x", target: "b:x", outcome: "failed", because: "why" }),
    "failed: \u2068a:x\u2069 → \u2068b:x\u2069: why",
  ],
  [
    entry({ event: "summary", outcome: "partial", files: { copied: 3, kept: 0, failed: 1 } }),
    "summary: partial, 3 copied, 1 failed",
  ],
  [
    entry({ event: "note", because: "one.yaml: wrong\nother.yaml: wrong" }),
    "one.yaml: wrong; other.yaml: wrong",
  ],
  [entry({ event: "plan", files: 1, bytes: 10 }), "planned: 1 file, 10 B"],
  [
    entry({ event: "action", action: "make-directory", path: "d", because: "not on the target" }),
    "make directory \u2068d\u2069: not on the target",
  ],
])("an entry of the log is one sentence (%#)", (one, sentence) => {
  expect(entrySentence(one)).toBe(sentence);
});

test.each([
  { by: "third-party", protected: true, words: " (server to server, encrypted)" },
  { by: "third-party", protected: false, words: " (server to server, not encrypted)" },
  { by: "relay", protected: true, words: " (through a worker, encrypted)" },
  { by: "relay", protected: null, words: " (through a worker, not known whether encrypted)" },
  { by: "server-side", protected: null, words: " (copied by the server itself)" },
  { by: null, protected: null, words: "" },
])(
  "a file that was copied says how it went, and whether it was encrypted: $by, $protected",
  ({ words, ...how }) => {
    const one = entry({ source: "a:x", target: "b:x", outcome: "succeeded", because: "why", ...how });
    expect(entrySentence(one)).toBe(`succeeded: \u2068a:x\u2069 → \u2068b:x\u2069: why${words}`);
  },
);
