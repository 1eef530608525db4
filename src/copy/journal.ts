import type { FileFacts } from "../transfer/side.ts";

/** What tells whether a file is still the same. */
export interface Stamp {
  readonly sizeBytes?: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs?: number;
}

/** A file that a run has copied. */
export interface Finished {
  /** Pathname at the target. */
  readonly target: string;
  readonly source: Stamp;
  readonly stored: Stamp;
}

/**
 * What the runs of one copy have finished since it last came to a good end, so that one that was interrupted
 * goes on where it was.
 */
export interface Journal {
  finished(target: string): Finished | undefined;
  note(finished: Finished): void;
  /** `isDone`: nothing is left to go on with. */
  close(isDone: boolean): Promise<void>;
}

/** A journal that nobody reads again. */
export const noJournal: Journal = { finished: () => undefined, note: () => {}, close: async () => {} };

export function stampOf({ sizeBytes, modified }: FileFacts): Stamp {
  return {
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modified === undefined ? {} : { modifiedMs: modified.atMs }),
  };
}

/** Whether a file is as it was; one without size or time cannot be known again. */
export function isSame(one: Stamp, two: Stamp): boolean {
  return (
    one.sizeBytes !== undefined &&
    one.sizeBytes === two.sizeBytes &&
    one.modifiedMs !== undefined &&
    one.modifiedMs === two.modifiedMs
  );
}
