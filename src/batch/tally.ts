import type { Clock } from "../shared/clock.ts";
import type { Moved } from "../transfer/policy.ts";
import type { SourceAfterResult } from "../transfer/source-after/source-after.ts";
import type { RunOutcome, SummaryEvent } from "./events.ts";
import { counted } from "../shared/units.ts";

/** Counts a run as it goes on. */
export class Tally {
  readonly #clock: Clock;
  readonly #beganMs: number;
  copied = 0;
  kept = 0;
  deleted = 0;
  skipped = 0;
  failed = 0;
  tried = 0;
  /** Of those that failed: not begun, because the run had reached a limit. */
  left = 0;
  /** Moved back from a trash; undefined where none are to be. */
  restored: number | undefined;
  #sources: Record<SourceAfterResult["outcome"], number> | undefined;
  #thirdParty = 0;
  #relayed = 0;
  #serverSide = 0;
  #resumed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.now();
  }

  /** Bytes that were moved, by whatever way. */
  get movedBytes(): number {
    return this.#thirdParty + this.#relayed + this.#serverSide;
  }

  /** Milliseconds since it began to count. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#beganMs;
  }

  moved({ by, bytes, resumedFrom }: Moved): void {
    this.tried += 1;
    this.copied += 1;
    this.#resumed += resumedFrom;
    if (by === "third-party") this.#thirdParty += bytes;
    if (by === "relay") this.#relayed += bytes;
    if (by === "server-side") this.#serverSide += bytes;
  }

  /** A file that was not copied, by decision; in a dry run also one that would be. */
  leave(action: "copy" | "keep" | "skip"): void {
    this.tried += 1;
    if (action === "keep") this.kept += 1;
    if (action === "skip") this.skipped += 1;
  }

  /** What others have done of this run. */
  add(
    done: Readonly<
      Record<"copied" | "kept" | "skipped" | "failed" | "thirdParty" | "relayed" | "resumed", number>
    > & { readonly serverSide?: number | undefined; readonly left?: number | undefined },
  ): void {
    this.copied += done.copied;
    this.kept += done.kept;
    this.skipped += done.skipped;
    this.failed += done.failed;
    this.left += done.left ?? 0;
    this.tried += done.copied + done.kept + done.skipped + done.failed;
    this.#thirdParty += done.thirdParty;
    this.#relayed += done.relayed;
    this.#serverSide += done.serverSide ?? 0;
    this.#resumed += done.resumed;
  }

  /** What became of the source of a file. */
  source({ outcome }: SourceAfterResult): void {
    this.#sources ??= { done: 0, left: 0, failed: 0 };
    this.#sources[outcome] += 1;
  }

  failedOne(): void {
    this.tried += 1;
    this.failed += 1;
  }

  /**
   * @param untried files that nobody came to; they count as failed
   * @param isSpent whether that is so because the run has reached a limit
   */
  summary(untried: number, isCancelled: boolean, because: string | undefined, isSpent = false): SummaryEvent {
    const failed = this.failed + untried;
    const left = isSpent ? this.left + untried : 0;
    const hasGood =
      (left > 0 && left === failed) || this.copied + this.kept + this.deleted + (this.restored ?? 0) > 0;
    const outcome: RunOutcome = isCancelled
      ? "cancelled"
      : failed === 0
        ? "succeeded"
        : hasGood
          ? "partial"
          : "failed";
    return {
      event: "summary",
      outcome,
      files: {
        ...{ copied: this.copied, kept: this.kept, deleted: this.deleted, skipped: this.skipped, failed },
        ...(this.restored === undefined ? {} : { restored: this.restored }),
      },
      bytes: {
        ...{ thirdParty: this.#thirdParty, relayed: this.#relayed, resumed: this.#resumed },
        ...(this.#serverSide === 0 ? {} : { serverSide: this.#serverSide }),
      },
      seconds: (this.#clock.now() - this.#beganMs) / 1000,
      ...(this.#sources === undefined ? {} : { sourceAfter: { ...this.#sources } }),
      ...(because === undefined ? {} : { because: left === 0 ? because : `${because}; ${filesLeft(left)}` }),
    };
  }
}

function filesLeft(count: number): string {
  return `${counted(count, "file is", "files are")} left`;
}
