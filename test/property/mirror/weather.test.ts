import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameOf } from "../../../src/ftp/pathname.ts";
import { TEMPORARY_PREFIX } from "../../../src/transfer/publish/temporary-name.ts";
import { faults, GONE, LOST, refused, type Strike } from "../../support/memory-faults.ts";
import type { Fault, Operation, Verb } from "../../support/memory-side.ts";
import type { DirectoryNode } from "../../support/memory-tree.ts";
import { mirrored, pathsOf, type Terms } from "../../support/mirror-oracle.ts";
import { type Happened, MirrorScene } from "../../support/mirror-scene.ts";
import { source, tree } from "../../support/mirror-trees.ts";

const TERMS: Terms = { deletes: true, copiesLinks: false, isLeft: () => false, maxDepth: 20 };

const verb = fc.constantFrom<Verb>(
  ...([
    "ready",
    "facts",
    "list",
    "list",
    "list",
    "makeDirectory",
    "read",
    "write",
    "replace",
    "setModified",
  ] as const),
  ...(["remove", "removeDirectory"] as const),
);
const honest: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(refused(450, "busy"), refused(550, "no"), refused(452, "no room")),
  },
  { weight: 3, arbitrary: fc.constant(LOST) },
  { weight: 1, arbitrary: fc.constant(GONE) },
  { weight: 2, arbitrary: fc.nat({ max: 3 }).map((keep): Fault => ({ kind: "broken", keep })) },
);
const lie: fc.Arbitrary<Fault> = fc.nat({ max: 3 }).map((keep) => ({ kind: "cut", keep }));
const strikes = (verb: fc.Arbitrary<Verb>, fault: fc.Arbitrary<Fault>): fc.Arbitrary<readonly Strike[]> =>
  fc.array(fc.record({ verb, fault, after: fc.nat({ max: 12 }), times: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 3,
  });
const means = fc.record({
  parallel: fc.integer({ min: 1, max: 4 }),
  retries: fc.nat({ max: 2 }),
  renames: fc.boolean(),
});

/** A scene with faults, and how to end them. */
function stormy(from: DirectoryNode, to: DirectoryNode, here: readonly Strike[], there: readonly Strike[]) {
  let isOver = false;
  const until = (strike: (operation: Operation) => Fault | undefined) => (operation: Operation) =>
    isOver ? undefined : strike(operation);
  const options = { source: { fault: until(faults(...here)) }, target: { fault: until(faults(...there)) } };
  const scene = new MirrorScene(from, to, options);
  const clear = () => {
    isOver = true;
    scene.source.comeBack();
    scene.target.comeBack();
  };
  return { scene, clear };
}

/** A run that may also end in an error: then nothing could be done. */
async function weathered(scene: MirrorScene, asked: Parameters<MirrorScene["run"]>[0]) {
  try {
    return await scene.run(asked);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  }
}

const isOurs = (path: string) => nameOf(path).startsWith(TEMPORARY_PREFIX);
const isGoing = ({ verb, path }: Operation) =>
  (verb === "remove" || verb === "removeDirectory" || verb === "move") && !isOurs(path);
/** Before anything is deleted; what fails then is told of the target. */
const hasFailed = (one: Happened) =>
  "told" in one &&
  ((one.told.event === "fault" && one.told.path.startsWith("source:")) ||
    (one.told.event === "transfer" && one.told.outcome === "failed"));

function withoutOurs({ entries }: DirectoryNode): DirectoryNode {
  const rest = [...entries].flatMap(([name, node]) =>
    isOurs(name) ? [] : [[name, node.kind === "directory" ? withoutOurs(node) : node] as const],
  );
  return { kind: "directory", entries: new Map(rest) };
}

/** Under every name stands what stood there, or what the source has: nothing half, and nothing that nobody put there. */
function expectWhole(now: DirectoryNode, ...trees: readonly DirectoryNode[]) {
  const known = trees.map((tree) => pathsOf(tree));
  for (const [path, node] of pathsOf(now)) {
    if (node.kind === "directory" || isOurs(path)) continue;
    expect(known.map((paths) => paths.get(path))).toContainEqual(node);
  }
}

describe("in whatever weather", () => {
  test("no file is half, nothing goes after a failure, and once it is over the next run ends well", async () => {
    await fc.assert(
      fc.asyncProperty(
        source,
        tree,
        strikes(verb, honest),
        strikes(verb, honest),
        means,
        async (from, to, here, there, means) => {
          const { scene, clear } = stormy(from, to, here, there);
          const ran = await weathered(scene, means);
          const now = scene.target.tree.snapshot();
          expectWhole(now, from, to);
          expect(scene.source.tree.snapshot()).toEqual(from);
          expect(ran?.misuses ?? []).toEqual([]);
          if (ran?.summary.outcome === "succeeded") expect(now).toEqual(mirrored(from, to, TERMS));
          const failed = scene.log.findIndex(hasFailed);
          const later = failed === -1 ? [] : scene.log.slice(failed);
          expect(later.flatMap((one) => ("done" in one && isGoing(one.done) ? [one.done.path] : []))).toEqual(
            [],
          );
          clear();
          const next = await scene.run(means);
          expect(next.summary.outcome).toBe("succeeded");
          // Where the target went away, what could not be tidied up then waits for a copy of that same file.
          const rest = withoutOurs(scene.target.tree.snapshot());
          expect(rest).toEqual(mirrored(from, to, TERMS));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("what the source has is taken away from the target by no lie, beyond the ceiling", async () => {
    const listings = fc.constant<Verb>("list");
    const ceiling = fc.nat({ max: 3 });
    await fc.assert(
      fc.asyncProperty(
        source,
        strikes(listings, lie),
        strikes(listings, lie),
        ceiling,
        means,
        async (from, here, there, most, means) => {
          const { scene, clear } = stormy(from, from, here, there);
          const ran = await weathered(scene, { ...means, scan: { links: "copy", ceiling: { files: most } } });
          const now = pathsOf(scene.target.tree.snapshot());
          const lost = [...pathsOf(from)].filter(
            ([path, { kind }]) => kind !== "directory" && !now.has(path),
          );
          expect(lost).toHaveLength(ran?.summary.files.deleted ?? 0);
          expect(lost.length).toBeLessThanOrEqual(most);
          expectWhole(scene.target.tree.snapshot(), from);
          clear();
          await scene.run({ ...means, scan: { links: "copy" } });
          expect(scene.target.tree.snapshot()).toEqual(from);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("cancelled at any point, it leaves no file half, and the next run ends well", async () => {
    await fc.assert(
      fc.asyncProperty(source, tree, fc.nat({ max: 120 }), means, async (from, to, after, means) => {
        const ending = new AbortController();
        let left = after;
        const fault = () => {
          if ((left -= 1) === 0) ending.abort();
          return undefined;
        };
        const scene = new MirrorScene(from, to, { source: { fault }, target: { fault } });
        const ran = await scene.run({ ...means, signal: ending.signal });
        expectWhole(scene.target.tree.snapshot(), from, to);
        if (!ending.signal.aborted) expect(ran.summary.outcome).toBe("succeeded");
        expect(ran.misuses).toEqual([]);
        const next = await scene.run(means);
        expect(next.summary.outcome).toBe("succeeded");
        expect(scene.target.tree.snapshot()).toEqual(mirrored(from, to, TERMS));
      }),
      { numRuns: 100 },
    );
  });
});
