import { randomBytes } from "node:crypto";
import { besideFile, definitionName } from "../../../config/load/files.ts";
import { loadJob } from "../../../config/load/load-job.ts";
import { namesOfJob } from "../../../config/load/names.ts";
import { gatherRules } from "../../../config/load/rules.ts";
import type { DiffEvent } from "../../../mirror/decide/difference.ts";
import { ConfigError } from "../../../shared/errors.ts";
import { type CommonOptions, directoriesOf, type TransferOptions } from "../../command-line.ts";
import { outputOf } from "../../output/chosen-output.ts";
import { concluded } from "../../output/conclude.ts";
import { failedListOf, listedNames, requireOneFor } from "../../run/listed.ts";
import { withReport } from "../../output/reported.ts";
import type { RunEvent } from "../../output/lines.ts";
import { hookedRun } from "../../../wiring/hooks/hooked-run.ts";
import { withHooks } from "../../../wiring/hooks/with-hooks.ts";
import { truthful } from "../../process/unexpected.ts";
import { requireKept } from "../../output/mirror-line.ts";
import { copyOptionsOf, runCopy } from "../../run/run-copy.ts";
import { mirrorOptionsOf, runMirrors } from "../../run/run-mirror.ts";

/** `fxpd run JOB` */
export async function runCommand(name: string, given: CommonOptions & TransferOptions): Promise<number> {
  return concluded(outputOf(given, `run ${name}`), async (output, signal) => {
    const directories = directoriesOf(given);
    const { file, job } = await loadJob(name, directories);
    const rules = await gatherRules(given, { file, ...job });
    const report = job.report === undefined ? undefined : besideFile(file, job.report);
    const inJob = await namesOfJob(job, file);
    const [from, to] = "mirror" in job ? [[job.mirror.from], job.mirror.to] : [job.copy.from, [job.copy.to]];
    const names = await listedNames(given, from, inJob);
    requireOneFor(given.failedTo, to);
    const common = { dryRun: given.dryRun === true, directories, ...(names === undefined ? {} : { names }) };
    const run = randomBytes(6).toString("hex");
    const hooked = common.dryRun ? undefined : hookedRun(definitionName(file), file, job, run);
    return withReport(given.report ?? report, common.dryRun, output, (reporting) =>
      withHooks(
        hooked,
        reporting.event,
        signal,
        async (event, followUp) => {
          const shown =
            hooked === undefined
              ? reporting
              : {
                  ...reporting,
                  followUp,
                  event: (one: RunEvent) => (isOfDiff(one) ? reporting.event(one) : event(one)),
                };
          using listed = failedListOf(given, names, from[0] ?? "", shown);
          if ("mirror" in job) {
            requireKept(given);
            if (given.type !== undefined)
              throw new ConfigError("is for copies: a mirror could not compare its trees", "--type");
            const { from: source, to: targets, spread } = job.mirror;
            const options = { ...mirrorOptionsOf(given, job), rules };
            return await runMirrors({ source, targets, spread, options, ...common }, listed.output, signal);
          }
          const { from: sources, to: target } = job.copy;
          const options = { ...copyOptionsOf(given, job), rules };
          return await runCopy({ sources, target, options, ...common }, listed.output, signal);
        },
        { truthful },
      ),
    );
  });
}

function isOfDiff(event: RunEvent): event is DiffEvent {
  return event.event === "difference" || "paths" in event;
}
