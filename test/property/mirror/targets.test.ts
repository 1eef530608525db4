import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mirrored, pathsOf, type Terms } from "../../support/mirror-oracle.ts";
import { isLeftBy, source, terms, tree } from "../../support/mirror-trees.ts";
import { TargetsScene } from "../../support/targets-scene.ts";

const means = fc.record({
  parallel: fc.integer({ min: 1, max: 4 }),
  sourceLimit: fc.integer({ min: 1, max: 4 }),
  targetLimit: fc.integer({ min: 1, max: 3 }),
});
const targets = fc.array(tree, { minLength: 2, maxLength: 3 });

describe("for any tree and any others", () => {
  test("each of these is then what a mirror of its own would have made, and the source was listed once", async () => {
    await fc.assert(
      fc.asyncProperty(
        source,
        targets,
        terms,
        means,
        fc.boolean(),
        async (from, to, drawn, limits, spread) => {
          const { left, ...rest } = drawn;
          const asTerms: Terms = { ...rest, isLeft: isLeftBy(left) };
          const scene = new TargetsScene(from, to, {
            source: { limit: limits.sourceLimit },
            targets: to.map(() => ({ limit: limits.targetLimit })),
          });
          const leaves = (path: string, isDirectory: boolean) =>
            asTerms.isLeft(path, isDirectory) ? "a rule" : undefined;
          const links = asTerms.copiesLinks ? "copy" : "skip";
          const asked = {
            deletes: asTerms.deletes,
            scan: { leaves, maxDepth: asTerms.maxDepth, links },
            parallel: limits.parallel,
          } as const;
          await scene.run(asked, spread);
          for (const [index, host] of scene.targets.entries())
            expect(host.tree.snapshot()).toEqual(mirrored(from, to[index] ?? from, asTerms));
          expect(scene.source.tree.snapshot()).toEqual(from);
          // Once more where a listing looks cut, whoever it looks cut to.
          for (const [path, times] of scene.asked("list")) expect([path, times <= 2]).toEqual([path, true]);
          if (!asTerms.deletes)
            for (const [path, times] of scene.asked("list")) expect([path, times]).toEqual([path, 1]);
          expect(scene.pool.misuses).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("with spread, what the first target has in the end is read from the source once", async () => {
    await fc.assert(
      fc.asyncProperty(source, targets, fc.boolean(), means, async (from, to, deletes, limits) => {
        const scene = new TargetsScene(from, to, { source: { limit: limits.sourceLimit } });
        await scene.run({ deletes, parallel: limits.parallel }, true);
        const first = pathsOf(scene.targets[0]?.tree.snapshot() ?? from);
        for (const [path, times] of scene.asked("read"))
          if (first.get(path.slice(1))?.kind === "file") expect([path, times]).toEqual([path, 1]);
      }),
      { numRuns: 100 },
    );
  });
});
