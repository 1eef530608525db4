import type { MirrorDeps, MirrorRequest } from "../contract.ts";
import { DirectoryIndex } from "./directory-index.ts";

/** The index of a mirror that wants one, and can have it. */
export async function openIndex(
  { index }: MirrorRequest,
  { index: store, listings, emit, clock }: MirrorDeps,
): Promise<DirectoryIndex | undefined> {
  // Of a listing that others have asked for it is not known when that was.
  if (index === undefined || store === undefined || listings !== undefined) return undefined;
  const tell = (because: string) => emit({ event: "note", because, once: true });
  return DirectoryIndex.open(store, index, clock, tell);
}
