import { describe, expect, test } from "vitest";
import type { BatchOptions } from "../../../src/batch/contract.ts";
import { softEnd } from "../../../src/batch/soft-end.ts";
import { copy } from "../../../src/copy/copy.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import { copyDeps } from "../../support/edges.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { directory, EMPTY, file } from "../../support/memory-tree.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

const signal = new AbortController().signal;

describe("a run begins no other file", () => {
  test.each([
    [{}, 10 ** 15, 10 ** 12, 5, undefined],
    [{ maxTransfer: 100 }, 95, 0, 5, undefined],
    [
      { maxTransfer: 100 },
      96,
      0,
      5,
      "the limit of 100 B (--max-transfer) leaves no room for the next file (5 B)",
    ],
    [{ maxTransfer: 100 }, 100, 0, 5, "the limit of 100 B (--max-transfer) is reached"],
    [{ maxTransfer: 100 }, 99, 0, undefined, undefined],
    [{ maxTransfer: 100 }, 100, 0, undefined, "the limit of 100 B (--max-transfer) is reached"],
    [{ maxTransfer: 100 }, 100, 0, 0, undefined],
    [{ maxTransfer: 100 }, 100, 0, 101, undefined],
    [{ maxDuration: 60_000 }, 0, 59_999, 5, undefined],
    [{ maxDuration: 60_000 }, 0, 60_000, 5, "the limit of 1 min 0 s (--max-duration) is reached"],
  ])(
    "after %j with %i bytes and %i ms, where the next one has %s",
    (limits, bytes, elapsedMs, next, because) => {
      expect(softEnd(limits, { bytes, elapsedMs }, next)).toBe(because);
    },
  );
});

/** Copies twenty files of five bytes each. */
async function copied(
  more: Partial<BatchOptions>,
  clock = copyDeps().deps.clock,
  there = EMPTY,
  others: Readonly<Record<string, ReturnType<typeof file>>> = {},
) {
  const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
  const tree = directory({ ...others, ...Object.fromEntries(names.map((name) => [name, file("12345")])) });
  const [source, target] = [new MemoryHost("source", tree), new MemoryHost("target", there)];
  const request = {
    sources: [{ place: source.place, pattern: parsePattern("/*"), shown: "source:/*" }],
    ...{ target: { place: target.place, path: "/in/", shown: "target:/in/" }, isWanted: () => true },
    ...{ onExists: "overwrite" as const, parallel: 3, retries: 0, dryRun: false },
    transfer: { fxp: "never", verify: "size", resume: "off", preserveTimes: false, inPlace: "never" },
    ...more,
  } as const;
  return copy(request, copyDeps({ clock }).deps, signal);
}

test("files in flight count, so that never more is copied than the limit", async () => {
  const { outcome, files, because } = await copied({ maxTransfer: 23 });
  expect({ outcome, files }).toMatchObject({ outcome: "partial", files: { copied: 4, failed: 16 } });
  expect(because).toBe(
    "the limit of 23 B (--max-transfer) leaves no room for the next file (5 B); 16 files are left",
  );
});

test("a file that no run has room for fails by itself, and the others are copied", async () => {
  const { outcome, files, because } = await copied({ maxTransfer: 100 }, undefined, EMPTY, {
    big: file("x".repeat(101)),
  });
  expect({ outcome, files }).toMatchObject({ outcome: "partial", files: { copied: 20, failed: 1 } });
  expect(because).toBeUndefined();
});

test("a file that is skipped after it was begun leaves its room to the others", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `f${index}`);
  const there = directory({
    in: directory(Object.fromEntries(names.map((name) => [name, file("12345")]))),
  });
  const { files } = await copied({ maxTransfer: 50, onExists: "skip" }, undefined, there);
  expect(files).toMatchObject({ copied: 10, skipped: 10, failed: 0 });
});

test("a limit that the last file reaches leaves nothing to be said", async () => {
  const { outcome, because } = await copied({ maxTransfer: 100 });
  expect([outcome, because]).toEqual(["succeeded", undefined]);
});

test("files that are in flight when the time is over are completed", async () => {
  // Each look at the clock is a second later than the one before.
  let nowMs = 0;
  const clock = { now: () => (nowMs += 1_000), sleep: async () => {} };
  const { outcome, files, because } = await copied({ maxDuration: 30_000 }, clock);
  expect(outcome).toBe("partial");
  expect(files.copied).toBeGreaterThan(0);
  expect(files.copied + files.failed).toBe(20);
  expect(because).toBe(`the limit of 30 s (--max-duration) is reached; ${files.failed} files are left`);
});

test("a run whose time is over before its first file is partial: nothing went wrong", async () => {
  let nowMs = 0;
  const clock = { now: () => (nowMs += 1_000), sleep: async () => {} };
  const { outcome, files, because } = await copied({ maxDuration: 1 }, clock);
  expect({ outcome, files }).toMatchObject({ outcome: "partial", files: { copied: 0, failed: 20 } });
  expect(because).toMatch(/; 20 files are left$/);
});

test("a mirror that reaches its limit deletes nothing, and the next one goes on", async () => {
  const names = Array.from({ length: 8 }, (_, index) => [`f${index}`, file("12345")] as const);
  const scene = new MirrorScene(directory(Object.fromEntries(names)), directory({ x: file("no more") }));
  const { summary } = await scene.run({ maxTransfer: 20 });
  expect(summary).toMatchObject({ outcome: "partial", files: { copied: 4, deleted: 0, failed: 4 } });
  expect(summary.because).toBe("the limit of 20 B (--max-transfer) is reached; 4 files are left");
  expect(scene.target.tree.find("/x")).toBeDefined();
  const next = await scene.run({ maxTransfer: 20 });
  expect(next.summary).toMatchObject({ outcome: "succeeded", files: { copied: 4, kept: 4, deleted: 1 } });
});
