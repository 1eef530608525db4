import type { FactsJson } from "./facts-json.ts";

/** One thing that a mirror does, and what it was decided on. Paths are below the roots. */
export type PlannedAction = {
  readonly path: string;
  readonly because: string;
  /** Not before what is in the way has gone. */
  readonly isLate?: true;
} & (
  | { readonly action: "make-directory" }
  | {
      readonly action: "copy";
      readonly source: FactsJson;
      /** What is there; null: nothing. */
      readonly target: FactsJson | null;
      /** When all other files are in place. */
      readonly isIndex?: true;
    }
  | { readonly action: "link"; readonly to: string; readonly target: FactsJson | null }
  | {
      readonly action: "rename";
      readonly from: string;
      readonly source: FactsJson;
      readonly target: FactsJson;
    }
  | { readonly action: "delete" | "trash"; readonly target: FactsJson }
  | { readonly action: "set-permissions"; readonly bits: number; readonly isNew: boolean }
);

export type PlannedOf<A extends PlannedAction["action"]> = Extract<PlannedAction, { readonly action: A }>;
export type PlannedDeletion = PlannedOf<"delete" | "trash">;

/** What a run has seen when all is planned, as the safeguards weigh it. */
export interface PlanCounts {
  readonly sourceFiles: number;
  readonly targetFiles: number;
  /** What could not be looked at, or could not be planned for, before anything would be deleted. */
  readonly faults: number;
  /** The same, of what waits for something that is in its way. */
  readonly lateFaults: number;
}

/** Where a plan is written as it is made. */
export interface PlanSink {
  note(action: PlannedAction): void;
  /** All is planned. */
  end(counts: PlanCounts): void;
}
