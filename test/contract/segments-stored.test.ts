import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SegmentBoard } from "../../src/transfer/move/segments/board.ts";
import { type Filling, fill } from "../../src/transfer/move/segments/fill.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { latch } from "../support/placed-files.ts";
import { bytesOf } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(40 * MIB);
const SIGNAL = new AbortController().signal;

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-segments-stored-"));
  await writeFile(join(work, "source"), WHOLE);
});
afterEach(() => rm(work, { recursive: true, force: true }));

/** Fills the whole file; `disk` is asked before what was written is brought to the disk. */
async function filled(disk: () => Promise<void>, seen: (at: number) => void = () => {}) {
  const side = new LocalSide();
  const [source, target] = ["source", "target"].map((name) => ({ side, path: join(work, name) })) as [
    { side: LocalSide; path: string },
    { side: LocalSide; path: string },
  ];
  const board = new SegmentBoard(WHOLE.length, [], 1);
  const segment = board.take();
  if (segment === undefined) throw new Error("expected a segment");
  /** Bytes that the file had when the disk was asked, and what was recorded after that. */
  const [asked, recorded]: [number[], number[]] = [[], []];
  const filling: Filling = {
    ends: { source, target },
    sizeBytes: WHOLE.length,
    rate: undefined,
    async open(at) {
      const writing = await side.write(target.path, at);
      const store = async () => {
        asked.push((await side.facts(target.path))?.sizeBytes ?? 0);
        await disk();
        await writing.store?.();
      };
      return { ...writing, store };
    },
    seen: (_, at) => seen(at),
    stored: async (one, to) => {
      board.proven(one, to);
      recorded.push(to);
    },
  };
  return { over: fill(segment, filling, SIGNAL), asked, recorded, board };
}

test("a segment is filled on while the disk is busy, and only what was written before it was asked is recorded", async () => {
  const further = latch();
  const { over, asked, recorded, board } = await filled(
    () => further.promise,
    (at) => at >= 24 * MIB && further.resolve(),
  );
  await over;
  expect(board.isComplete).toBe(true);
  expect((await readFile(join(work, "target"))).equals(WHOLE)).toBe(true);
  expect(recorded.at(-1)).toBe(WHOLE.length);
  expect(recorded.length).toBeGreaterThan(1);
  // The last record is of the file's end, for which its stream has asked the disk itself.
  for (const [at, to] of recorded.slice(0, -1).entries()) expect(to).toBeLessThanOrEqual(asked[at] ?? 0);
});

test("a segment fails with what the disk said, and nothing of it is recorded", async () => {
  const { over, recorded } = await filled(() => Promise.reject(new Error("no such luck")));
  await expect(over).rejects.toThrow("no such luck");
  expect(recorded).toEqual([]);
});
