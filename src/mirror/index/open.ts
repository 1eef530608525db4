import type { MirrorDeps, MirrorRequest } from "../contract.ts";
import { DirectoryIndex } from "./directory-index.ts";

/** The index of a mirror that wants one, and can have it. */
export async function openIndex(
  { index }: MirrorRequest,
  { index: store, peers, emit, clock }: MirrorDeps,
): Promise<DirectoryIndex | undefined> {
  // Another target that serves as the source shows the same files in its own way.
  if (index === undefined || store === undefined || peers !== undefined) return undefined;
  const tell = (because: string) => emit({ event: "note", because, once: true });
  return DirectoryIndex.open(store, index, clock, tell);
}
