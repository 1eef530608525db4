import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mirrored, pathsOf, type Terms } from "../../support/mirror-oracle.ts";
import type { Asked } from "../../support/mirror-scene.ts";
import { isLeftBy, leftAlone, source, tree } from "../../support/mirror-trees.ts";
import { PlanScene } from "../../support/plan-scene.ts";

const anyTerms = fc
  .record({ deletes: fc.boolean(), copiesLinks: fc.boolean(), left: leftAlone })
  .map((drawn) => ({ ...drawn, maxDepth: 20, isLeft: isLeftBy(drawn.left) }) satisfies Terms);

function askedOf({ deletes, copiesLinks, isLeft }: Terms): Asked {
  const leaves = (path: string, isDirectory: boolean) => (isLeft(path, isDirectory) ? "a rule" : undefined);
  return { deletes, scan: { leaves, links: copiesLinks ? "copy" : "skip" } };
}

describe("for any two trees and any terms, a plan", () => {
  test("that is carried out makes of the target what the mirror would have made", async () => {
    await fc.assert(
      fc.asyncProperty(source, tree, anyTerms, fc.boolean(), async (from, to, terms, renames) => {
        const asked = { ...askedOf(terms), renames };
        const [scene, other] = [new PlanScene(from, to), new PlanScene(from, to)];
        const { summary } = await scene.apply(await scene.plan(asked), asked);
        const mirror = await other.run(asked);
        expect(scene.target.tree.snapshot()).toEqual(mirrored(from, to, terms));
        // What is kept or left is no part of a plan.
        const { copied, deleted, failed } = mirror.summary.files;
        expect(summary.files).toMatchObject({ copied, deleted, failed });
      }),
      { numRuns: 300 },
    );
  });

  test("comes to the same end when it is cut off anywhere and carried out again", async () => {
    const cut = fc.integer({ min: 1, max: 60 });
    await fc.assert(
      fc.asyncProperty(source, tree, anyTerms, cut, async (from, to, terms, after) => {
        const asked = askedOf(terms);
        const controller = new AbortController();
        let operations = 0;
        const fault = () => {
          if ((operations += 1) === after && isApplying) controller.abort();
          return undefined;
        };
        let isApplying = false;
        const scene = new PlanScene(from, to, { target: { fault } });
        const plan = await scene.plan(asked);
        [isApplying, operations] = [true, 0];
        const first = await scene.apply(plan, { ...asked, signal: controller.signal });
        expect(first.summary.outcome).toBe(controller.signal.aborted ? "cancelled" : first.summary.outcome);
        const second = await scene.apply(plan, asked);
        const wanted = mirrored(from, to, terms);
        expect(scene.target.tree.snapshot()).toEqual(wanted);
        expect(second.summary.files.failed).toBe(await failuresOf(from, to, asked));
      }),
      { numRuns: 300 },
    );
  });

  test("leaves as it is whatever has changed at the target since", async () => {
    await fc.assert(
      fc.asyncProperty(source, tree, tree, anyTerms, async (from, to, changed, terms) => {
        const asked = askedOf(terms);
        const plan = await new PlanScene(from, to).plan(asked);
        const scene = new PlanScene(from, changed);
        await scene.apply(plan, asked);
        const [before, now, after] = [to, changed, scene.target.tree.snapshot()].map((one) => pathsOf(one));
        for (const [path, node] of now ?? []) {
          const stood = before?.get(path);
          // A link passes for what it leads to, unless one stood there.
          const isUnseen = node.kind === "directory" || (node.kind === "link" && stood?.kind !== "link");
          if (!isUnseen && !isSame(node, stood)) expect(after?.get(path), path).toEqual(node);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("copies nothing that has changed at the source since", async () => {
    await fc.assert(
      fc.asyncProperty(source, source, tree, anyTerms, async (from, changed, to, terms) => {
        const asked = askedOf(terms);
        const plan = await new PlanScene(from, to).plan(asked);
        const scene = new PlanScene(changed, to);
        await scene.apply(plan, asked);
        const planned = pathsOf(from);
        const stood = pathsOf(to);
        for (const [path, node] of pathsOf(scene.target.tree.snapshot()))
          if (node.kind !== "directory" && !isSame(node, stood.get(path)))
            expect(planned.get(path), path).toEqual(node);
      }),
      { numRuns: 300 },
    );
  });
});

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Files that a mirror would not get across, were it not for the plan. */
async function failuresOf(
  from: Parameters<typeof mirrored>[0],
  to: Parameters<typeof mirrored>[1],
  asked: Asked,
): Promise<number> {
  return (await new PlanScene(from, to).run(asked)).summary.files.failed;
}
