import { setFlagsFromString } from "node:v8";
import { gatherRules } from "../../config/rules.ts";
import { type CommonOptions, directoriesOf, outputOf } from "../command-line.ts";
import { concluded } from "../conclude.ts";
import type { MirrorFlags } from "../mirror-line.ts";
import { reported } from "../reported.ts";
import { mirrorOptionsOf, runMirror } from "../run-mirror.ts";
import { runApply, runPlan } from "../run-plan.ts";

// What a large tree leaves behind is collected before it piles up: more work, and a third less memory.
setFlagsFromString("--heap-growing-percent=30");

/** `fxpd mirror SOURCE TARGET` */
export async function mirrorCommand(
  source: string,
  target: string,
  given: CommonOptions & MirrorFlags,
): Promise<number> {
  const dryRun = given.dryRun === true || given.plan !== undefined;
  return concluded(outputOf({ ...given, dryRun }), (output, signal) =>
    reported(given.report, dryRun, output, async (told) => {
      const common = { source, target, dryRun: given.dryRun === true, directories: directoriesOf(given) };
      if (given.apply !== undefined) return runApply(given.apply, common, given, told, signal);
      const options = { ...mirrorOptionsOf(given), rules: await gatherRules(given) };
      if (given.plan !== undefined) return runPlan(given.plan, { ...common, options }, told, signal);
      return runMirror({ ...common, options }, told, signal);
    }),
  );
}
