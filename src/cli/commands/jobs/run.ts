import { besideFile } from "../../../config/load/files.ts";
import { loadJob } from "../../../config/load/load-job.ts";
import { gatherRules } from "../../../config/load/rules.ts";
import { type CommonOptions, directoriesOf, outputOf, type TransferOptions } from "../../command-line.ts";
import { concluded } from "../../output/conclude.ts";
import { reported } from "../../output/reported.ts";
import { copyOptionsOf, runCopy } from "../../run/run-copy.ts";
import { mirrorOptionsOf, runMirrors } from "../../run/run-mirror.ts";

/** `fxpd run JOB` */
export async function runCommand(name: string, given: CommonOptions & TransferOptions): Promise<number> {
  return concluded(outputOf(given, `run ${name}`), async (output, signal) => {
    const directories = directoriesOf(given);
    const { file, job } = await loadJob(name, directories);
    const rules = await gatherRules(given, { file, ...job });
    const common = { dryRun: given.dryRun === true, directories };
    const inJob = job.report === undefined ? undefined : besideFile(file, job.report);
    return reported(given.report ?? inJob, common.dryRun, output, (told) => {
      if ("mirror" in job) {
        const { from: source, to: targets, spread } = job.mirror;
        const options = { ...mirrorOptionsOf(given, job), rules };
        return runMirrors({ source, targets, spread, options, ...common }, told, signal);
      }
      const { from: sources, to: target } = job.copy;
      return runCopy(
        { sources, target, options: { ...copyOptionsOf(given, job), rules }, ...common },
        told,
        signal,
      );
    });
  });
}
