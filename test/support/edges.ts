import type { CopyEvent } from "../../src/batch/events.ts";
import { noJournal } from "../../src/batch/journal.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import type { BatchDeps } from "../../src/batch/contract.ts";

/** A copy's world that remembers nothing, and the events that come of it. */
export function copyDeps(more: Partial<BatchDeps> = {}): { deps: BatchDeps; events: CopyEvent[] } {
  const events: CopyEvent[] = [];
  const deps: BatchDeps = {
    clock: systemClock,
    emit: (event) => void events.push(event),
    chance: () => 0,
    memory: shortMemory(),
    ledger: memoryLedger("t"),
    journal: noJournal,
    ...more,
  };
  return { deps, events };
}
