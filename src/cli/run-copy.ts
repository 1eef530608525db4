import { randomBytes } from "node:crypto";
import type { Directories } from "../config/load.ts";
import type { CopyOptions } from "../config/options.ts";
import { copy } from "../copy/copy.ts";
import type { CopyRequest } from "../copy/request.ts";
import type { SummaryEvent } from "../copy/events.ts";
import { noJournal } from "../copy/journal.ts";
import { wantedBy } from "../copy/rules.ts";
import { systemClock } from "../shared/clock.ts";
import { messageOf } from "../shared/errors.ts";
import { fileJournal } from "../state/journal.ts";
import { fileLedger } from "../state/ledger.ts";
import { fileMemory } from "../state/memory.ts";
import { stateDirectory } from "../state/directory.ts";
import { memoryLedger } from "../transfer/ledger.ts";
import { shortMemory } from "../transfer/memory.ts";
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
  const remembered = await rememberedOf(request, state, options.resume, output);
  const emit = output.event;
  return copy(request, { clock: systemClock, chance: Math.random, emit, ...remembered }, signal);
}

/** What earlier runs have left for this one; without a place to keep it, nothing is known and nothing is kept. */
async function rememberedOf(
  { sources, target }: CopyRequest,
  directory: string,
  resumes: boolean,
  output: Output,
) {
  const places = [target, ...sources];
  // Paths on this machine may be meant from where we stand.
  const here = places.some(({ place }) => place.key === "local") ? [process.cwd()] : [];
  const key = [...here, ...places.map(({ shown }) => shown)].join("\n");
  try {
    return {
      memory: fileMemory(directory),
      ledger: await fileLedger(directory),
      journal: resumes ? await fileJournal(directory, key) : noJournal,
    };
  } catch (error) {
    output.fault(
      `${messageOf(error)}: nothing is remembered for the next run; $FXPD_STATE can name another place`,
    );
    return {
      memory: shortMemory(),
      ledger: memoryLedger(randomBytes(4).toString("hex")),
      journal: noJournal,
    };
  }
}
