import { SelectionError } from "../../batch/errors.ts";
import type { TreeMeter } from "../../copy/limits.ts";
import type { Looking } from "../../copy/select.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, withoutSlash } from "../../ftp/pathname.ts";
import type { LedgerUse, LeftoverClaim } from "../../transfer/ledger.ts";
import { requiredEntry } from "../entry.ts";
import { findLeftovers, type FoundLeftover, LinkCheck } from "./find.ts";
import type { CleanPolicy } from "./judge.ts";
import { about } from "../../shared/printable.ts";

/** What became of something that a transfer has left. */
export type Cleaned =
  | {
      readonly kind: "deleted" | "kept" | "failed";
      readonly path: string;
      readonly entry: ListingEntry;
      readonly because: string;
      readonly error?: unknown;
    }
  | Extract<FoundLeftover, { readonly kind: "fault" }>;

interface CleanOptions {
  readonly policy: Omit<CleanPolicy, "owners">;
  /** Those who may be writing there. */
  readonly users: readonly LedgerUse[];
  readonly isDryRun: boolean;
}

/**
 * Deletes what dead transfers have left below a directory; what may be somebody's is kept, and reported.
 * @throws SelectionError for what is no directory
 */
export async function* clean(
  looking: Looking & { readonly meter: TreeMeter },
  path: string,
  shown: string,
  { policy, users, isDryRun }: CleanOptions,
): AsyncGenerator<Cleaned> {
  const root = withoutSlash(path);
  const { kind } = await requiredEntry(looking, root, shown);
  if (kind === "link")
    throw new SelectionError(about(shown, "is a symbolic link; name the directory that it leads to"));
  if (kind !== "directory") throw new SelectionError(about(shown, "is not a directory"));
  const links = new LinkCheck(looking, root);
  const owners = new Set(users.map(({ owner }) => owner));
  for await (const found of findLeftovers(looking, root, { ...policy, owners })) {
    if (found.kind === "fault") {
      yield found;
      continue;
    }
    const { path: at, entry, verdict } = found;
    if (verdict.action === "keep") {
      yield { kind: "kept", path: at, entry, because: verdict.because };
      continue;
    }
    const of = found.kind === "file" && found.of !== undefined ? ` (of ${found.of})` : "";
    const because = `${verdict.because}${of}`;
    try {
      const refusal = await links.reasonToLeave(found.relative);
      const kept = refusal ?? (await removed(looking, found, users, isDryRun));
      yield { kind: kept === undefined ? "deleted" : "kept", path: at, entry, because: kept ?? because };
    } catch (error) {
      looking.signal.throwIfAborted();
      yield { kind: "failed", path: at, entry, because, error };
    }
  }
}

/** @returns why it is kept; undefined where it is gone */
async function removed(
  looking: Looking,
  found: Exclude<FoundLeftover, { readonly kind: "fault" }>,
  users: readonly LedgerUse[],
  isDryRun: boolean,
): Promise<string | undefined> {
  const { side, retrier, signal } = looking;
  const { path } = found;
  if (found.kind === "directory") {
    // Servers and systems delete empty directories only.
    for (const one of isDryRun ? [] : [joinPath(path, "d"), path])
      await retrier.run(() => side.removeDirectory(one, signal), signal);
    return undefined;
  }
  const claims: LeftoverClaim[] = [];
  let isGone = false;
  try {
    const { leftover } = found;
    const key = "key" in leftover ? leftover.key : undefined;
    for (const user of key === undefined ? [] : users) {
      const claim = await user.claimLeftover(key ?? "", side.locate(path));
      if (typeof claim === "string") return `in use: ${claim}`;
      claims.push(claim);
    }
    const now = await retrier.run(() => side.facts(path, signal), signal);
    if (now === undefined) return "another user or program has deleted it in the meantime";
    if (now.kind === "directory" || isOther(now.sizeBytes, found.entry.sizeBytes))
      return "has changed since its directory was listed: it is probably still being written";
    if (isDryRun) return undefined;
    await retrier.run(() => side.remove(path, signal), signal);
    isGone = true;
    return undefined;
  } finally {
    for (const claim of claims) await claim.release(isGone);
  }
}

function isOther(one: number | undefined, two: number | undefined): boolean {
  return one !== undefined && two !== undefined && one !== two;
}
