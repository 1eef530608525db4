import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/shared/clock.ts";
import { watchGrowth } from "../../../src/transfer/third-party/watch.ts";

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
async function watch(sizes: readonly (number | undefined)[], stallMs = 5_000, from = 0) {
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
    from,
    progress: (octets: number) => seen.push(octets),
    stallMs,
    clock: dream(),
  };
  const end = await watchGrowth(watching, over.signal).catch((error: Error) => error);
  return { seen, end: end instanceof Error ? end.message : "returned" };
}

describe("the growth of a target", () => {
  test("is told as it is seen", async () => {
    expect(await watch([0, 10, 10, 30])).toMatchObject({ seen: [10, 30] });
  });

  test("that has ended for as long as allowed ends the transfer", async () => {
    expect(await watch([10, ...Array<number>(20).fill(10)])).toEqual({
      seen: [10],
      end: "no octet arrived for 5.0 s",
    });
  });

  test("of one that shows what was there before, and no more until it is complete, ends nothing", async () => {
    expect(await watch(Array<number>(100).fill(10), 5_000, 10)).toMatchObject({
      seen: [],
      end: expect.stringMatching(/aborted/),
    });
  });

  test.each([
    ["shows nothing until it is complete", Array<number>(100).fill(0)],
    ["cannot be looked at", Array<undefined>(100).fill(undefined)],
    ["is slow", Array.from({ length: 100 }, (_, index) => Math.floor(index / 4))],
    ["was out of sight for a while", [5, ...Array<undefined>(50).fill(undefined), 5, 5, 6]],
  ])("of one that %s ends nothing", async (_, sizes) => {
    expect((await watch(sizes)).end).toMatch(/aborted/);
  });
});
