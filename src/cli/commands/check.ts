import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isoTime } from "../../shared/iso-time.ts";
import { checkConfiguration } from "../../config/load/check.ts";
import { formatFault } from "../../config/load/document.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { EXIT } from "../process/exit.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { counted } from "../../shared/units.ts";

/** `fxpd check` */
export async function checkCommand(given: CommonOptions): Promise<number> {
  const directories = directoriesOf(given);
  const where = { config: resolve(directories.config), jobs: resolve(directories.jobs) };
  if (given.json !== true && given.quiet !== true)
    process.stdout.write(
      printable(
        `configuration: ${where.config} (${directories.because ?? "as specified"}); jobs: ${where.jobs}`,
      ) + "\n",
    );
  const { hosts, jobs, faults, warnings } = await checkConfiguration(directories);
  const isNothing = hosts + jobs === 0 && faults.length === 0 && !existsSync(where.config);
  const outcome = faults.length === 0 ? "succeeded" : "failed";
  if (given.json === true) {
    const at = isoTime(Date.now());
    for (const fault of warnings) process.stdout.write(`${jsonText({ event: "warning", ...fault, at })}\n`);
    for (const fault of faults) process.stdout.write(`${jsonText({ event: "fault", ...fault, at })}\n`);
    process.stdout.write(
      `${jsonText({ event: "summary", outcome, hosts, jobs, faults: faults.length, directories: where, at })}\n`,
    );
  } else if (isNothing) {
    process.stderr.write(
      `${printable(`no configuration found: there is no ${where.config}, and no job in ${where.jobs}; name one with --config DIR, or set FXPD_CONFIG`)}\n`,
    );
  } else if (faults.length === 0 && given.quiet !== true) {
    process.stdout.write(
      `${counted(hosts, "host")} in ${directories.config}, ${counted(jobs, "job")} in ${directories.jobs}: valid\n`,
    );
  }
  for (const warning of warnings) process.stderr.write(`${printable(`warning: ${formatFault(warning)}`)}\n`);
  for (const fault of faults) process.stderr.write(`${printable(formatFault(fault))}\n`);
  return faults.length === 0 ? EXIT.done : EXIT.wrongInput;
}
