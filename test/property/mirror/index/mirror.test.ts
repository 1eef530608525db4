import fc from "fast-check";
import { expect, test } from "vitest";
import type { IndexOrder, IndexStore } from "../../../../src/mirror/index/directory-index.ts";
import type { Clock } from "../../../../src/shared/clock.ts";
import { type MemoryHost, NOW_MS } from "../../../support/memory-side.ts";
import { type DirectoryNode, type Node, TreeError } from "../../../support/memory-tree.ts";
import { mirrored } from "../../../support/mirror-oracle.ts";
import { MirrorScene, quickClock } from "../../../support/mirror-scene.ts";
import { TargetsScene } from "../../../support/targets-scene.ts";
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

  async runWithIndex(cutAfter: number | null, order: IndexOrder = ORDER) {
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
    const asked = { index: order, scan: { links: "copy" as const }, signal: controller.signal, deps };
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

test("a trusted target is looked at again within that time, and within that for full checks: then the trees are equal", async () => {
  let trusted = 0;
  await fc.assert(
    fc.asyncProperty(
      source,
      tree,
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 1, max: 30 }),
      async (from, to, steps, trustedHours) => {
        const scene = new IndexedScene(from, to);
        const trustTargetMs = trustedHours * HOUR_MS;
        for (const one of steps) {
          if (one.do === "wait") scene.nowMs += one.ms;
          else if (one.do === "run") {
            const { directories } = await scene.runWithIndex(one.cutAfter, { ...ORDER, trustTargetMs });
            trusted += directories?.targetTrusted ?? 0;
          } else changed(scene, one);
        }
        scene.nowMs += ORDER.fullCheckMs + 61_000;
        const there = withoutPartials(scene.target.tree.snapshot());
        const { outcome } = await scene.runWithIndex(null, { ...ORDER, trustTargetMs });
        if (outcome !== "succeeded") return;
        const wanted = mirrored(scene.source.tree.snapshot(), there, TERMS);
        expect(withoutPartials(scene.target.tree.snapshot())).toEqual(wanted);
      },
    ),
    { numRuns: 60 },
  );
  expect(trusted).toBeGreaterThan(0);
});

const whichTarget = fc.integer({ min: 0, max: 1 });
const stepOfMany = fc.oneof(
  fc.record({ do: fc.constant("put" as const), at: fc.option(whichTarget), path, node: anyFile }),
  fc.record({ do: fc.constant("take" as const), at: fc.option(whichTarget), path }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20 * HOUR_MS }) }),
  fc.record({ do: fc.constant("run" as const), isCut: fc.boolean() }),
);

test("several targets have an index each: a run that succeeds makes each what the source is, by whoever it was listed", async () => {
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(
      source,
      fc.tuple(tree, tree),
      fc.array(stepOfMany, { maxLength: 10 }),
      fc.boolean(),
      async (from, to, steps, spread) => {
        const scene = new TargetsScene(from, to);
        let nowMs = NOW_MS;
        scene.clock = { ...quickClock, now: () => nowMs };
        const run = async (isCut: boolean) => {
          const there = scene.targets.map((host) => withoutPartials(host.tree.snapshot()));
          const cut = new AbortController();
          const running = scene.run({ index: ORDER, scan: { links: "copy" } }, spread, cut.signal);
          if (isCut) setImmediate(() => cut.abort());
          const { outcome } = await running.catch((error: unknown) => {
            if (!cut.signal.aborted) throw error;
            return { outcome: "cancelled" };
          });
          for (const event of scene.events.splice(0))
            if (event.event === "target") unchanged += event.directories?.byListing ?? 0;
          if (outcome !== "succeeded") return outcome;
          for (const [at, host] of scene.targets.entries()) {
            const wanted = mirrored(scene.source.tree.snapshot(), there[at] ?? from, TERMS);
            expect(withoutPartials(host.tree.snapshot())).toEqual(wanted);
          }
          return outcome;
        };
        for (const one of steps) {
          if (one.do === "wait") nowMs += one.ms;
          else if (one.do === "run") await run(one.isCut);
          else alter((one.at === null ? undefined : scene.targets[one.at]) ?? scene.source, one);
        }
        await run(false);
        nowMs += 61_000;
        expect(await run(false)).toBe("succeeded");
      },
    ),
    { numRuns: 60 },
  );
  expect(unchanged).toBeGreaterThan(0);
});

type Alteration = { readonly path: string } & (
  | { readonly do: "put"; readonly node: Node }
  | { readonly do: "take" }
);

/** What the tree does not allow changes nothing. */
function changed(scene: MirrorScene, change: Alteration & { readonly role: "source" | "target" }): void {
  alter(scene[change.role], change);
}

function alter({ tree: of }: MemoryHost, change: Alteration): void {
  try {
    if (change.do === "take") of.take(change.path);
    else if (change.node.kind === "file") of.put(change.path, change.node);
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
  }
}
