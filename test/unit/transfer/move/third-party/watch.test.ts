import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../../../src/shared/clock.ts";
import type { GrowthLimits } from "../../../../../src/transfer/move/third-party/growth.ts";
import { watchGrowth } from "../../../../../src/transfer/move/third-party/watch.ts";

/** A clock that goes on only when somebody sleeps. */
function dream(): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      now += ms;
      await Promise.resolve();
    },
  };
}

/** What is seen look by look; after the last, the watch is called off. */
async function watch(sizes: readonly (number | undefined)[], limits: Partial<GrowthLimits> = {}) {
  const over = new AbortController();
  const seen: number[] = [];
  const left = [...sizes];
  const look = async () => {
    if (left.length === 0) over.abort();
    return left.shift();
  };
  const watching = {
    look,
    path: "part",
    progress: (octets: number) => seen.push(octets),
    clock: dream(),
    from: 0,
    sizeBytes: 1_000_000_000,
    stallMs: 5_000,
    minimumBytesPerSecond: 0,
    hidesGrowth: false,
    ...limits,
  };
  const end = await watchGrowth(watching, () => {}, over.signal).catch((error: Error) => error);
  return { seen, end: end instanceof Error ? end.message : "returned" };
}

describe("the growth of a target", () => {
  test("is told as it is seen", async () => {
    expect(await watch([0, 10, 10, 30])).toMatchObject({ seen: [10, 30] });
  });

  test("that has ended for as long as allowed ends the transfer", async () => {
    expect(await watch([10, ...Array<number>(20).fill(10)])).toEqual({
      seen: [10],
      end: "no byte arrived at the target for 5.0 s",
    });
  });

  test.each([
    ["shows nothing of it", 0, 0],
    ["shows what was there before, and no more", 10, 10],
  ])("that never begins ends the transfer of a target that %s", async (_, from, shown) => {
    expect(await watch(Array<number>(100).fill(shown), { from })).toEqual({
      seen: [],
      end: "no byte arrived at the target for 5.0 s",
    });
  });

  test("of a target that cannot be looked at has as long as a slow transfer of that size takes", async () => {
    const unseen = Array<undefined>(100).fill(undefined);
    expect((await watch(unseen, { sizeBytes: 5 })).end).toMatch(/no byte was seen to arrive .* for 6\.0 s/);
    expect((await watch(unseen, { sizeBytes: 1_048_576 * 50 })).end).toMatch(
      /no byte was seen to arrive .* for 55 s/,
    );
    expect((await watch(unseen, { sizeBytes: 1_048_576 * 500 })).end).toMatch(/aborted/);
  });

  test("of a target that is known to show files only when they are complete has as long", async () => {
    const limits = { hidesGrowth: true, sizeBytes: 65_536 * 50 };
    expect((await watch(Array<number>(40).fill(0), limits)).end).toMatch(/aborted/);
    expect((await watch(Array<number>(100).fill(0), limits)).end).toMatch(
      /no byte was seen to arrive .* for 55 s/,
    );
  });

  test("slower than the least rate ends the transfer", async () => {
    const drips = Array.from({ length: 100 }, (_, index) => 1 + index);
    expect((await watch(drips, { minimumBytesPerSecond: 10 })).end).toMatch(
      /too slow: 5 B in 5\.0 s; the minimum is 10 B\/s \(timeouts\.minimumRate\)/,
    );
    expect((await watch(drips, { minimumBytesPerSecond: 1 })).end).toMatch(/aborted/);
  });

  test("that slows down after a good beginning ends the transfer", async () => {
    const sizes = Array.from({ length: 100 }, (_, index) => Math.min(index, 20) * 1_000 + index);
    expect((await watch(sizes, { minimumBytesPerSecond: 10 })).end).toMatch(/too slow: 5 B in 5\.0 s/);
  });

  test("beyond the size that was announced, and a block, ends the transfer", async () => {
    const sizes = [0, 2_000_000, 4_000_000];
    expect((await watch(sizes, { sizeBytes: 5 })).end).toMatch(
      /sent more than its size: 1\.9 MiB instead of 5 B/,
    );
    expect((await watch(sizes, { sizeBytes: 4_000_000 })).end).toMatch(/aborted/);
  });

  test("that cannot be seen because a look takes too long is no reason to wait for that look", async () => {
    const over = new AbortController();
    const watching = {
      look: () => new Promise<number>(() => {}),
      path: "part",
      progress: () => {},
      clock: systemClock,
      from: 0,
      sizeBytes: 5,
      stallMs: 100,
      minimumBytesPerSecond: 0,
      hidesGrowth: false,
    };
    await expect(watchGrowth(watching, () => {}, over.signal)).rejects.toThrow(/no byte was seen to arrive/);
  });

  test.each([
    ["is slow", Array.from({ length: 100 }, (_, index) => Math.floor(index / 4))],
    ["was out of sight for a while", [5, ...Array<undefined>(50).fill(undefined), 5, 5, 6]],
  ])("of one that %s ends nothing", async (_, sizes) => {
    expect((await watch(sizes)).end).toMatch(/aborted/);
  });
});
