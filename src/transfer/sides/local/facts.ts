import type { EntryKind, ListedTime } from "../../../ftp/listing/entry.ts";
import type { FileFacts } from "../side.ts";

/** What stat(2) says of something. */
interface Stat {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
}

export function factsOfStat(found: Stat): FileFacts & { readonly permissions: number } {
  const modified: ListedTime = { atMs: Math.floor(found.mtimeMs), precision: "second", zone: "utc" };
  const kind = kindOf(found);
  return {
    kind,
    modified,
    permissions: found.mode & 0o7777,
    ...(kind === "file" ? { sizeBytes: found.size } : {}),
  };
}

function kindOf(found: Stat): EntryKind {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "link" : "other";
}

/** Why a name is not given to a file: a device or a pipe has it, directly or by a link. What cannot be told shows later. */
export async function refusalToReplace(
  path: string,
  look: () => Promise<FileFacts | undefined>,
): Promise<string | undefined> {
  const found = await look().catch(() => undefined);
  return found?.kind === "other" ? `${path}: is not a regular file, and is not replaced by one` : undefined;
}
