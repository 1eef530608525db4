import { systemClock } from "../../src/shared/clock.ts";
import { transferFile } from "../../src/transfer/file-transfer.ts";
import { type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import type { TransferContext } from "../../src/transfer/phases.ts";
import { type Fault, MemoryHost, type Operation } from "./memory-side.ts";
import { type DirectoryNode, EMPTY, type MemoryTree } from "./memory-tree.ts";
import { newRoute, POLICY } from "./pair.ts";
import { planBroken } from "./partial.ts";

export const MODIFIED_MS = Date.UTC(2024, 1, 2, 3, 4, 5);
export const OCTETS = "0123456789".repeat(20_000);
export const HAD = 100_000;

export function treeOf(octets: string): DirectoryNode {
  return { kind: "directory", entries: new Map([["a", fileOf(octets)]]) };
}

export function fileOf(octets: string) {
  return { kind: "file", octets, modifiedMs: MODIFIED_MS } as const;
}

export interface Scene {
  readonly octets?: string;
  /** What stands at the target. */
  readonly stands?: string;
  /** What a try before has left of the file, and a record of it. */
  readonly left?: string;
  readonly digests?: boolean;
  readonly fault?: (operation: Operation, world: World) => Fault | undefined | void;
  readonly context?: Partial<TransferContext>;
  readonly ledger?: Ledger;
}

/** What may change while the file is on its way. */
export interface World {
  readonly controller: AbortController;
  readonly source: MemoryTree;
}

/** One file from a host in memory to another, and what was asked of both. */
export async function transferred(scene: Scene) {
  const controller = new AbortController();
  const { octets = OCTETS, stands, left, digests = false, ledger = memoryLedger("t") } = scene;
  const fault = (operation: Operation) =>
    scene.fault?.(operation, { controller, source: source.tree }) ?? undefined;
  let isOver = false;
  const asked: string[] = [];
  const noticed = (host: string) => (operation: Operation) =>
    void (isOver || asked.push(`${host} ${operation.verb} ${operation.path}`));
  const source: MemoryHost = new MemoryHost("source", treeOf(octets), { digests, fault }, noticed("source"));
  const target = new MemoryHost(
    "target",
    stands === undefined ? EMPTY : treeOf(stands),
    { digests, fault },
    noticed("target"),
  );
  const ends = {
    source: { side: source.place.connect(), path: "a" },
    target: { side: target.place.connect(), path: "a" },
  };
  if (left !== undefined) {
    const partial = await planBroken(ledger, ends.source, ends.target);
    target.tree.put(partial, fileOf(left));
    asked.length = 0;
  }
  const progress: number[] = [];
  const context: TransferContext = {
    policy: POLICY,
    route: await newRoute(),
    ledger,
    clock: systemClock,
    progress: (bytes) => progress.push(bytes),
    ...scene.context,
  };
  const moved = await transferFile(ends, context, controller.signal).catch((error: unknown) => error);
  isOver = true;
  const read = (path: string) => {
    const node = target.tree.find(path);
    return node?.kind === "file" ? node.octets : undefined;
  };
  const names = [...target.tree.list("")].map(([name]) => name);
  return {
    moved,
    asked: asked.map((one) => one.replace(/\.fxpd-\w+-t/, "temporary")),
    names,
    read,
    progress,
  };
}
