import { describe, expect, test } from "vitest";
import type { RateLimit } from "../../../../../src/transfer/rate-limit.ts";
import { newRoute } from "../../../../support/pair.ts";
import type { Gain } from "../../../../../src/transfer/evidence/helpful-connections.ts";
import {
  addWhatHelps,
  type RememberedGain,
  rememberedOf,
} from "../../../../../src/transfer/move/segments/add-what-helps.ts";

const MUCH = 10 ** 12;
const gain = (connections: number, isMost = true): Gain => {
  return { connections, isMost, aloneBytesPerSecond: 1_000, atMs: 0 };
};

interface Hosts {
  /** Bytes a second that so many connections move together. */
  readonly moves: (connections: number) => number;
  readonly free?: number;
  readonly leftBytes?: number;
  readonly known?: Gain;
}

/** A file between two such hosts: how many connections there were at each measurement, and what is remembered. */
async function fileBetween({ moves, free = 99, leftBytes = MUCH, known }: Hosts) {
  let connections = 1;
  const measured: number[] = [];
  let kept: Omit<Gain, "atMs"> | undefined = known;
  const remembered: RememberedGain = {
    known,
    saw: (seen) => (kept = seen),
    forget: () => (kept = undefined),
  };
  const atWork = {
    measured: async () => {
      measured.push(connections);
      return { connections, bytesPerSecond: moves(connections) };
    },
    leftBytes: () => leftBytes,
    add: async () => {
      if (connections >= free) return undefined;
      connections += 1;
      return { drop: () => (connections -= 1) };
    },
  };
  const because = await addWhatHelps(atWork, undefined, new AbortController().signal, remembered);
  return { because, measured, kept, connections };
}

const each = (most: number) => (connections: number) => 1_000 * Math.min(most, connections);

describe("connections that help one file", () => {
  test("are remembered where one more adds nothing", async () => {
    const seen = await fileBetween({ moves: each(3) });
    expect(seen).toMatchObject({ measured: [1, 2, 3, 4], connections: 3 });
    expect(seen.kept).toEqual({ connections: 3, isMost: true, aloneBytesPerSecond: 1_000 });
  });

  test("stay remembered where a slower and smaller file has too little left for as many", async () => {
    const known = { ...gain(5), aloneBytesPerSecond: 10_000 };
    const seen = await fileBetween({ moves: each(9), leftBytes: 7_000, known });
    expect(seen).toMatchObject({ connections: 2, kept: known });
  });

  test("are remembered as at least so many where no other one is free, and tried from there next time", async () => {
    const { kept } = await fileBetween({ moves: each(9), free: 3 });
    expect(kept).toEqual({ connections: 3, isMost: false, aloneBytesPerSecond: 1_000 });
    const next = await fileBetween({ moves: each(4), known: gain(3, false) });
    expect(next).toMatchObject({
      measured: [3, 4, 5],
      connections: 4,
      kept: { connections: 4, isMost: true },
    });
  });

  test("begin at once where they helped before, and no other one is tried", async () => {
    const seen = await fileBetween({ moves: each(3), known: gain(3) });
    expect(seen).toMatchObject({ measured: [3], connections: 3, kept: gain(3) });
    expect(seen.because).toBe("3 connections helped before");
  });

  test("begin one by one where a file is over soon", async () => {
    const seen = await fileBetween({ moves: each(3), known: gain(3), leftBytes: 4_000 });
    expect(seen).toMatchObject({ measured: [1], connections: 1, kept: gain(3) });
  });

  test("are forgotten where they move no more than one did", async () => {
    const seen = await fileBetween({ moves: each(1), known: gain(3) });
    expect(seen).toMatchObject({ measured: [3], kept: undefined });
    expect(seen.because).toBe("3 connections move no more than one did before; the next file tries again");
  });

  test("are not tried where none helped before, until one connection moves much less or much more than then", async () => {
    const before = await fileBetween({ moves: each(1) });
    expect(before).toMatchObject({ measured: [1, 2], kept: { connections: 1 } });
    expect(await fileBetween({ moves: each(1), known: gain(1) })).toMatchObject({
      ...{ measured: [1], connections: 1, kept: gain(1) },
      because: "another connection added nothing to an earlier file",
    });
    for (const times of [0.4, 2.1]) {
      const other = await fileBetween({ moves: (count) => each(2)(count) * times, known: gain(1) });
      expect(other).toMatchObject({ measured: [1, 2, 3], connections: 2, kept: { connections: 2 } });
    }
  });
});

test("while a rate limit holds, nothing is concluded for other files, and nothing that is known is used", async () => {
  const route = await newRoute();
  route.helpful.saw("direct", gain(3));
  const limit = { current: (): number | undefined => 1_000 } as RateLimit;
  const limited = rememberedOf({ route, rate: limit }, "direct");
  expect(limited.known).toBeUndefined();
  limited.saw({ connections: 1, isMost: true, aloneBytesPerSecond: 1_000 });
  limited.forget();
  for (const rate of [undefined, { current: () => undefined } as RateLimit])
    expect(rememberedOf({ route, rate }, "direct").known).toMatchObject({ connections: 3 });
});
