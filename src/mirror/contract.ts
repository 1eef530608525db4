import type { PermissionsPolicy } from "./decide/permissions.ts";
import type { OnExists } from "../batch/on-exists.ts";
import type { Ledger } from "../transfer/ledger.ts";
import type { TransferPolicy } from "../transfer/policy.ts";
import type { FileFacts, Side } from "../transfer/sides/side.ts";
import type { Role } from "../transfer/role.ts";
import type { Clock } from "../shared/clock.ts";
import type { ListingEntry } from "../ftp/listing/entry.ts";
import type { Pool } from "../batch/pool.ts";
import type { StatusListings } from "../batch/status-listings.ts";
import type { TreeLimits } from "../copy/limits.ts";
import type { Effort } from "../copy/pattern/effort.ts";
import type { Compare, Written } from "./decide/judge.ts";
import type { LinkPolicy, PlanStep, PlannedCopy } from "./decide/plan.ts";
import type { Looks } from "./decide/tree.ts";
import type { PlanSink } from "./decide/planned.ts";
import type { Ceiling } from "./decide/safeguards.ts";
import type { ListingCache } from "./scan/listings/listing-cache.ts";
import type { Target } from "../batch/task.ts";
import type { SoftLimits } from "../batch/soft-end.ts";
import type { RateTimetable } from "../shared/rate/timetable.ts";
import type { BatchDeps } from "../batch/contract.ts";
import type { DirectoryIndex, IndexOrder, IndexStore } from "./index/directory-index.ts";

/** One tree: a place, and the directory there that is its root. */
export type Root = Target;

/** What is looked at, and when two files are equal. */
export interface ScanPolicy {
  readonly compare: Compare;
  readonly links: LinkPolicy;
  /** What `leaves` costs; absent: nothing. */
  readonly effort?: Effort;
  /**
   * Why a path below the roots is left alone; undefined where it is not.
   * @param isInTheWay whether it is at the target, where the source has something of another kind
   * @throws EffortError
   */
  readonly leaves: (path: string, isDirectory: boolean, isInTheWay?: boolean) => string | undefined;
  /** Whether a list of files has a path below the roots; absent: there is no list. */
  readonly isListed?: ((path: string) => boolean) | undefined;
  /** Why a file is left alone for its size or time; undefined where it is not. */
  readonly leavesFile: (facts: FileFacts) => string | undefined;
  /** Names of files at the source for which their directory is left alone: a marker, a lock. */
  readonly leaveIf: readonly string[];
  /** The name of a file without which a directory that holds files is left alone: not all has come yet. */
  readonly leaveUnless: string | undefined;
  /**
   * Directories below each other, 0 …; deeper ones are left alone. Undefined: all, and one that is deeper than any
   * should be is a fault.
   */
  readonly maxDepth: number | undefined;
  /** How much is looked at of both trees; absent: as {@link TREE_LIMITS}. */
  readonly limits?: TreeLimits;
  /** Whether what the target has alone is looked at. */
  readonly looksAtExtras: boolean;
  readonly ceiling: Ceiling;
}

export interface MirrorRequest extends SoftLimits {
  readonly source: Root;
  readonly target: Root;
  readonly scan: ScanPolicy;
  /** The only files that are looked at, by paths below the roots; absent: all. */
  readonly names?: ReadonlySet<string>;
  /** What becomes of a file that is at the target and differs. */
  readonly onExists: Exclude<OnExists, "unique">;
  /** Whether what the source has no longer is deleted. */
  readonly deletes: boolean;
  /** Where at the target goes what would be deleted or overwritten, as a pathname; absent: nowhere. */
  readonly trash?: string;
  /** A file that must be at the source, below its root, before anything is done. */
  readonly canary?: string;
  /** Files that are copied when all others are in place: indexes that speak of them. */
  readonly isIndex: (path: string) => boolean;
  /** Written below the target's root after a run in which all went well. */
  readonly stamp?: string;
  /** What this run is called. */
  readonly run: string;
  readonly renames: boolean;
  readonly permissions: boolean;
  /** Permission bits that are not copied, as umask(2) has them; absent: 0. */
  readonly permissionsMask?: number;
  /** Files in flight and directories being listed, 1 …. */
  readonly parallel: number;
  readonly retries: number;
  readonly transfer: TransferPolicy;
  /** How fast the bytes of all files together may move; absent: no limit. */
  readonly bwlimit?: RateTimetable | undefined;
  readonly dryRun: boolean;
  /** How it is used what directories looked like in earlier runs; absent: all are compared. */
  readonly index?: IndexOrder;
}

/** What was written to a target that keeps no times, so that it is known again. */
export interface WrittenMemory {
  /** What is remembered of the files in one directory, by their names. */
  recall(directory: string): Promise<ReadonlyMap<string, Written>>;
  /** Never throws: what is not remembered is compared by size. */
  note(path: string, written: Written): void;
}

