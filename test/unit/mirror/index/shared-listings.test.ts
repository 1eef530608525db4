import { expect, test } from "vitest";
import type { IndexStore } from "../../../../src/mirror/index/directory-index.ts";
import { SharedListingCache } from "../../../../src/mirror/scan/listings/listing-cache.ts";
import { directory, file } from "../../../support/memory-tree.ts";
import { MirrorScene, quickClock } from "../../../support/mirror-scene.ts";
import { memorySpool } from "../../../support/targets-scene.ts";

const MINUTE_MS = Date.UTC(2026, 0, 2, 3, 4);
const HOUR_MS = 3_600_000;
const ORDER = { options: "0".repeat(32), fullCheckMs: 1_000 * HOUR_MS };
const at = (nowMs: number) => ({ ...quickClock, now: () => nowMs });

test("what was listed for another target an hour before is no later than that: a directory that was young is compared again", async () => {
  const tree = directory({ d: directory({ f: file("old", MINUTE_MS + 10_000) }) });
  const scene = new MirrorScene(tree, tree, { source: { listed: { precision: "minute", zoneMs: 0 } } });
  let kept: Uint8Array | undefined;
  const index: IndexStore = { read: async () => kept, write: async (bytes) => void (kept = bytes) };
  const lookedMs = MINUTE_MS + 20_000;
  const listings = new SharedListingCache(memorySpool(), 0, lookedMs);
  await scene.run({ deps: { listings, clock: at(lookedMs) } });
  scene.source.tree.put("d/f", file("new", MINUTE_MS + 30_000));
  const asked = { index: ORDER };
  const second = await scene.run({ ...asked, deps: { listings, index, clock: at(lookedMs + HOUR_MS) } });
  expect(second.summary).toMatchObject({ outcome: "succeeded", directories: { compared: 2 } });
  const third = await scene.run({ ...asked, deps: { index, clock: at(lookedMs + 2 * HOUR_MS) } });
  expect(third.summary).toMatchObject({ directories: { compared: 1, byListing: 1 } });
});
