import { z } from "zod";
import { Duration } from "./fields.ts";

const COMMAND = "a list of a program and its arguments, such as [/usr/local/bin/notify, --quiet]";

const Command = z
  .array(z.string({ error: `expected ${COMMAND}` }).regex(/^[^\0]*$/, `expected ${COMMAND}`), {
    error: `expected ${COMMAND}`,
  })
  .refine(([program = ""]) => program !== "", `expected ${COMMAND}`);

/** Programs that a job starts on the machine that has its file. */
export const hooksOption = {
  hooks: z
    .strictObject({
      beforeRun: Command.optional().describe(
        "Program and arguments, started without a shell before anything of a run is done; if it fails, the run is refused and nothing is touched (default: none)",
      ),
      afterRun: Command.optional().describe(
        "Program and arguments, started without a shell when a run has ended, whatever its outcome; if it fails, a run that had succeeded is partial (default: none)",
      ),
      timeout: Duration.default(60_000).describe(
        "How long each of them may take before it is killed with its process group, which counts as a failure: 30s, 5m; at most 1d (default: 1m)",
      ),
    })
    .refine(
      ({ beforeRun, afterRun }) => beforeRun !== undefined || afterRun !== undefined,
      "expected beforeRun, afterRun or both",
    )
    .optional()
    .describe("Programs to start before and after each run, on the machine that has this file"),
} as const;

export type Hooks = NonNullable<z.infer<(typeof hooksOption)["hooks"]>>;
