import type { FileFacts } from "../transfer/sides/side.ts";
import { wholeSecond } from "../shared/units.ts";

/** What tells whether a file is still the same. */
export interface FileFingerprint {
  readonly sizeBytes?: number | undefined;
  /** Milliseconds since 1970. */
  readonly modifiedMs?: number | undefined;
}

/** A file that a run has copied. */
export interface Finished {
  /** Pathname at the target. */
  readonly target: string;
  readonly source: FileFingerprint;
  readonly stored: FileFingerprint;
}

/**
 * What the runs of one copy have finished since it last came to a good end, so that one that was interrupted
 * goes on where it was.
 */
export interface Journal {
  /** Why something could not be written down, or deleted; it costs a later run time, and this one nothing. */
  readonly fault: string | undefined;
  finished(target: string): Finished | undefined;
  /** Never throws: the file is in its place, whether that can be noted or not. */
  note(finished: Finished): void;
  /** Until what was noted outlives this process, where it does not at once; absent: it does. */
  flush?(): Promise<void>;
  /** `isDone`: nothing is left to go on with. Never throws. */
  close(isDone: boolean): Promise<void>;
}

/** A journal that nobody reads again. */
export const noJournal: Journal = {
  fault: undefined,
  finished: () => undefined,
  note: () => {},
  close: async () => {},
};

/** One journal, and another that gets the same. */
export function alsoTelling(journal: Journal, other: Journal): Journal {
  return {
    get fault() {
      return journal.fault;
    },
    finished: (target) => journal.finished(target),
    note(finished) {
      journal.note(finished);
      other.note(finished);
    },
    async flush() {
      await Promise.all([journal.flush?.(), other.flush?.()]);
    },
    async close(isDone) {
      await Promise.all([journal.close(isDone), other.close(isDone)]);
    },
  };
}

/** A time counts only when it is exact: within a listing's minute or day, or in an unknown zone, much can change. */
export function fileFingerprintOf({ sizeBytes, modified }: FileFacts): FileFingerprint {
  const isExact = modified?.precision === "second" && modified.zone === "utc";
  return { sizeBytes, modifiedMs: isExact ? modified.atMs : undefined };
}

/** Whether a file is as it was; one without size or exact time cannot be known again. */
export function isSame(one: FileFingerprint, two: FileFingerprint): boolean {
  if (one.sizeBytes === undefined || one.modifiedMs === undefined || two.modifiedMs === undefined)
    return false;
  return one.sizeBytes === two.sizeBytes && wholeSecond(one.modifiedMs) === wholeSecond(two.modifiedMs);
}
