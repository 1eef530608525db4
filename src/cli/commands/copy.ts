import { gatherRules } from "../../config/load/rules.ts";
import { type CommonOptions, directoriesOf, type TransferOptions } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { concluded } from "../output/conclude.ts";
import { withReport } from "../output/reported.ts";
import { failedListOf, listedNames } from "../run/listed.ts";
import { copyOptionsOf, runCopy } from "../run/run-copy.ts";

/** `fxpd copy SOURCE... TARGET` */
export async function copyCommand(
  sources: readonly string[],
  target: string,
  given: CommonOptions & TransferOptions,
): Promise<number> {
  return concluded(outputOf(given, ["copy", ...sources, target].join(" ")), async (output, signal) => {
    const options = { ...copyOptionsOf(given), rules: await gatherRules(given) };
    const directories = directoriesOf(given);
    const names = await listedNames(given, sources);
    const order = { sources, target, options, dryRun: given.dryRun === true, directories };
    const named = names === undefined ? order : { ...order, names };
    using listed = failedListOf(given, names, sources[0] ?? "", output);
    return await withReport(options.report, order.dryRun, listed.output, (reporter) =>
      runCopy(named, reporter, signal),
    );
  });
}
