import type { Directories } from "../config/load.ts";
import type { CopyOptions } from "../config/options.ts";
import { copy } from "../copy/copy.ts";
import type { CopyRequest } from "../copy/request.ts";
import type { SummaryEvent } from "../copy/events.ts";
import { noJournal } from "../copy/journal.ts";
import { wantedBy } from "../copy/rules.ts";
import { systemClock } from "../shared/clock.ts";
import { fileJournal } from "../state/journal.ts";
import { stateDirectory } from "../state/directory.ts";
import { lastingOf } from "./lasting.ts";
import type { Output } from "./output.ts";
import { sourceOf, targetOf } from "./places.ts";

export interface CopyOrder {
  readonly sources: readonly string[];
  readonly target: string;
  readonly options: CopyOptions;
  readonly dryRun: boolean;
  readonly directories: Directories;
  /** Where what outlives the run is kept; default the user's own place. */
  readonly state?: string;
}

/** Carries out a copy as the command line or a job file asks for it. */
export async function runCopy(order: CopyOrder, output: Output, signal: AbortSignal): Promise<SummaryEvent> {
  const { options, directories, dryRun } = order;
  const overrides = { tls: options.tls, timeout: options.timeout };
  const edges = { clock: systemClock, transcript: output.transcript };
  const surroundings = { directories, overrides, edges };
  const target = await targetOf(order.target, surroundings);
  const sources = [];
  for (const source of order.sources) sources.push(await sourceOf(source, surroundings));
  const request: CopyRequest = {
    sources,
    target,
    isWanted: wantedBy(options.rules),
    onExists: options.onExists,
    parallel: options.parallel,
    transfer: {
      fxp: options.fxp,
      verify: options.verify,
      resume: options.resume ? options.resumeCheck : "off",
      preserveTimes: options.preserveTimes,
    },
    retries: options.retries,
    dryRun,
  };
  const state = order.state ?? stateDirectory(process.env);
  const key = keyOf(request);
  const open = () => (options.resume ? fileJournal(state, key) : Promise.resolve(noJournal));
  const { memory, ledger, own: journal } = await lastingOf(state, open, noJournal, output);
  const emit = output.event;
  return copy(request, { clock: systemClock, chance: Math.random, emit, memory, ledger, journal }, signal);
}

/** What a copy is known by between runs. */
function keyOf({ sources, target }: CopyRequest): string {
  const places = [target, ...sources];
  // Paths on this machine may be meant from where we stand.
  const here = places.some(({ place }) => place.key === "local") ? [process.cwd()] : [];
  return [...here, ...places.map(({ shown }) => shown)].join("\n");
}
