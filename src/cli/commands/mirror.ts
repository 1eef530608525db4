import { setFlagsFromString } from "node:v8";
import { gatherRules } from "../../config/rules.ts";
import { type CommonOptions, directoriesOf, outputOf } from "../command-line.ts";
import { concluded } from "../conclude.ts";
import type { MirrorFlags } from "../mirror-line.ts";
import { mirrorOptionsOf, runMirror } from "../run-mirror.ts";

// What a large tree leaves behind is collected before it piles up: more work, and a third less memory.
setFlagsFromString("--heap-growing-percent=30");

/** `fxpd mirror SOURCE TARGET` */
export async function mirrorCommand(
  source: string,
  target: string,
  given: CommonOptions & MirrorFlags,
): Promise<number> {
  return concluded(outputOf(given), async (output, signal) => {
    const options = { ...mirrorOptionsOf(given), rules: await gatherRules(given) };
    const directories = directoriesOf(given);
    const order = { source, target, options, dryRun: given.dryRun === true, directories };
    return runMirror(order, output, signal);
  });
}
