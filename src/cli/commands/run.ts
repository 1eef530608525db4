import { loadJob } from "../../config/load.ts";
import { gatherRules } from "../../config/rules.ts";
import {
  type CommonOptions,
  copyOptionsOf,
  directoriesOf,
  outputOf,
  type TransferOptions,
} from "../command-line.ts";
import { concluded } from "../conclude.ts";
import { runCopy } from "../run-copy.ts";

/** `fxpd run JOB` */
export async function runCommand(name: string, given: CommonOptions & TransferOptions): Promise<number> {
  return concluded(outputOf(given), async (output, signal) => {
    const directories = directoriesOf(given);
    const { file, job } = await loadJob(name, directories);
    const { copy, rules, exclude, rulesFrom, ...options } = job;
    const all = await gatherRules(given, { file, rules, exclude, rulesFrom });
    const order = {
      sources: copy.from,
      target: copy.to,
      options: { ...copyOptionsOf(given, options), rules: all },
      dryRun: given.dryRun === true,
      directories,
    };
    return runCopy(order, output, signal);
  });
}
