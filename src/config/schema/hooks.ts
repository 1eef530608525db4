import { z } from "zod";
import { Duration } from "./fields.ts";

const COMMAND = "a list of a program and its arguments, such as [/usr/local/bin/notify, --quiet]";

const Command = z
  .array(z.string({ error: `expected ${COMMAND}` }).regex(/^[^\0]*$/, `expected ${COMMAND}`), {
    error: `expected ${COMMAND}`,
  })
  .refine(([program = ""]) => program !== "", `expected ${COMMAND}`);

const NAMES = ["beforeRun", "afterFile", "afterDirectory", "afterRun"] as const;

/** Programs that a job starts on the machine that has its file. */
export const hooksOption = {
  hooks: z
    .strictObject({
      beforeRun: Command.optional().describe(
        "Program and arguments, started without a shell before a run does anything; if it fails, the run is refused and nothing is touched (default: none)",
      ),
      afterFile: Command.optional().describe(
        "Program and arguments, started without a shell after each file that was copied, at most once in a run; if it fails, the run is partial (default: none)",
      ),
      afterDirectory: Command.optional().describe(
        "Program and arguments, started without a shell when the last file of a run in a directory of the target is finished, at most once per directory; if it fails, the run is partial (default: none)",
      ),
      afterRun: Command.optional().describe(
        "Program and arguments, started without a shell when a run has ended, whatever its outcome; if it fails, a run that had succeeded is partial (default: none)",
      ),
      parallel: z
        .int()
        .min(1)
        .max(64)
        .default(4)
        .describe(
          "How many programs of afterFile and afterDirectory run at once in one process, 1 to 64; files wait while they are busy",
        ),
      timeout: Duration.default(60_000).describe(
        "How long each of them may take before it is killed with its process group, which counts as a failure: 30s, 5m; at most 1d (default: 1m)",
      ),
    })
    .refine(
      (hooks) => NAMES.some((name) => hooks[name] !== undefined),
      "expected beforeRun, afterFile, afterDirectory or afterRun",
    )
    .optional()
    .describe(
      "Programs to start before and after each run, each file and each directory, on the machine that has this file",
    ),
} as const;

export type Hooks = NonNullable<z.infer<(typeof hooksOption)["hooks"]>>;
