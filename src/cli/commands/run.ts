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
import { mirrorOptionsOf, runMirror } from "../run-mirror.ts";

/** `fxpd run JOB` */
export async function runCommand(name: string, given: CommonOptions & TransferOptions): Promise<number> {
  return concluded(outputOf(given), async (output, signal) => {
    const directories = directoriesOf(given);
    const { file, job } = await loadJob(name, directories);
    const rules = await gatherRules(given, { file, ...job });
    const common = { dryRun: given.dryRun === true, directories };
    if ("mirror" in job) {
      const options = { ...mirrorOptionsOf(given, job), rules };
      return runMirror(
        { source: job.mirror.from, target: job.mirror.to, options, ...common },
        output,
        signal,
      );
    }
    const options = { ...copyOptionsOf(given, job), rules };
    return runCopy({ sources: job.copy.from, target: job.copy.to, options, ...common }, output, signal);
  });
}
