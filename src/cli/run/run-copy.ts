import { type CopyOrder, copyRequestOf } from "../../wiring/requests.ts";
import { copy } from "../../copy/copy.ts";
import type { CopyRequest } from "../../copy/request.ts";
import type { SummaryEvent } from "../../batch/events.ts";
import { OwnPool } from "../../batch/pool.ts";
import { noJournal } from "../../batch/journal.ts";
import { systemClock } from "../../shared/clock.ts";
import { fileJournal } from "../../state/journal.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import type { FileLedger } from "../../state/ledger.ts";
import { lastingOf } from "../process/lasting.ts";
import { CopyOptions } from "../../config/schema/options.ts";
import { chosen } from "../chosen.ts";
import type { TransferOptions } from "../command-line.ts";
import { RATES } from "./rates.ts";
import type { Output } from "../output/output.ts";

/** Options of the command line, which override those given elsewhere. @throws ConfigError */
export function copyOptionsOf(given: TransferOptions, otherwise: object = {}): CopyOptions {
  return chosen(CopyOptions, given, otherwise);
}

/**
 * Carries out a copy as the command line or a job file asks for it.
 * @param state where what outlives the run is kept
 */
export async function runCopy(
  order: CopyOrder,
  output: Output,
  signal: AbortSignal,
  state: string = ownStateDirectory(process.env),
): Promise<SummaryEvent> {
  const request = await copyRequestOf(order, output);
  const key = keyOf(request);
  const open = ({ journals }: FileLedger) =>
    order.options.resume ? fileJournal(state, key, journals) : Promise.resolve(noJournal);
  const { memory, ledger, own: journal } = await lastingOf(state, open, noJournal, output);
  const { event: emit, followUp } = output;
  const lasting = { memory, ledger, journal, rates: RATES };
  const pool = new OwnPool(true);
  const deps = { clock: systemClock, chance: Math.random, emit, followUp, pool, ...lasting };
  return copy(request, deps, signal);
}

/** What a copy is known by between runs. */
function keyOf({ sources, target }: CopyRequest): string {
  const places = [target, ...sources];
  // Paths on this machine may be relative to the working directory.
  const here = places.some(({ place }) => place.key === "local") ? [process.cwd()] : [];
  return [...here, ...places.map(({ shown }) => shown)].join("\n");
}
