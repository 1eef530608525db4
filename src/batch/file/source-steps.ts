import { BusyError } from "../../transfer/errors.ts";
import type { CopiedStep } from "../../transfer/phases.ts";
import type { Moved } from "../../transfer/policy.ts";
import { transferKey } from "../../transfer/publish/temporary-name.ts";
import type { Retrier } from "../../transfer/retrier.ts";
import type { Lane } from "../../transfer/lane.ts";
import { SourceStep } from "../../transfer/source-after/source-step.ts";
import type { SourceAfterResult } from "../../transfer/source-after/source-after.ts";
import type { BatchDeps, BatchOptions } from "../contract.ts";
import { fileFingerprintOf } from "../journal.ts";
import type { Pair } from "../pool.ts";
import type { FileTask } from "../task.ts";

/** What becomes of the sources of a run, file by file. */
export class SourceSteps {
  readonly #deps: BatchDeps;
  readonly #step: SourceStep | undefined;

  constructor({ sourceAfter }: BatchOptions, deps: BatchDeps, retrier: Retrier) {
    const { clock } = deps;
    this.#deps = deps;
    this.#step = sourceAfter && new SourceStep(sourceAfter, { retrier, clock });
  }

  /** For a file that is copied now. @param path its pathname at the target */
  copied(task: FileTask, path: string): CopiedStep | undefined {
    const step = this.#step;
    if (step === undefined) return undefined;
    let areApart = false;
    return {
      prepare: async (verified, control, signal) => {
        areApart = await step.areApart(verified, control, signal).catch(() => false);
      },
      settle: (verified, moved, control, signal) => {
        const { ends, record, claim } = verified;
        const fault = verified.verified.digestFault;
        if (fault !== undefined)
          return Promise.resolve({ action: step.action, outcome: "left", because: fault });
        const settling = {
          ...{ ends, before: record, areApart },
          requireHeld: () => claim.requireHeld?.(),
          begin: () => this.#note(task, path, moved),
          speak: <T>(act: () => Promise<T>) => control.speak(act),
        };
        return step.settle(settling, signal);
      },
    };
  }

  /**
   * For a file that is left as it is, since one is at the target.
   * @returns undefined where nothing becomes of sources
   */
  async kept(
    task: FileTask,
    action: "keep" | "skip",
    { source, target }: Pair,
    lane: Lane,
    signal: AbortSignal,
  ): Promise<SourceAfterResult | undefined> {
    const step = this.#step;
    if (step === undefined) return undefined;
    const { ledger, journal, beforeLeftSource } = this.#deps;
    const finished = journal.finished(task.target);
    const ends = {
      source: { side: source, path: task.source.path },
      target: { side: target, path: task.target },
    };
    try {
      const located = { source: source.locate(task.source.path) };
      const claim = await ledger.claim(transferKey(target.locate(task.target)), located);
      try {
        const settling = {
          ...{ ends, before: finished?.source, areApart: false },
          requireHeld: () => claim.requireHeld?.(),
          // One that this run has copied is noted as such.
          begin: async () => (finished === undefined ? beforeLeftSource?.(task, action) : undefined),
          speak: <T>(act: () => Promise<T>) => lane.alone(act),
        };
        return await step.settle(settling, signal);
      } finally {
        await claim.release(claim.mayHaveLeft);
      }
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      return { action: step.action, outcome: "left", because: error.message };
    }
  }

  /** Whoever goes on after a crash finds by this that the source is gone because it is at the target. */
  async #note(task: FileTask, target: string, moved: Moved): Promise<void> {
    const { journal, beforeSource } = this.#deps;
    const { sent, stored, bytes, resumedFrom } = moved;
    const sizeBytes = bytes + resumedFrom;
    journal.note({
      target,
      source: fileFingerprintOf(sent ?? { kind: "file" }),
      stored: { sizeBytes, ...(stored && fileFingerprintOf(stored)) },
    });
    await Promise.all([journal.flush?.(), beforeSource?.(task, moved)]);
  }
}
