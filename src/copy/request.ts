import type { BatchOptions } from "../batch/contract.ts";
import type { TreeLimits } from "./limits.ts";
import type { Effort } from "./pattern/effort.ts";
import type { CopySource } from "./plan.ts";

/** What is to be copied, and how. */
export interface CopyRequest extends BatchOptions {
  readonly sources: readonly CopySource[];
  /** How much of the sources is looked at; absent: {@link TREE_LIMITS}. */
  readonly limits?: TreeLimits;
  /** Whether a file or a directory, by its path below the pattern's fixed part, is wanted. */
  readonly isWanted: (relative: string, isDirectory?: boolean) => boolean;
  /** What `isWanted` costs; absent: nothing. */
  readonly effort?: Effort;
}
