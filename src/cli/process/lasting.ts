import { randomBytes } from "node:crypto";
import { systemClock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import { type FileLedger, fileLedger } from "../../state/ledger.ts";
import { fileMemory } from "../../state/memory.ts";
import { stateErrorOf } from "../../state/state-error.ts";
import { memoryLedger, type SharedLedger } from "../../transfer/ledger.ts";
import { type Memory, shortMemory } from "../../transfer/memory.ts";
import { keepWaysIn } from "../../transfer/sides/kept-ways.ts";
import type { Output } from "../output/output.ts";

/** What outlives a run, whatever it does. */
interface Lasting<T> {
  readonly memory: Memory;
  readonly ledger: SharedLedger;
  readonly own: T;
}

/**
 * What earlier runs have left for this one; without a place to keep it, nothing is known and nothing is kept.
 * @param own what only this kind of run keeps, and what it does without
 */
export async function lastingOf<T>(
  directory: string,
  own: (ledger: FileLedger) => Promise<T>,
  otherwise: T,
  output: Output,
): Promise<Lasting<T>> {
  try {
    const ledger = await fileLedger(directory);
    const memory = fileMemory(directory);
    keepWaysIn(memory, systemClock);
    return { memory, ledger, own: await own(ledger) };
  } catch (error) {
    const because = messageOf(stateErrorOf(directory, error));
    output.fault(
      `${because}. This run continues without it: the next run will not know what it did, and other runs will not know what it writes`,
    );
    const ledger = memoryLedger(randomBytes(4).toString("hex"));
    return { memory: shortMemory(), ledger, own: otherwise };
  }
}