export interface MirrorDeps extends Omit<BatchDeps, "journal"> {
  readonly written: WrittenMemory;
  /**
   * Waited for before anything is deleted; absent: nobody else writes to the target.
   * @throws where somebody else may
   */
  readonly confirm?: () => Promise<void>;
  /** Asked once, with all that is to be deleted or moved to the trash, before any of it is; absent: nobody is asked. */
  readonly approve?: (deletions: Deletions, signal: AbortSignal) => Promise<boolean>;
  /** What is planned goes there, in a dry run. */
  readonly plan?: PlanSink;
  /** What is known of the source, where others compare with it, too; absent: the run asks for itself. */
  readonly listings?: ListingCache;
  /** Who has the source's bytes, too; absent: nobody. */
  readonly peers?: Peers;
  /** What this very run has done before it was begun anew; absent: nothing. */
  readonly earlier?: EarlierWork;
  /** Where it is kept what directories looked like, where the request wants that; absent: nowhere. */
  readonly index?: IndexStore;
}

/** What a mirror is about to delete, by paths below the target's root. */
export interface Deletions {
  /** The target, as a location. */
  readonly target: string;
  readonly files: readonly string[];
  readonly directories: readonly string[];
  /** Whether the files go to the trash. */
  readonly isToTrash: boolean;
}

/** A file that a run has stored before it was interrupted counts as copied by it, and not as kept. */
interface EarlierWork {
  /**
   * @param target pathname of a file or link that is as it should be
   * @param sizeBytes of a file, where it is known
   */
  hasStored(target: string, sizeBytes?: number): boolean;
  /** @param target pathname of a link that is going to be made */
  willLink(target: string): void;
}

/** What a scan needs beside the two trees. */
export interface ScanDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly chance: () => number;
  readonly written: WrittenMemory;
  /** Whose partial files are named where nobody goes on with them; absent: nobody's. */
  readonly ledger?: Pick<Ledger, "owner">;
  /** As in the deps of a mirror. */
  readonly listings?: ListingCache;
  readonly peers?: Peers;
  /** How directories are listed by STAT; absent: they are not. */
  readonly status?: StatusListings;
  /** Called for each directory when everything found in it has been reported. */
  readonly listed?: (path: string) => void;
  /** What directories looked like in earlier runs; absent: all are compared. */
  readonly index?: DirectoryIndex;
}

export interface ScanOrder {
  readonly source: Root;
  readonly target: Root;
  readonly policy: ScanPolicy;
  /** Directories that are listed at once, 1 …. */
  readonly parallel: number;
  readonly retries: number;
  /** Whether directories that the target has not are made as they are found. */
  readonly makesDirectories: boolean;
  /** Which permission bits are something to do where they differ; absent: none. */
  readonly copied?: PermissionsPolicy;
  /** Whether these very directories are looked at once more, after all is done, and nothing below them; absent: no. */
  readonly isAfterwards?: boolean;
}

/** The sides that a directory is on, logged in. */
export interface OpenSides {
  readonly source?: Side;
  readonly target?: Side;
}

/** A directory as STAT has listed it. */
export interface StatusListing {
  readonly entries: readonly ListingEntry[];
  /** When it was asked for, in milliseconds since 1970. */
  readonly askedMs: number;
  /** Whether its server has a better listing, so that it shows only whether anything has changed. */
  readonly isScreen: boolean;
}

/** What is known of a directory before it is looked at: what STAT has listed of it on either side. */
export type ListedAhead = Readonly<Partial<Record<Role, StatusListing>>>;

/** A directory that is to be entered. */
export interface Next {
  /** Below the roots; empty: the roots themselves. */
  readonly path: string;
  readonly at: "both" | Role;
  readonly depth: number;
  /** Why it is made, where the target has not got it; default that. */
  readonly because?: string;
  /** What lies above it at the source looks like. */
  readonly above?: Looks | undefined;
  /** Whether a symbolic link at the source leads there. */
  readonly isByLink?: boolean;
}

/** What a scan tells. */
export type ScanResult =
  | Exclude<PlanStep, { readonly step: "compare" | "enter" }>
  | { readonly step: "make-directory"; readonly path: string; readonly because: string }
  | {
      readonly step: "keep";
      readonly file: PlannedCopy;
      readonly because: string;
      readonly target: ListingEntry;
      /** A partial file of it that nobody goes on with, as a pathname at the target. */
      readonly leftover?: string;
    }
  /** A partial file of ours at the target that belongs to nothing at the source; `key`: the first digits of its target's. */
  | { readonly step: "dead-leftover"; readonly path: string; readonly key: string }
  | { readonly step: "enter"; readonly next: Next };

/** How many files a scan has come to. */
export interface ScanCounts {
  readonly source: number;
  /** Without those that are left alone. */
  readonly target: number;
  readonly directories: number;
}

/** Called with what a scan finds, which waits for it. */
export type ScanListener = (found: Exclude<ScanResult, { readonly step: "enter" }>) => Promise<void>;

/** Says of each file of a directory that is to be copied which target has its bytes as well. */
export interface Peers {
  choose(
    directory: string,
    found: readonly ScanResult[],
    signal: AbortSignal,
  ): Promise<readonly ScanResult[]>;
}
