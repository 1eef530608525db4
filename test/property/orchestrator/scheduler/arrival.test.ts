import fc from "fast-check";
import { expect, test } from "vitest";
import {
  lookAt,
  nothingWatched,
  type SeenFile,
  WatchState,
} from "../../../../src/orchestrator/scheduler/arrival.ts";

const SETTLED_MS = 100;
const EVERY_MS = 30;

const file = fc.record({
  path: fc.constantFrom("a", "b", "c", "__proto__", "constructor"),
  sizeBytes: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  modifiedMs: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
});
const listing = fc.uniqueArray(file, { selector: ({ path }) => path });

/** Looks at each listing in turn. What is kept between looks goes through JSON, as it does in Redis. */
function looks(listings: readonly (readonly SeenFile[])[], settledMs = SETTLED_MS) {
  let watched: WatchState = nothingWatched;
  return listings.map((found, turn) => {
    const look = lookAt(watched, found, turn * EVERY_MS, settledMs);
    watched = WatchState.parse(JSON.parse(JSON.stringify(look.watched)));
    return look.arrived;
  });
}

function shown({ path, sizeBytes, modifiedMs }: SeenFile): string {
  return `${path} ${sizeBytes} ${modifiedMs}`;
}

test("what arrives is there, and has been as it is for as long as it has to", () => {
  fc.assert(
    fc.property(fc.array(listing, { maxLength: 20 }), (listings) => {
      looks(listings).forEach((arrived, turn) => {
        for (const path of arrived) {
          const now = listings[turn]?.find((one) => one.path === path);
          expect(now).toBeDefined();
          const since = turn - Math.ceil(SETTLED_MS / EVERY_MS);
          for (const before of listings.slice(Math.max(0, since), turn))
            expect(before.map(shown)).toContain(now === undefined ? "" : shown(now));
          expect(since).toBeGreaterThanOrEqual(0);
        }
      });
    }),
  );
});

test("what does not change any more arrives, all of it and once", () => {
  fc.assert(
    fc.property(fc.array(listing, { maxLength: 10 }), listing, (before, last) => {
      const still = Array.from({ length: 10 }, () => last);
      const arrived = looks([...before, ...still]);
      const ever = arrived.flat();
      for (const { path } of last) expect(ever).toContain(path);
      expect(arrived.slice(before.length + 5).flat()).toEqual([]);
    }),
  );
});

test("without a time to settle, a file arrives when it is seen, and again only when it has changed or gone", () => {
  const a = { path: "READY", sizeBytes: 0, modifiedMs: 1 };
  const touched = { ...a, modifiedMs: 2 };
  expect(looks([[], [a], [a], [touched], [], [touched]], 0)).toEqual([
    [],
    ["READY"],
    [],
    ["READY"],
    [],
    ["READY"],
  ]);
});

test("one file that grows holds back those that have come with it", () => {
  const growing = (sizeBytes: number) => [{ path: "a" }, { path: "b", sizeBytes }];
  const sizes = [1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6];
  const arrived = looks(sizes.map(growing));
  expect(arrived.flat().sort()).toEqual(["a", "b"]);
  expect(arrived.findIndex((paths) => paths.length > 0)).toBe(9);
});
