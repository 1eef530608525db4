import type { EntryKind } from "../../ftp/listing/entry.ts";
import { nameOf, parentOf } from "../../ftp/pathname.ts";
import type { FileFacts, Side } from "../../transfer/sides/side.ts";
import { listWhole } from "../scan/listings/look.ts";
import { nounOf } from "./plan.ts";
import { isSameTime, mayBeZone } from "./times.ts";
import type { LinkedFacts } from "./facts-json.ts";

/**
 * In what something is not as it was, as the end of a sentence; undefined where it is. Times are compared as exactly
 * as they were listed; what tells neither size nor time cannot be known again.
 */
export function changeSince(then: LinkedFacts | undefined, now: LinkedFacts | undefined): string | undefined {
  if (then === undefined) return now && `${nounOf(now.kind)} exists there now`;
  if (now === undefined) return "it no longer exists";
  if (then.kind !== now.kind) return `it was ${nounOf(then.kind)} and is now ${nounOf(now.kind)}`;
  if (then.kind === "link" && then.linkTarget !== now.linkTarget) return "it now points elsewhere";
  return then.kind === "file" ? changeOfFile(then, now) : undefined;
}

function changeOfFile(then: FileFacts, now: FileFacts): string | undefined {
  const [was, is] = [then.sizeBytes, now.sizeBytes];
  const isMeasured = was !== undefined && is !== undefined;
  if (isMeasured && was !== is) return `it had ${was} bytes and now has ${is}`;
  const [before, after] = [then.modified, now.modified];
  if (before !== undefined && after !== undefined) {
    const isSame = isSameTime(before, after, 0, 0) || mayBeZone(before, after);
    return isSame ? undefined : "it was modified";
  }
  return isMeasured
    ? undefined
    : "neither its size nor its time is known, so it cannot be recognized as the same file";
}

/**
 * What is somewhere. Only where a link is meant, it is the link itself; else a link passes for what it leads to, and
 * for nothing where it leads nowhere.
 */
export async function standing(
  side: Side,
  path: string,
  meant: EntryKind | undefined,
  signal: AbortSignal,
): Promise<LinkedFacts | undefined> {
  if (meant !== "link") return side.facts(path, signal);
  const directory = parentOf(path);
  try {
    const { entries } = await listWhole(side, directory, signal);
    return entries.find(({ name }) => name === nameOf(path));
  } catch (error) {
    // Below what is no directory there is nothing.
    const above = directory === "" ? DIRECTORY : await side.facts(directory, signal);
    if (above?.kind === "directory") throw error;
    return undefined;
  }
}

const DIRECTORY = { kind: "directory" } as const;
