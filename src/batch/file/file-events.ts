import { messageOf } from "../../shared/errors.ts";
import type { Moved } from "../../transfer/policy.ts";
import type { MoveMethod } from "../../transfer/move/data-path.ts";
import { isServer } from "../../transfer/sides/side.ts";
import type { SourceAfterResult } from "../../transfer/source-after/source-after.ts";
import type { BatchDeps, BatchOptions } from "../contract.ts";
import type { TransferEvent } from "../events.ts";
import type { Pair } from "../pool.ts";
import type { FileTask } from "../task.ts";
import { notesOn } from "./run-notes.ts";
import type { TransferResult } from "./transfer-result.ts";

/** A file as its events name it. */
interface ShownFile {
  readonly task: FileTask;
  /** Its pathname at the target. */
  readonly path: string;
  /** Tries so far, the present one included: 1 … */
  readonly attempts: number;
}

/** What a run's single files give as events. */
export class FileEvents {
  readonly #options: BatchOptions;
  readonly #deps: Pick<BatchDeps, "clock" | "emit" | "followUp">;
  readonly #noted = new Set<string>();

  constructor(options: BatchOptions, deps: Pick<BatchDeps, "clock" | "emit" | "followUp">) {
    this.#options = options;
    this.#deps = deps;
  }

  /** What is worth knowing about all files that go this way: once in a run. */
  notes(moved: Moved, pair: Pair): void {
    for (const because of notesOn(moved, pair, this.#options.transfer.verify)) {
      if (this.#noted.has(because)) continue;
      this.#noted.add(because);
      this.#deps.emit({ event: "note", because, once: true });
    }
  }

  action(
    action: "copy" | "keep" | "skip",
    { task }: ShownFile,
    because: string,
    sourceAfter?: SourceAfterResult,
  ): void {
    const path = task.source.place.at(task.source.path);
    this.#deps.emit({ event: "action", action, path, because, ...(sourceAfter && { sourceAfter }) });
  }

  /** @param file already counted as tried once more */
  retry(file: ShownFile, error: unknown, pauseMs: number): void {
    this.#deps.emit({
      event: "retry",
      ...this.#endsOf(file),
      because: messageOf(error),
      afterSeconds: pauseMs / 1_000,
      attempt: file.attempts,
    });
  }

  /** @param target the file's, as people read it */
  method(target: string, { by, method }: MoveMethod, pair: Pair): void {
    const [source, to] = [!isServer(pair.source), !isServer(pair.target)];
    const local = source && to ? "both" : source ? "source" : to ? "target" : undefined;
    this.#deps.emit({ event: "method", target, by, method, ...(local && { local }) });
  }

  /** @param began milliseconds, by the clock of the run */
  result(file: ShownFile, began: number, result: TransferResult): void {
    const { outcome, by, method, bytes, resumedFrom, digest, inPlace, because } = result;
    const { sourceAfter, limitedBy } = result;
    const event: TransferEvent = {
      event: "transfer",
      ...this.#endsOf(file),
      ...{ outcome, by, method, bytes, resumedFrom, protected: result.protected, digest },
      ...(inPlace && { inPlace }),
      because,
      seconds: (this.#deps.clock.now() - began) / 1000,
      attempts: file.attempts,
      ...(limitedBy && { limitedBy }),
      ...(sourceAfter && { sourceAfter }),
    };
    this.#deps.emit(event);
    // One that was kept, and whose source could not be seen to, was not copied.
    const isCopied = outcome === "succeeded" || (outcome === "partial" && by !== null);
    if (isCopied) this.#deps.followUp?.copied(event);
  }

  /** Both ends as people read them. */
  #endsOf({ task, path }: ShownFile): { readonly source: string; readonly target: string } {
    const { place } = this.#options.target;
    return { source: task.source.place.at(task.source.path), target: place.at(path) };
  }
}
