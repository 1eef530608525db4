import { describe, expect, test } from "vitest";
import type { HostOptions } from "../../support/memory-side.ts";
import { directory, EMPTY, file, link } from "../../support/memory-tree.ts";
import { pathsOf } from "../../support/mirror-oracle.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

const follow = { scan: { links: "follow", maxDepth: 200 } } as const;

/** Mirrors twice with links followed, and gives what stands at the target then. */
async function followed(source: ReturnType<typeof directory>, options: HostOptions = {}) {
  const scene = new MirrorScene(source, EMPTY, { source: options });
  const { summary, events } = await scene.run(follow);
  expect(summary.outcome).toBe("succeeded");
  const listings = scene.source.done("list").length;
  const again = await scene.run(follow);
  expect(again.summary.files).toMatchObject({ copied: 0, deleted: 0 });
  const paths = [...pathsOf(scene.target.tree.snapshot())].flatMap(([path, { kind }]) =>
    kind === "directory" ? [] : [path],
  );
  return {
    paths: paths.sort(),
    listings,
    skipped: events.filter((one) => one.event === "action" && one.action === "skip"),
  };
}

describe("links that are followed", () => {
  test("lead to files and directories, which come under the link's name", async () => {
    const tree = directory({
      d: directory({ f: file("f") }),
      l: link("d"),
      m: link("d/f"),
      n: link("nowhere"),
    });
    expect((await followed(tree)).paths).toEqual(["d/f", "l/f", "m"]);
  });

  /** Without an end there would be two to the power of forty directories. */
  const loops = {
    "to the directory that they are in": directory({ f: file("f"), here: link("."), "here too": link(".") }),
    "to one above": directory({
      d: directory({ f: file("f"), up: link(".."), "up too": link("..") }),
      g: file("g"),
    }),
    "to each other": directory({
      d: directory({ e: link("../e"), f: file("f"), "e too": link("../e") }),
      e: directory({ d: link("../d"), g: file("g"), "d too": link("../d") }),
    }),
  };
  test.each(Object.entries(loops))("%s, are gone through once", async (_, tree) => {
    for (const tellsLinks of [true, false]) {
      const { paths, listings, skipped } = await followed(tree, { tellsLinks });
      expect(paths).toContain(tree.entries.has("d") ? "d/f" : "f");
      expect(skipped).not.toEqual([]);
      expect(listings).toBeLessThan(25);
    }
  });

  test("come to an end also where no time tells two directories apart", async () => {
    const tree = directory({ f: file("f"), here: link("."), "here too": link(".") });
    const listed = { precision: "day", zoneMs: 0 } as const;
    const { listings } = await followed(tree, { tellsLinks: false, listed });
    expect(listings).toBeLessThan(25);
  });

  test("to a directory that only looks like one above are followed all the same", async () => {
    const tree = directory({
      a: directory({ b: directory({ prev: link("../../z") }) }),
      z: directory({ b: directory({ f: file("f") }) }),
    });
    expect((await followed(tree, { tellsLinks: false })).paths).toEqual(["a/b/prev/b/f", "z/b/f"]);
  });
});

test("a directory that is left alone is not said to be made, and not made", async () => {
  const scene = new MirrorScene(
    directory({ f: file("f"), d: directory({ lock: file(""), g: file("g") }) }),
    EMPTY,
  );
  const { events } = await scene.run({ scan: { leaveIf: ["lock"] } });
  expect(events).not.toContainEqual(expect.objectContaining({ action: "make-directory" }));
  expect(scene.target.tree.snapshot()).toEqual(directory({ f: file("f") }));
});
