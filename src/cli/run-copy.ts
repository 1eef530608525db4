import { randomBytes } from "node:crypto";
import type { Directories } from "../config/load.ts";
import type { CopyOptions } from "../config/options.ts";
import { copy } from "../copy/copy.ts";
import type { SummaryEvent } from "../copy/events.ts";
import { wantedBy } from "../copy/rules.ts";
import { systemClock } from "../shared/clock.ts";
import type { Output } from "./output.ts";
import { sourceOf, targetOf } from "./places.ts";

export interface CopyOrder {
  readonly sources: readonly string[];
  readonly target: string;
  readonly options: CopyOptions;
  readonly dryRun: boolean;
  readonly directories: Directories;
}

/** Carries out a copy as the command line or a job file asks for it. */
export async function runCopy(order: CopyOrder, output: Output, signal: AbortSignal): Promise<SummaryEvent> {
  const { options, directories } = order;
  const overrides = { tls: options.tls, timeout: options.timeout };
  const edges = { clock: systemClock, transcript: output.transcript };
  const surroundings = { directories, overrides, edges };
  const target = await targetOf(order.target, surroundings);
  const sources = [];
  for (const source of order.sources) sources.push(await sourceOf(source, surroundings));
  const request = {
    sources,
    target,
    isWanted: wantedBy(options.rules),
    onExists: options.onExists,
    parallel: options.parallel,
    transfer: { fxp: options.fxp, verify: options.verify },
    dryRun: order.dryRun,
  };
  const runId = randomBytes(4).toString("hex");
  return copy(request, { clock: systemClock, emit: output.event, runId }, signal);
}
