import { BusyError } from "./errors.ts";
import type { DataPath } from "./move/data-path.ts";
import type { RangeSet } from "./move/segments/ranges.ts";

/** What is recorded of the source when a partial file is begun; what is not known is absent. */
export interface Begun {
  /** Where it is, as {@link Side.locate} says. */
  readonly source: string;
  readonly sizeBytes?: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs?: number;
  /**
   * Present where the bytes go to the final name at once: how long what was there was. What is there now is the
   * beginning of the source only if it is something else.
   */
  readonly over?: number | "nothing" | "unknown";
  /**
   * Present where the partial file is filled in several places: what is proven to be written. Its length proves nothing
   * then, and it has a name of its own; see `segmentedPath`.
   */
  readonly written?: RangeSet;
}

/** The right to write one target. */
export interface TargetClaim {
  /** What an earlier try recorded that did not come to its end; its partial file may still be there. */
  readonly begun: Begun | undefined;
  /** Whether an earlier try may have left a partial file: some record was there, be it one that cannot be read. */
  readonly mayHaveLeft: boolean;
  /** How the bytes of that partial file came there; undefined where nobody has recorded it. */
  readonly arrivedBy: DataPath | undefined;
  /** Records that the partial file is begun anew, of a source like this. */
  begin(begun: Begun): Promise<void>;
  /**
   * Asked right before the file gets its name; absent: the right cannot be lost.
   * @throws BusyError where somebody else may have it by now
   */
  requireHeld?(): void;
  /**
   * Gives the right back, and never throws; `kept`: the partial file is left for a later try, with what was
   * recorded of it, and `arrivedBy` with it.
   */
  release(kept: boolean, arrivedBy?: DataPath): Promise<void>;
}

/** A target that is to be written. */
export interface RequestedTarget {
  /** What it is known by; see `transferKey`. */
  readonly key: string;
  /** What is recorded of its source. */
  readonly fresh: Begun;
}

/** What the run writes that a target belongs to. */
export interface RunScope {
  /** The directory below which all of the run's targets lie, or its only target, as {@link Side.locate} says. */
  readonly tree: string;
  /**
   * The targets that this run surely claims next, in this order, as far as their records are known. A ledger may
   * take them together with the one that is asked for; it walks as far as it likes, or not at all.
   */
  readonly upcoming: () => Iterable<RequestedTarget>;
}

/** The right to delete what a transfer has left: nobody begins it again until it is given back. */
export interface LeftoverClaim {
  /** `isGone`: what was recorded of it is dropped. */
  release(isGone: boolean): Promise<void>;
}

/** What those who share a ledger are writing. */
export interface LedgerUse {
  /** Letters and digits; those who share a ledger share it. */
  readonly owner: string;
  /**
   * The right to delete a partial file whose target is not known.
   * @param key the first digits of its target's key
   * @param located the partial file, as {@link Side.locate} says
   * @returns who is using it, in a sentence, where somebody may be
   */
  claimLeftover(key: string, located: string): Promise<LeftoverClaim | string>;
}

/** Who writes which target, and what was begun: one writer at a time, and nothing forgotten by a crash. */
export interface Ledger {
  /** As of {@link LedgerUse.owner}. */
  readonly owner: string;
  /**
   * Takes the right to write a target. Whether that takes a claim for this target alone, or the run's claim on its
   * tree covers it, is the ledger's to decide.
   * @param fresh recorded at once where no earlier try is known
   * @param scope what the run writes; absent: this target and nothing else
   * @throws BusyError when somebody has it
   */
  claim(key: string, fresh: Begun, scope?: RunScope): Promise<TargetClaim>;
}

/** A ledger that others use as well. */
export type SharedLedger = Ledger & LedgerUse;

/** A ledger that forgets with the process. */
export function memoryLedger(owner: string): SharedLedger {
  const held = new Set<string>();
  const records = new Map<string, Begun>();
  const paths = new Map<string, DataPath>();
  return {
    owner,
    async claim(key, fresh) {
      if (held.has(key))
        throw new BusyError("another transfer is writing this target; wait for it to finish");
      held.add(key);
      const begun = records.get(key);
      if (begun === undefined) records.set(key, fresh);
      const arrivedBy = paths.get(key);
      paths.delete(key);
      return {
        begun,
        mayHaveLeft: begun !== undefined,
        arrivedBy,
        begin: async (now) => void records.set(key, now),
        release: async (kept, path) => {
          held.delete(key);
          if (!kept) records.delete(key);
          else if (path !== undefined) paths.set(key, path);
        },
      };
    },
    async claimLeftover(key) {
      const isOf = (one: string) => one.startsWith(key);
      if ([...held].some(isOf)) return "another transfer is writing this target";
      const release = async (isGone: boolean) => {
        for (const one of records.keys()) if (isGone && isOf(one)) records.delete(one);
      };
      return { release };
    },
  };
}
