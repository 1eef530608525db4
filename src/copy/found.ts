import type { FileFacts } from "../transfer/sides/side.ts";

/** One thing found under a pattern. */
export type PatternMatch =
  | FoundFile
  | EmptyDirectory
  | { readonly kind: "skipped"; readonly path: string; readonly because: string }
  | {
      readonly kind: "fault";
      readonly path: string;
      readonly because: string;
      /** The path below the target that a list gives to a file that is not there. */
      readonly unseen?: string;
    };

/** A directory in which nothing is, below one that was named as a whole, or that one itself. */
export interface EmptyDirectory {
  readonly kind: "empty-directory";
  readonly path: string;
  readonly relative: string;
  readonly within: NonNullable<FoundFile["within"]>;
}

export interface FoundFile {
  readonly kind: "file";
  readonly path: string;
  /** The path below the pattern's fixed part, or below the directory that was named. */
  readonly relative: string;
  /** The directory that was named as a whole, and the name that it has at the target; empty: none. */
  readonly within?: { readonly directory: string; readonly name: string };
  /** The path below the target where that differs from `relative`. */
  readonly targetName?: string;
  readonly facts: FileFacts;
}
