import { gatherRules } from "../../config/load/rules.ts";
import { type CommonOptions, directoriesOf, outputOf, type TransferOptions } from "../command-line.ts";
import { concluded } from "../output/conclude.ts";
import { reported } from "../output/reported.ts";
import { copyOptionsOf, runCopy } from "../run/run-copy.ts";

/** `fxpd copy SOURCE... TARGET` */
export async function copyCommand(
  sources: readonly string[],
  target: string,
  given: CommonOptions & TransferOptions,
): Promise<number> {
  return concluded(outputOf(given), async (output, signal) => {
    const options = { ...copyOptionsOf(given), rules: await gatherRules(given) };
    const directories = directoriesOf(given);
    const order = { sources, target, options, dryRun: given.dryRun === true, directories };
    return reported(options.report, order.dryRun, output, (told) => runCopy(order, told, signal));
  });
}
