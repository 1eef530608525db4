import { expect, test } from "vitest";
import { ConnectionError } from "../../../../../src/ftp/errors.ts";
import {
  ownListingCache,
  SharedListingCache,
} from "../../../../../src/mirror/scan/listings/listing-cache.ts";
import type { ListedDirectory } from "../../../../../src/mirror/decide/tree.ts";
import { fileSpool } from "../../../../../src/state/spool.ts";
import { directory, file } from "../../../../support/memory-tree.ts";
import { MirrorScene } from "../../../../support/mirror-scene.ts";
import { memorySpool } from "../../../../support/targets-scene.ts";

const listed = (...names: readonly string[]): ListedDirectory => ({
  kind: "listed",
  entries: names.map((name) => ({ name, kind: "file", sizeBytes: 1 })),
  isDoubtful: false,
});

test("who asks at the same time is told the same, and one asks", async () => {
  const listings = new SharedListingCache(memorySpool(), 0, 0);
  let asked = 0;
  const ask = async () => {
    asked += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return listed("a");
  };
  const all = await Promise.all([1, 2, 3].map(() => listings.listing("d", ask)));
  expect(all).toEqual([listed("a"), listed("a"), listed("a")]);
  expect(asked).toBe(1);
});

test("however many directories there were, only those that are being asked for are in memory", async () => {
  const spool = memorySpool();
  const listings = new SharedListingCache(spool, 3, 0);
  let most = 0;
  const ask = async () => {
    most = Math.max(most, listings.inHand);
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, listings.inHand);
    return listed("a");
  };
  const lane = async (lane: number) => {
    for (let at = 0; at < 250; at += 1) await listings.listing(`${lane}/${at}`, ask);
  };
  await Promise.all([1, 2, 3, 4].map(lane));
  expect(spool.size).toBe(1_000);
  expect(most).toBe(4);
  expect(listings.inHand).toBe(0);
});

test("a failure that may pass is tried as often as for one, and is then unknown to all", async () => {
  const listings = new SharedListingCache(memorySpool(), 2, 0);
  let asked = 0;
  const ask = async (): Promise<ListedDirectory> => {
    asked += 1;
    throw new ConnectionError("s: connection lost");
  };
  for (let tries = 0; tries < 6; tries += 1)
    await expect(listings.listing("d", ask)).rejects.toThrow("s: connection lost");
  expect(asked).toBe(3);
  expect(listings.inHand).toBe(0);
});

test("who gives up does so for itself alone", async () => {
  const listings = new SharedListingCache(memorySpool(), 0, 0);
  const gone = listings.listing("d", async () => {
    await new Promise((resolve) => setImmediate(resolve));
    throw new DOMException("enough", "AbortError");
  });
  const other = listings.listing("d", async () => listed("a"));
  await expect(gone).rejects.toThrow("enough");
  expect(await other).toEqual(listed("a"));
});

test("what is refuted is told to nobody any more", async () => {
  const listings = new SharedListingCache(memorySpool(), 0, 0);
  await listings.listing("d", async () => listed("a"));
  expect(listings.hasLies).toBe(false);
  listings.refute("d", "two listings of the same directory disagree");
  expect(listings.hasLies).toBe(true);
  await expect(listings.listing("d", async () => listed("a"))).rejects.toThrow(
    "listings of the same directory disagree",
  );
});

test("where somebody has found out a lie, nothing is deleted that may be missing for it", async () => {
  const tree = directory({ a: file("a") });
  const scene = new MirrorScene(tree, directory({ a: file("a"), x: file("x") }));
  const listings = { ...ownListingCache, hasLies: true };
  const { summary } = await scene.run({ deps: { listings } });
  expect(summary).toMatchObject({ outcome: "partial", files: { kept: 1, deleted: 0 } });
  expect(scene.target.tree.find("/x")).toBeDefined();
});

test("a spool of files tells names apart that are no text, and leaves nothing behind", () => {
  const spool = fileSpool();
  {
    using open = spool;
    open.write("d/\udc80", listed("\udc81"));
    open.write("d/\udc82", { kind: "unknown", because: "550" });
    expect(open.read("d/\udc80")).toEqual(listed("\udc81"));
    expect(open.read("d/\udc82")).toEqual({ kind: "unknown", because: "550" });
    expect(open.read("d")).toBeUndefined();
  }
  expect(spool.read("d/\udc80")).toBeUndefined();
});
