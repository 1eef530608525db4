import { AppError } from "../../shared/errors.ts";
import { counted } from "../../shared/units.ts";

/** A safeguard forbids what was asked for; a person decides. */
export class SafeguardError extends AppError {
  readonly code = "safeguard";
  readonly retry = "never";
}

/** The greatest number of files that one run may delete, or the greatest share of those at the target, to three digits. */
export type Ceiling = { readonly files: number } | { readonly percent: number };

/** What a run has seen and done when it comes to deleting. */
export interface DeletionCounts {
  /** Files that were found at the source, wanted or not. */
  readonly sourceFiles: number;
  /** Files that were found at the target, without those that are left alone. */
  readonly targetFiles: number;
  readonly deletions: number;
  /** Directories that would be left empty, and deleted too. */
  readonly directories: number;
  /** Whatever went wrong: directories that could not be listed, files that were not copied. */
  readonly faults: number;
}

/** `refused`: a safeguard forbids it; `put-off`: the run was not clean, and its failures count for themselves. */
export type Permission =
  | { readonly kind: "granted" }
  | { readonly kind: "refused" | "put-off"; readonly because: string };

/** Whether a run may delete what the source has no longer. */
export function mayDelete(account: DeletionCounts, ceiling: Ceiling): Permission {
  const { sourceFiles, targetFiles, deletions, directories, faults } = account;
  if (deletions + directories === 0) return { kind: "granted" };
  // What was counted is not all there is.
  if (faults > 0) return { kind: "put-off", because: "nothing was deleted because the run had errors" };
  if (sourceFiles === 0)
    return {
      kind: "refused",
      because: `the source has no files at all, but the target has ${targetFiles}; nothing was deleted. Check the source; to empty the target, use fxpd rm -r`,
    };
  if (isOver(deletions, targetFiles, ceiling)) {
    const limit = "files" in ceiling ? `${ceiling.files}` : `${ceiling.percent} %`;
    const because = `${deletions} of ${counted(targetFiles, "file")} would be deleted, which exceeds the limit of ${limit} (--max-delete); nothing was deleted`;
    return { kind: "refused", because };
  }
  return { kind: "granted" };
}

/** Entries in a directory from which on a missing share is looked into. */
const FEW = 3;
/** A share that is looked into, however much may be deleted. */
const MUCH: Ceiling = { percent: 10 };

/**
 * Whether a directory's listing at the source may have been cut: much of what is at the target is missing, or so
 * much that the ceiling would be passed if all directories were like it. It is listed again before it is believed.
 */
export function looksCut(missing: number, there: number, ceiling: Ceiling): boolean {
  if (missing === 0) return false;
  if (missing === there) return true;
  if (missing < FEW) return false;
  return isOver(missing, there, MUCH) || isOver(missing, there, ceiling);
}

function isOver(count: number, of: number, ceiling: Ceiling): boolean {
  // In whole numbers: 7 % of 100 files are 7, and not 7.000000000000001.
  return "files" in ceiling
    ? count > ceiling.files
    : count * 100_000 > of * Math.round(ceiling.percent * 1_000);
}
