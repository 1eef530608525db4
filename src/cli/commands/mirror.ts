import { formatLocation, parseLocation } from "../../config/locations/location.ts";
import { overlapsOf } from "../../config/locations/overlap.ts";
import { gatherRules } from "../../config/load/rules.ts";
import { ConfigError } from "../../shared/errors.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { concluded } from "../output/conclude.ts";
import { type MirrorFlags, requireKept } from "../output/mirror-line.ts";
import { withReport } from "../output/reported.ts";
import { failedListOf, listedNames, requireOneFor } from "../run/listed.ts";
import { mirrorOptionsOf, runMirrors } from "../run/run-mirror.ts";
import { runApply, runPlan } from "../run/run-plan.ts";

/** `fxpd mirror SOURCE TARGET...` */
export async function mirrorCommand(
  source: string,
  targets: readonly string[],
  given: CommonOptions & MirrorFlags,
): Promise<number> {
  const dryRun = given.dryRun === true || given.plan !== undefined;
  const title = ["mirror", source, ...targets].join(" ");
  return concluded(outputOf({ ...given, dryRun }, title), (output, signal) =>
    withReport(given.report, dryRun, output, async (reporter) => {
      requireKept(given);
      const [target = "", ...more] = targets;
      const common = { source, dryRun: given.dryRun === true, directories: directoriesOf(given) };
      if (more.length > 0 && (given.apply ?? given.plan) !== undefined)
        throw new ConfigError(
          "a plan can have only one target",
          given.apply === undefined ? "--plan" : "--apply",
        );
      if (given.apply !== undefined)
        return runApply(given.apply, { ...common, target }, given, reporter, signal);
      const options = { ...mirrorOptionsOf(given), rules: await gatherRules(given) };
      const names = await listedNames(given, [source]);
      const order = { ...common, options, ...(names === undefined ? {} : { names }) };
      if (given.plan !== undefined) return runPlan(given.plan, { ...order, target }, reporter, signal);
      const { spread = false } = given;
      requireTargets(targets, spread);
      requireOneFor(given.failedTo, targets);
      using listed = failedListOf(given, names, source, reporter);
      return await runMirrors({ ...order, targets, spread }, listed.output, signal);
    }),
  );
}

/** @throws ConfigError for targets that lie in each other, or nobody to spread to */
function requireTargets(targets: readonly string[], spread: boolean): void {
  if (spread && targets.length === 1) throw new ConfigError("needs several targets", "--spread");
  const [overlap] = overlapsOf(targets);
  if (overlap === undefined) return;
  const target = formatLocation(parseLocation(targets[overlap.index] ?? ""));
  throw new ConfigError(overlap.message, target);
}
