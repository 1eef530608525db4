import type { Clock } from "../shared/clock.ts";
import type { SharedLedger } from "../transfer/ledger.ts";
import type { Memory } from "../transfer/memory.ts";
import type { RateTimetable } from "../shared/rate/timetable.ts";
import type { RateLimits } from "../transfer/rate-limit.ts";
import type { Moved, TransferPolicy } from "../transfer/policy.ts";
import type { SourceOrder } from "../transfer/source-after/source-step.ts";
import type { Emit } from "./events.ts";
import type { FollowUp } from "./follow-up.ts";
import type { Journal } from "./journal.ts";
import type { SoftBudget, SoftLimits } from "./soft-end.ts";
import type { OnExists } from "./on-exists.ts";
import type { Pool } from "./pool.ts";
import type { Tally } from "./tally.ts";
import type { FileTask, Target } from "./task.ts";
import type { TaskQueue } from "./task-queue.ts";

/** How files are to be copied, whichever they are. */
export interface BatchOptions extends SoftLimits {
  readonly target: Target;
  readonly onExists: OnExists;
  /** Files in flight, 1 … */
  readonly parallel: number;
  readonly transfer: TransferPolicy;
  /** Tries after the first, for each file, 0 …. */
  readonly retries: number;
  readonly dryRun: boolean;
  /** How fast the bytes of all files together may move; absent: no limit. */
  readonly bwlimit?: RateTimetable | undefined;
  /** What becomes of a source file when its copy is proven; absent: nothing. */
  readonly sourceAfter?: SourceOrder | undefined;
}

/** What a copy needs of the world. */
export interface BatchDeps {
  readonly clock: Clock;
  readonly emit: Emit;
  /** From 0 to less than 1. */
  readonly chance: () => number;
  readonly memory: Memory;
  readonly ledger: SharedLedger;
  readonly journal: Journal;
  /** Connections that are shared with others; absent: the copy has its own. */
  readonly pool?: Pool;
  /** How fast bytes may move, by run and by host; absent: limits of this copy alone. */
  readonly rates?: RateLimits;
  /** Room that is shared with others who copy files of the same run; absent: this copy's own limits decide. */
  readonly budget?: SoftBudget | undefined;
  /**
   * Those of these pathnames at the target that an interrupted run has stored, where the journal is not known as a whole;
   * absent: it is.
   */
  readonly finishedBefore?: (targets: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Told when a copy is proven, before its source is deleted, renamed or moved: what it notes is found after a crash. */
  readonly beforeSource?: (task: FileTask, moved: Moved) => Promise<void>;
  /** The same of a file that is left as it is, since one is at the target. */
  readonly beforeLeftSource?: (task: FileTask, action: "keep" | "skip") => Promise<void>;
  /** What follows the files that are copied; absent: nothing does. */
  readonly followUp?: FollowUp | undefined;
  /** Who carries the tasks out, where it is not this process alone. */
  readonly runner?: (tally: Tally) => TaskRunner;
}

/** Those who carry tasks out. */
export interface TaskRunner {
  /** Why no other file can be tried, where that is so. */
  readonly stopped: string | undefined;
  /** Whether that is no fault: the run has done what its limits allow; absent: it is one. */
  readonly isSpent?: boolean;
  /**
   * Works until the queue is closed and empty, or nothing goes on.
   * @throws what kept the first connection from being made
   */
  work(queue: TaskQueue, signal: AbortSignal): Promise<void>;
  /** Notes that a directory is at the target, so that nobody looks. */
  directoryExists(directory: string): void;
  /** Until all that was learned on the way is remembered. */
  settled(): Promise<void>;
}
