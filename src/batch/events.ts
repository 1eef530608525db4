import type { Digest } from "../ftp/session/digest.ts";
import type { MoveMethod } from "../transfer/move/data-path.ts";
import type { SourceAfterResult } from "../transfer/source-after/source-after.ts";

/** What happens in a run, as programs read it (`--json`) and as the terminal shows it. */
export type CopyEvent =
  | ScanEvent
  | PlanEvent
  | ActionEvent
  | StartEvent
  | MethodEvent
  | ProgressEvent
  | SentEvent
  | RetryEvent
  | TransferEvent
  | FaultEvent
  | NoteEvent
  | TargetEvent
  | SummaryEvent;

/** Where a mirror has several targets. */
interface OfTarget {
  /** The one that this is about, as a location. */
  readonly to?: string;
}

/** How far two trees have been compared; copying goes on meanwhile. */
export interface ScanEvent extends OfTarget {
  readonly event: "scan";
  readonly directories: number;
  /** Files seen at the source. */
  readonly seen: number;
  /** Files to be copied, as far as that is known, and their bytes. */
  readonly files: number;
  readonly bytes: number;
}

/** What there is to do: before the first file, or when two trees have been compared. */
export interface PlanEvent extends OfTarget {
  readonly event: "plan";
  readonly files: number;
  /** Bytes, as far as the sources tell. */
  readonly bytes: number;
}

/** A decision about one file or directory, and why. */
export interface ActionEvent extends OfTarget {
  readonly event: "action";
  readonly action: ActionName;
  readonly path: string;
  readonly because: string;
  /** What became of the source of a file that was kept; absent: nothing was to. */
  readonly sourceAfter?: SourceAfterResult | undefined;
}

/**
 * `trash`: out of the tree, into the folder for what was deleted; `restore`: back from there; `clean`: what a dead transfer
 * has left is deleted, which counts as nothing.
 */
export type ActionName =
  | "copy"
  | "keep"
  | "skip"
  | "make-directory"
  | "link"
  | "rename"
  | "delete"
  | "trash"
  | "restore"
  | "clean"
  | "set-permissions";

interface StartEvent extends OfTarget {
  readonly event: "start";
  readonly source: string;
  readonly target: string;
  /** Bytes, where the source tells. */
  readonly size: number | null;
}

/** What the bytes of one file are moved by from now on; where that fails, another one follows. */
export interface MethodEvent extends OfTarget, MoveMethod {
  readonly event: "method";
  readonly target: string;
  /** Which side is this machine; absent: none. */
  readonly local?: "source" | "target" | "both";
}

/** Bytes of one file that the target has so far, where that is known. */
interface ProgressEvent extends OfTarget {
  readonly event: "progress";
  readonly target: string;
  readonly bytes: number;
  /** Those of them that an earlier try had left. */
  readonly from: number;
}

/** All bytes of one file have been sent; it is verified and gets its name while the next one moves. */
interface SentEvent extends OfTarget {
  readonly event: "sent";
  readonly target: string;
}

/** A file failed and is tried again. */
export interface RetryEvent extends OfTarget {
  readonly event: "retry";
  readonly source: string;
  readonly target: string;
  /** Why the try before failed. */
  readonly because: string;
  readonly afterSeconds: number;
  /** Which try comes next, 2 …. */
  readonly attempt: number;
}

/** The end of one transfer. */
export interface TransferEvent extends OfTarget {
  readonly event: "transfer";
  readonly source: string;
  readonly target: string;
  /** `partial`: the file is at the target, but what was to become of its source could not be done. */
  readonly outcome: "succeeded" | "partial" | "failed" | "cancelled";
  readonly by: "third-party" | "relay" | "server-side" | null;
  readonly method: string | null;
  /** Bytes that were moved: without those that an earlier try had left. */
  readonly bytes: number;
  /** Bytes that an earlier try had left, and that were not moved again. */
  readonly resumedFrom: number;
  /** Whether all bytes were private; null where that is not known, or where none went over a data connection. */
  readonly protected: boolean | null;
  readonly digest: Digest | null;
  /** Present where the file was written under its final name at once. */
  readonly inPlace?: true;
  /** Why this way, or why it failed. */
  readonly because: string;
  readonly seconds: number;
  readonly attempts: number;
  /** How a limit of the rate was kept; absent: there was none. */
  readonly limitedBy?: "pacing" | "admission" | undefined;
  /** What became of the source; absent: nothing was to. */
  readonly sourceAfter?: SourceAfterResult | undefined;
}

/** Something of the source could not be looked at: what is below it is neither copied nor known. */
export interface FaultEvent extends OfTarget {
  readonly event: "fault";
  readonly path: string;
  readonly because: string;
}

/** Something that is worth knowing of a run as a whole, and no failure. */
export interface NoteEvent extends OfTarget {
  readonly event: "note";
  readonly because: string;
  /** Whether the sentence is about the run, however many files it holds for. */
  readonly once?: true;
}

export type RunOutcome = "succeeded" | "partial" | "failed" | "refused" | "cancelled";

/** The last event of every run. */
export interface SummaryEvent {
  readonly event: "summary";
  readonly outcome: RunOutcome;
  readonly files: Readonly<Record<"copied" | "kept" | "deleted" | "skipped" | "failed", number>> & {
    /** Moved back from a trash; absent where none were to be. */
    readonly restored?: number;
  };
  readonly bytes: Readonly<Record<"thirdParty" | "relayed" | "resumed", number>> & {
    /** Copied by a server itself; absent where none were. */
    readonly serverSide?: number;
  };
  readonly seconds: number;
  /** Source files by what became of them; absent where nothing was to. */
  readonly sourceAfter?: Readonly<Record<"done" | "left" | "failed", number>>;
  /** Why nothing or not all was done, where that is one reason. */
  readonly because?: string;
  /** Directories of a mirror with an index, by how it is known that they are equal; absent: there was none. */
  readonly directories?: IndexedDirectories;
}

/**
 * Directories that were compared, and those that were taken as unchanged since they were: as both sides showed by STAT
 * or by listings, or as the source did and the target was not looked at.
 */
export type IndexedDirectories = Readonly<
  Record<"compared" | "byStatus" | "byListing" | "targetTrusted", number>
>;

/** What became of one of several targets; the summary of all comes last. */
export interface TargetEvent extends Omit<SummaryEvent, "event">, OfTarget {
  readonly event: "target";
}

export type Emit = (event: CopyEvent) => void;
