import fc from "fast-check";
import { expect, test } from "vitest";
import type { IndexStore } from "../../../../src/mirror/index/directory-index.ts";
import type { Clock } from "../../../../src/shared/clock.ts";
import { NOW_MS } from "../../../support/memory-side.ts";
import { type DirectoryNode, type Node, TreeError } from "../../../support/memory-tree.ts";
import { mirrored } from "../../../support/mirror-oracle.ts";
import { MirrorScene, quickClock } from "../../../support/mirror-scene.ts";
import { anyFile, name, source, tree } from "../../../support/mirror-trees.ts";

const HOUR_MS = 3_600_000;
const ORDER = { options: "0".repeat(32), fullCheckMs: 24 * HOUR_MS };
const TERMS = { deletes: true, copiesLinks: true, isLeft: () => false, maxDepth: 20 };

const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const role = fc.constantFrom("source" as const, "target" as const);
const step = fc.oneof(
  fc.record({ do: fc.constant("put" as const), role, path, node: anyFile }),
  fc.record({ do: fc.constant("take" as const), role, path }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20 * HOUR_MS }) }),
  // Cut off after so many operations, if it lasts so long.
  fc.record({ do: fc.constant("run" as const), cutAfter: fc.option(fc.integer({ min: 1, max: 60 })) }),
);

/** Without what was left of a copy that was cut off. */
function withoutPartials({ entries }: DirectoryNode): DirectoryNode {
  const kept = [...entries].filter(([of]) => !of.startsWith(".fxpd-"));
  return {
    kind: "directory",
    entries: new Map(
      kept.map(([of, node]): [string, Node] => [
        of,
        node.kind === "directory" ? withoutPartials(node) : node,
      ]),
    ),
  };
}

class IndexedScene extends MirrorScene {
  nowMs = NOW_MS;
  unchanged = 0;
  #index: Uint8Array | undefined;

  async runWithIndex(cutAfter: number | null) {
    const controller = new AbortController();
    const before = this.source.operations.length + this.target.operations.length;
    const count = () => this.source.operations.length + this.target.operations.length - before;
    const clock: Clock = { ...quickClock, now: () => this.nowMs };
    const index: IndexStore = {
      read: async () => this.#index,
      write: async (bytes) => void (this.#index = bytes),
    };
    const deps = {
      ...{ clock, index },
      emit: () => {
        if (cutAfter !== null && count() >= cutAfter) controller.abort();
      },
    };
    const asked = { index: ORDER, scan: { links: "copy" as const }, signal: controller.signal, deps };
    const { summary } = await this.run(asked);
    const { byListing = 0 } = summary.directories ?? {};
    this.unchanged += byListing;
    return summary;
  }
}

test("with an index, whatever changes, waits and cut-off runs come before it, a run that succeeds makes the target what the source is", async () => {
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(source, tree, fc.array(step, { maxLength: 12 }), async (from, to, steps) => {
      const scene = new IndexedScene(from, to);
      const run = async (cutAfter: number | null) => {
        const there = withoutPartials(scene.target.tree.snapshot());
        const { outcome } = await scene.runWithIndex(cutAfter);
        if (outcome !== "succeeded") return outcome;
        const wanted = mirrored(scene.source.tree.snapshot(), there, TERMS);
        expect(withoutPartials(scene.target.tree.snapshot())).toEqual(wanted);
        return outcome;
      };
      for (const one of steps) {
        if (one.do === "wait") scene.nowMs += one.ms;
        else if (one.do === "run") await run(one.cutAfter);
        else changed(scene, one);
      }
      await run(null);
      scene.nowMs += 61_000;
      // What it has to do by itself it has done.
      expect(await run(null)).toBe("succeeded");
      unchanged += scene.unchanged;
    }),
    { numRuns: 80 },
  );
  expect(unchanged).toBeGreaterThan(40);
});

type Change = { readonly role: "source" | "target"; readonly path: string } & (
  | { readonly do: "put"; readonly node: Node }
  | { readonly do: "take" }
);

/** What the tree does not allow changes nothing. */
function changed(scene: MirrorScene, change: Change): void {
  const { tree: of } = scene[change.role];
  try {
    if (change.do === "take") of.take(change.path);
    else if (change.node.kind === "file") of.put(change.path, change.node);
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
  }
}
