import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameOf, parentOf } from "../../../src/ftp/pathname.ts";
import { TEMPORARY_PREFIX } from "../../../src/transfer/publish/temporary-name.ts";
import type { Operation } from "../../support/memory-side.ts";
import { type Happened, MirrorScene } from "../../support/mirror-scene.ts";
import { pathsOf } from "../../support/mirror-oracle.ts";
import { source, tree } from "../../support/mirror-trees.ts";

const isOurs = (path: string) => nameOf(path).startsWith(TEMPORARY_PREFIX);
const operations = (log: readonly Happened[]) => log.flatMap((one) => ("done" in one ? [one.done] : []));
/** Where something gets its final name. */
const namings = (log: readonly Happened[]) =>
  operations(log).flatMap(({ verb, to }, at) =>
    verb === "replace" && to !== undefined ? [{ path: to, at }] : [],
  );
const deletions = (log: readonly Happened[]) =>
  operations(log).flatMap(({ verb, path }, at) =>
    (verb === "remove" || verb === "removeDirectory") && !isOurs(path) ? [{ path, at }] : [],
  );
const isIndex = (path: string) => nameOf(path) === "c";
const STAMP = "/stamp";

describe("in whatever order files come", () => {
  test("directories come before what is in them, indexes after all other files, deletions after these, the stamp last", async () => {
    const parallel = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(source, tree, parallel, async (from, to, parallel) => {
        const scene = new MirrorScene(from, to);
        // What stands in the way goes first, by its nature.
        const there = pathsOf(to);
        const isClear = [...pathsOf(from)].every(
          ([path, { kind }]) => (there.get(path)?.kind ?? kind) === kind,
        );
        fc.pre(isClear);
        await scene.run({
          isIndex,
          parallel,
          stamp: "stamp",
          scan: { leaves: (path) => (path === "stamp" ? "own" : undefined) },
        });
        const named = namings(scene.log);
        const gone = deletions(scene.log);
        const files = named.filter(({ path }) => !isIndex(path) && path !== STAMP);
        const indexes = named.filter(({ path }) => isIndex(path));
        const last = (all: readonly { readonly at: number }[]) => Math.max(-1, ...all.map(({ at }) => at));
        const first = (all: readonly { readonly at: number }[]) => Math.min(...all.map(({ at }) => at));
        expect(last(files)).toBeLessThan(first(indexes));
        expect(last([...files, ...indexes])).toBeLessThan(first(gone));
        const stamps = named.filter(({ path }) => path === STAMP);
        expect(stamps).toHaveLength(1);
        expect(last(named.concat(gone))).toBe(first(stamps));
      }),
      { numRuns: 80 },
    );
  });

  test("nothing is written into a directory before it was found or made, and none is deleted before what is in it", async () => {
    await fc.assert(
      fc.asyncProperty(source, tree, async (from, to) => {
        const scene = new MirrorScene(from, to);
        await scene.run();
        const stands = new Set([
          "/",
          ...[...pathsOf(to)].flatMap(([path, { kind }]) => (kind === "directory" ? [`/${path}`] : [])),
        ]);
        for (const { verb, path } of operations(scene.log)) {
          if (verb === "makeDirectory") stands.add(path);
          if (verb === "write") expect(stands).toContain(parentOf(path));
          if (verb !== "removeDirectory") continue;
          for (const one of stands) expect(one.startsWith(`${path}/`)).toBe(false);
          stands.delete(path);
        }
      }),
      { numRuns: 80 },
    );
  });
});

test("a file that is deleted was not at the source, and neither was what is moved away", async () => {
  const isSame = (one: Operation["path"], other: string) => one === `/${other}`;
  await fc.assert(
    fc.asyncProperty(source, tree, fc.boolean(), async (from, to, renames) => {
      const scene = new MirrorScene(from, to);
      await scene.run({ renames });
      const here = pathsOf(from);
      const there = pathsOf(to);
      for (const { verb, path } of operations(scene.log)) {
        if (verb !== "remove" && verb !== "move") continue;
        if (isOurs(path)) continue;
        const [name] = [...there.keys()].filter((one) => isSame(path, one));
        const [kind, now] = [there.get(name ?? "")?.kind, here.get(name ?? "")?.kind];
        expect(kind).toBeDefined();
        expect(now === undefined || (now === "directory") !== (kind === "directory")).toBe(true);
      }
    }),
    { numRuns: 80 },
  );
});
