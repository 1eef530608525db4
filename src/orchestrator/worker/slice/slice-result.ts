import { z } from "zod";
import { PackedTask } from "./tasks.ts";

const amount = z.number().int().nonnegative();

/** What came of one slice. */
export const SliceResult = z.object({
  copied: amount,
  kept: amount,
  skipped: amount,
  failed: amount,
  thirdParty: amount,
  relayed: amount,
  serverSide: amount.optional(),
  resumed: amount,
  /** Of those that failed: not begun, because the run has reached a limit. */
  left: amount.optional(),
  /** Files that failed, so that they can be tried again in another run. */
  failures: z.array(PackedTask),
  /** Tasks, by their places in the slice, whose files were left as they were. */
  untouched: z.array(amount).optional(),
  /** Why no other file of this run can be tried either. */
  stopped: z.string().optional(),
});
export type SliceResult = z.infer<typeof SliceResult>;
