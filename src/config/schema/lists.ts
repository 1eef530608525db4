import { z } from "zod";
import { text, yesOrNo } from "./fields.ts";

/** Entries of a list that is in a job. */
const MOST_FILES = 100_000;
const Name = text("a path below the source directory");

/** In a job file: the only files that are wanted of the source directory. */
export const listOptions = {
  files: z
    .array(
      z.union([
        Name,
        z.strictObject({
          from: Name.describe("A path below the source directory"),
          to: Name.describe("The path below the target directory that the file gets"),
        }),
      ]),
    )
    .min(1, "expected at least one")
    .max(MOST_FILES, `expected at most ${MOST_FILES} names`)
    .optional()
    .describe(
      "Only these files below the source directory, nothing else: paths, or {from, to} to store a file under another path (copies only)",
    ),
  filesFrom: text("the name of a file")
    .optional()
    .describe(
      "The same, from a file that is read when a run begins: one path per line, NAME<tab>NAME stores a file under another path (fxpd run only). Relative to this file",
    ),
  from0: yesOrNo()
    .default(false)
    .describe("Whether the names in filesFrom end in NUL, as find -print0 writes them (default: false)"),
} as const;
