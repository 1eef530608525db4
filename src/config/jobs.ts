import { z } from "zod";
import { copyOptions, excludeOption } from "./options.ts";

/** `jobs/<job>.yaml`: what is to be copied, and how. */
export const JobFile = z.strictObject({
  copy: z
    .strictObject({
      from: z
        .union([z.string(), z.array(z.string()).min(1)])
        .transform((value) => [value].flat())
        .describe("One location or several, with wildcards"),
      to: z.string().describe("The target: a directory, or a file for one source without wildcards"),
    })
    .describe("Files to copy"),
  ...copyOptions,
  exclude: excludeOption,
});
export type JobFile = z.infer<typeof JobFile>;
