import type { ListedTime, ListingEntry } from "../../src/ftp/listing/entry.ts";
import type { FileFacts } from "../../src/transfer/sides/side.ts";
import type { MemoryTree, Node } from "./memory-tree.ts";

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;

/** How a host lists what it has. */
export interface ListingHabits {
  /** How listings tell times; default exactly. */
  readonly listed?: { readonly precision: ListedTime["precision"]; readonly zoneMs: number };
  /** Whether listings tell where links lead; default true. */
  readonly tellsLinks?: boolean;
}

export function octetsAt(tree: MemoryTree, path: string): Buffer {
  const node = tree.find(path, true);
  if (node?.kind !== "file") throw new Error(`${path}: no file`);
  return Buffer.from(node.octets, "latin1");
}

export function factsOf(node: Pick<Node, "kind"> | Node): FileFacts {
  if (!("octets" in node)) return { kind: node.kind };
  const modified = { atMs: node.modifiedMs, precision: "second", zone: "utc" } as const;
  const { length } = node.octets;
  return { kind: "file", sizeBytes: length, modified, permissions: node.permissions ?? 0o644 };
}

export function listed(name: string, node: Pick<Node, "kind"> | Node, options: ListingHabits): ListingEntry {
  const { listed: how, tellsLinks } = options;
  const facts = factsOf(node);
  const { modified } = facts;
  const told =
    how === undefined || modified === undefined
      ? {}
      : {
          modified: {
            atMs: Math.floor((modified.atMs + how.zoneMs) / STEP_MS[how.precision]) * STEP_MS[how.precision],
            precision: how.precision,
            zone: "unknown" as const,
          },
        };
  return {
    name,
    ...facts,
    ...told,
    ...("to" in node && tellsLinks !== false ? { linkTarget: node.to } : {}),
  };
}
