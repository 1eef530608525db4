import { z } from "zod";

/** The size and time by which a file is known again, as they are written down; what is not known is absent. */
export const FingerprintRow = z.object({
  sizeBytes: z.number().optional(),
  modifiedMs: z.number().optional(),
});
