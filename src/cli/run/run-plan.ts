import { resolve } from "node:path";
import { type MirrorOptions, mirrorOnly } from "../../config/schema/mirror-options.ts";
import { type MirrorOrder, mirrorRequestOf } from "../../wiring/requests.ts";
import type { SummaryEvent } from "../../batch/events.ts";
import { applyPlan } from "../../mirror/apply.ts";
import { mirror } from "../../mirror/mirror.ts";
import type { Root } from "../../mirror/contract.ts";
import { ConfigError } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { PlanHead } from "../../state/plans/plan-lines.ts";
import { planFile, readPlan } from "../../state/plans/plans.ts";
import type { MirrorFlags } from "../output/mirror-line.ts";
import type { Output } from "../output/output.ts";
import { mirrorDeps, mirrorOptionsOf } from "./run-mirror.ts";

/** Writes into a file what a mirror would do, and does nothing else. */
export async function runPlan(
  file: string,
  order: MirrorOrder,
  output: Output,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const request = await mirrorRequestOf({ ...order, dryRun: true }, output);
  const [source, target] = [rootOf(request.source), rootOf(request.target)];
  const plan = planFile(file, {
    at: isoTime(Date.now()),
    ...{ source, target, options: decidedOf(order.options) },
  });
  try {
    return await mirror(request, { ...(await mirrorDeps(request, output)), plan }, signal);
  } finally {
    plan.close();
  }
}

/** Does what a plan says. @throws ConfigError for a plan that is damaged, or of other trees */
export async function runApply(
  file: string,
  order: Omit<MirrorOrder, "options">,
  given: MirrorFlags,
  output: Output,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  requireUndecided(given);
  const { head, plan } = await readPlan(file);
  const options = mirrorOptionsOf(given, head.options);
  const request = await mirrorRequestOf({ ...order, options }, output);
  for (const role of ["source", "target"] as const) {
    const { shown, identity } = rootOf(request[role]);
    if (identity !== head[role].identity)
      throw new ConfigError(`is a plan for the ${role} ${head[role].shown}, not for ${shown}`, file);
  }
  return applyPlan(plan, request, await mirrorDeps(request, output), signal);
}

/** What a plan has decided is not asked again. */
function requireUndecided(given: MirrorFlags): void {
  const decided = [
    ...Object.keys(mirrorOnly),
    "rules",
    "filterFrom",
    "filesFrom",
    "preserveTimes",
    "onExists",
    "spread",
    "plan",
    "dryRun",
  ];
  const flags = new Map(Object.entries(given));
  const option = decided.find((name) => name !== "maxDelete" && flags.get(name) !== undefined);
  if (option === undefined) return;
  const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const shown = option === "rules" ? "--include or --exclude" : flag;
  throw new ConfigError("cannot be combined with --apply: the plan decides what is done", shown);
}

/** Those options that a plan is carried out by. */
function decidedOf(options: MirrorOptions): PlanHead["options"] {
  const { maxDelete, preserveTimes, permissions, trash, stamp, canary } = options;
  return { delete: options.delete, maxDelete, preserveTimes, permissions, trash, stamp, canary };
}

function rootOf({ place, path, shown }: Root): PlanHead["source"] {
  return { shown, identity: `${place.key} ${place.key === "local" ? resolve(path) : path}` };
}
