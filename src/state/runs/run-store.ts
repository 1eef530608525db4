import type { Begun, TargetClaim } from "../../transfer/ledger.ts";

/** Another run that shares the state, as far as its log says now. */
export interface OtherRun {
  readonly isAlive: boolean;
  readonly trees: ReadonlySet<string>;
  /** What it has by its log alone. */
  readonly begun: ReadonlyMap<string, Begun>;
  /** Who that is, and what can be done about it, for a person. */
  readonly heldBy: string;
}

/** Where runs see each other. Each call is one step, before and after which others may do something. */
export interface SharedRuns {
  /** Whether others see at once what this one writes, so that a log can be a claim. */
  readonly isCoherent: boolean;
  /** Whether others have believed this process dead, and have taken over what its log says. */
  readonly isLost: boolean;
  /** Begins a log of our own, all of it or nothing. */
  open(text: string): void;
  append(text: string): void;
  /** Raises the generation. */
  announce(): void;
  /** Another number whenever a run has announced itself. */
  generation(): number;
  others(): readonly OtherRun[];
  /** Makes records of what the logs of dead runs say, and deletes those. @returns false while another does that */
  settle(): boolean;
  /** The targets of which something is recorded by itself. */
  recorded(): Set<string>;
  /** Takes a target by a record of its own. @throws BusyError */
  take(key: string, fresh: Begun): TargetClaim;
  /** Records a partial file of ours that is left for later. */
  leave(key: string, begun: Begun, arrivedBy: TargetClaim["arrivedBy"]): void;
}
