import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CopyEvent } from "../../../src/batch/events.ts";
import { type DirectoryNode, directory, EMPTY } from "../../support/memory-tree.ts";
import { mirrored, pathsOf, type Terms } from "../../support/mirror-oracle.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import {
  type Asked,
  mirrorRequest,
  MirrorScene,
  quickClock,
  writtenHere,
} from "../../support/mirror-scene.ts";
import { copyDeps } from "../../support/edges.ts";
import { mirror } from "../../../src/mirror/mirror.ts";
import { isLeftBy, source, terms, tree } from "../../support/mirror-trees.ts";

const means = fc.record({
  parallel: fc.integer({ min: 1, max: 4 }),
  sourceLimit: fc.integer({ min: 1, max: 3 }),
  targetLimit: fc.integer({ min: 1, max: 3 }),
});

function termsOf({ left, ...rest }: typeof terms extends fc.Arbitrary<infer T> ? T : never): Terms {
  return { ...rest, isLeft: isLeftBy(left) };
}

function askedOf({ deletes, copiesLinks, isLeft, maxDepth }: Terms): Asked {
  const leaves = (path: string, isDirectory: boolean) => (isLeft(path, isDirectory) ? "a rule" : undefined);
  return { deletes, scan: { leaves, maxDepth, links: copiesLinks ? "copy" : "skip" } };
}

function sceneOf(
  from: DirectoryNode,
  to: DirectoryNode,
  { sourceLimit, targetLimit }: { readonly sourceLimit: number; readonly targetLimit: number },
): MirrorScene {
  return new MirrorScene(from, to, { source: { limit: sourceLimit }, target: { limit: targetLimit } });
}

const CHANGES = ["copy", "link", "rename", "delete", "trash", "make-directory"];
/** What is said to change, and where. */
const changes = (events: readonly CopyEvent[]) =>
  events.flatMap((one) =>
    one.event === "action" && CHANGES.includes(one.action) ? [`${one.action} ${one.path}`] : [],
  );

const anyScene = [source, tree, terms, means] as const;

describe("for any two trees and any terms", () => {
  test("the target is then what the source is under these terms, and a second run has nothing to do", async () => {
    await fc.assert(
      fc.asyncProperty(...anyScene, fc.boolean(), async (from, to, drawn, limits, renames) => {
        const terms = termsOf(drawn);
        const scene = sceneOf(from, to, limits);
        const asked = { ...askedOf(terms), parallel: limits.parallel, renames };
        const first = await scene.run(asked);
        const wanted = mirrored(from, to, terms);
        expect(scene.target.tree.snapshot()).toEqual(wanted);
        expect(scene.source.tree.snapshot()).toEqual(from);
        const second = await scene.run(asked);
        expect(second.summary.files).toMatchObject({ copied: 0, deleted: 0 });
        expect(scene.target.tree.snapshot()).toEqual(wanted);
        expect([...first.misuses, ...second.misuses]).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test("a dry run changes nothing, and says what the run then does", async () => {
    await fc.assert(
      fc.asyncProperty(...anyScene, fc.boolean(), async (from, to, drawn, limits, renames) => {
        const terms = termsOf(drawn);
        const scene = sceneOf(from, to, limits);
        const asked = { ...askedOf(terms), parallel: limits.parallel, renames };
        const dry = await scene.run({ ...asked, dryRun: true });
        expect(scene.target.tree.snapshot()).toEqual(to);
        const verbs = new Set(scene.target.operations.map(({ verb }) => verb));
        expect(["ready", "list", "facts"]).toEqual(expect.arrayContaining([...verbs]));
        const wet = await scene.run(asked);
        expect(changes(dry.events).sort()).toEqual(changes(wet.events).sort());
      }),
      { numRuns: 100 },
    );
  });

  test("a plan of equal trees is empty", async () => {
    await fc.assert(
      fc.asyncProperty(source, terms, means, async (from, drawn, limits) => {
        const scene = sceneOf(from, from, limits);
        const { events } = await scene.run({ ...askedOf(termsOf(drawn)), dryRun: true });
        expect(changes(events)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("within one host, with as few connections as two sides need", async () => {
    const limit = fc.integer({ min: 2, max: 3 });
    await fc.assert(
      fc.asyncProperty(source, tree, limit, fc.boolean(), async (from, to, limit, renames) => {
        const host = new MemoryHost("host", directory({ from, to }), { limit });
        const root = (path: string) => ({ place: host.place, path, shown: `host:${path}` });
        const roots = { source: root("/from"), target: root("/to") };
        const request = mirrorRequest(host.place, host.place, { ...roots, renames, parallel: 4 });
        const { deps } = copyDeps({ clock: quickClock });
        await mirror(request, { ...deps, written: writtenHere() }, new AbortController().signal);
        const terms = { deletes: true, copiesLinks: false, isLeft: () => false, maxDepth: 20 };
        expect(host.tree.snapshot()).toEqual(directory({ from, to: mirrored(from, to, terms) }));
      }),
      { numRuns: 60 },
    );
  });

  test("links that are followed come to an end, and under each name is then what the source has there", async () => {
    await fc.assert(
      fc.asyncProperty(source, fc.boolean(), async (from, tellsLinks) => {
        const scene = new MirrorScene(from, EMPTY, { source: { tellsLinks } });
        const asked = { scan: { links: "follow" } } as const;
        const { summary } = await scene.run(asked);
        expect(summary.outcome).toBe("succeeded");
        const now = pathsOf(scene.target.tree.snapshot());
        for (const [path, node] of now)
          if (node.kind === "file") expect(scene.source.tree.find(path, true)).toEqual(node);
        for (const [path, node] of pathsOf(from))
          if (node.kind === "file") expect(now.get(path)).toEqual(node);
        const again = await scene.run(asked);
        expect(again.summary.files).toMatchObject({ copied: 0, deleted: 0, failed: 0 });
      }),
      { numRuns: 100 },
    );
  });

  test("whatever goes is in the trash, where there is one", async () => {
    await fc.assert(
      fc.asyncProperty(...anyScene, async (from, to, drawn, limits) => {
        const terms = termsOf(drawn);
        const isOwn = (path: string) => path === "trash" || path.startsWith("trash/");
        const isLeft = (path: string, isDirectory: boolean) => isOwn(path) || terms.isLeft(path, isDirectory);
        const scene = sceneOf(from, to, limits);
        const asked = askedOf({ ...terms, isLeft });
        await scene.run({ ...asked, trash: "/trash" });
        const now = pathsOf(scene.target.tree.snapshot());
        for (const [path, node] of pathsOf(to)) {
          if (node.kind === "directory" || isDeepStrictEqual(now.get(path), node)) continue;
          expect(now.get(`trash/2025-06-06T07-08-09/${path}`)).toEqual(node);
        }
      }),
      { numRuns: 60 },
    );
  });
});
