import { z } from "zod";
import { AppError } from "../shared/errors.ts";
import { parseDuration } from "../shared/units.ts";

/** A duration in a file or on the command line, as milliseconds. */
export const Duration = z.union([z.string(), z.number()]).transform((value, context) => {
  try {
    return parseDuration(String(value));
  } catch (error) {
    context.addIssue({
      code: "custom",
      message: error instanceof AppError ? error.message : "is no duration",
    });
    return z.NEVER;
  }
});

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** What a copy can be told, on the command line (`--on-exists`) and in a job file (`onExists`). */
export const copyOptions = {
  fxp: z
    .enum(["prefer", "only", "never"])
    .default("prefer")
    .describe(
      "prefer: server to server, else through this machine; only: server to server or not at all; never: through this machine",
    ),
  parallel: z.int().min(1).max(64).default(4).describe("Files in flight, 1 to 64"),
  verify: z
    .enum(["size", "off"])
    .default("size")
    .describe(
      "size: equal at both ends, asked after the last octet; off: the servers' final replies are believed",
    ),
  tls: z
    .enum(["required", "prefer", "off"])
    .optional()
    .describe("For both sides, instead of what the host files say; never weaker than a host file demands"),
  onExists: z
    .enum(["overwrite", "skip", "newer", "fail", "unique"])
    .default("overwrite")
    .describe(
      "For a file that stands at the target: overwrite it, skip it, copy only a newer one, fail, or copy to a free name",
    ),
  timeout: Duration.optional().describe("Without a reply or an octet, for both sides: 30s, 5m"),
  rules: z
    .array(z.union([z.strictObject({ include: z.string() }), z.strictObject({ exclude: z.string() })]))
    .default([])
    .describe("In order; the first that matches a file's path decides"),
} as const;

/** In a job file `exclude` alone is short for rules that only exclude. */
export const excludeOption = oneOrMany.default([]).describe("Globs of files to leave out, behind the rules");

export const CopyOptions = z.strictObject(copyOptions);
export type CopyOptions = z.infer<typeof CopyOptions>;
export type Rule = CopyOptions["rules"][number];
