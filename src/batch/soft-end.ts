import { Condition } from "../shared/waiting/condition.ts";
import { formatBytes, formatDuration } from "../shared/units.ts";

/** After how much a run begins no other file. */
export interface SoftLimits {
  /** Bytes. */
  readonly maxTransfer?: number | undefined;
  /** Milliseconds from the beginning of the run. */
  readonly maxDuration?: number | undefined;
}

/** What a run has used of its limits. */
export interface Used {
  /** Bytes that were moved, and those of the files in flight that count. */
  readonly bytes: number;
  /** Milliseconds since the run began. */
  readonly elapsedMs: number;
}

/**
 * Why a run begins no other file; undefined while it may.
 * @param nextBytes size of the file that would begin; undefined: not known. One that is larger than a whole run may copy
 *   does not count, for it fails by itself
 */
export function softEnd(
  { maxTransfer, maxDuration }: SoftLimits,
  { bytes, elapsedMs }: Used,
  nextBytes: number | undefined,
): string | undefined {
  if (maxTransfer !== undefined) {
    const next = nextBytes ?? 1;
    const limit = `the limit of ${formatBytes(maxTransfer)} (--max-transfer)`;
    if (next <= maxTransfer && bytes + next > maxTransfer)
      return bytes >= maxTransfer || nextBytes === undefined
        ? `${limit} is reached`
        : `${limit} leaves no room for the next file (${formatBytes(nextBytes)})`;
  }
  if (maxDuration !== undefined && elapsedMs >= maxDuration)
    return `the limit of ${formatDuration(maxDuration)} (--max-duration) is reached`;
  return undefined;
}

/** Bytes that a file takes of a limit: what is not known, and what is larger than all of it, takes nothing. */
export function roomFor({ maxTransfer = 0 }: SoftLimits, sizeBytes = 0): number {
  return sizeBytes > maxTransfer ? 0 : sizeBytes;
}

/** Room for the files of one run, which all who copy them share. */
export interface SoftBudget {
  /** Why a file of this size cannot begin even when nothing is in flight; undefined: it may. */
  spent(nextBytes: number | undefined): string | undefined;
  /**
   * Takes room for a file, and waits while files in flight may leave some.
   * @returns why there is none; undefined: it was taken
   * @throws the signal's reason
   */
  take(nextBytes: number | undefined, signal: AbortSignal): Promise<string | undefined>;
  /** A file for which room was taken has ended, and what it has moved is counted. */
  release(nextBytes: number | undefined): void;
}

/** That of runs whose files are all copied by this process. */
export class LocalBudget implements SoftBudget {
  readonly #limits: SoftLimits;
  readonly #used: () => Used;
  #inFlightBytes = 0;
  readonly #released = new Condition();

  /** @param used without files in flight */
  constructor(limits: SoftLimits, used: () => Used) {
    this.#limits = limits;
    this.#used = used;
  }

  spent(nextBytes: number | undefined): string | undefined {
    return softEnd(this.#limits, this.#used(), nextBytes);
  }

  async take(nextBytes: number | undefined, signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      const { bytes, elapsedMs } = this.#used();
      const used = { bytes: bytes + this.#inFlightBytes, elapsedMs };
      if (softEnd(this.#limits, used, nextBytes) === undefined) break;
      const spent = this.spent(nextBytes);
      if (spent !== undefined) return spent;
      await this.#released.changed(signal);
    }
    this.#inFlightBytes += roomFor(this.#limits, nextBytes);
    return undefined;
  }

  release(nextBytes: number | undefined): void {
    this.#inFlightBytes -= roomFor(this.#limits, nextBytes);
    this.#released.notify();
  }
}

/** Whether anything limits a run; nothing limits a dry run. */
export function hasLimits({ maxTransfer, maxDuration, dryRun }: SoftLimits & { readonly dryRun: boolean }) {
  return !dryRun && (maxTransfer !== undefined || maxDuration !== undefined);
}

/** What a run with these limits has to keep to; undefined: nothing. */
export function budgetOf(
  limits: SoftLimits & { readonly dryRun: boolean },
  used: () => Used,
): SoftBudget | undefined {
  return hasLimits(limits) ? new LocalBudget(limits, used) : undefined;
}
