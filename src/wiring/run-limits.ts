import type { MirrorOptions } from "../config/schema/mirror-options.ts";
import type { CopyOptions } from "../config/schema/options.ts";

/** How fast a run's bytes may move, and after how much it begins no other file. */
export function runLimitsOf({ bwlimit, maxTransfer, maxDuration }: CopyOptions | MirrorOptions) {
  return {
    ...(bwlimit && { bwlimit }),
    ...(maxTransfer !== undefined && { maxTransfer }),
    ...(maxDuration !== undefined && { maxDuration }),
  };
}
