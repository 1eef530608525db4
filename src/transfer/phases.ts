import type { Clock } from "../shared/clock.ts";
import type { Digest } from "../ftp/session/digest.ts";
import type { ControlTurn, DataTurn, Lane } from "./lane.ts";
import type { Begun, TargetClaim, Ledger } from "./ledger.ts";
import type { MoveResult } from "./move/order.ts";
import type { DataPaths } from "./move/data-path.ts";
import type { MoveMethod } from "./move/data-path.ts";
import type { Ends } from "./move/relay.ts";
import type { Route } from "./move/third-party/route.ts";
import type { SizeProbe } from "./move/third-party/watch.ts";
import type { Moved, TransferPolicy } from "./policy.ts";
import type { EarlyFacts } from "./prove/early-facts.ts";
import type { Start } from "./prove/resume.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { FileFacts, Side } from "./sides/side.ts";
import type { SourceAfterResult } from "./source-after/source-after.ts";

/** A file that the same run copies after this one, between the same two sides. */
export interface UpcomingFile {
  /** Pathnames. */
  readonly source: string;
  readonly target: string;
  /** What a listing said of the source. */
  readonly listed: FileFacts;
}

/** The files of a run, as far as one of them is concerned. */
interface RunFiles {
  /** The directory that all of them go to, or the only one's target, as {@link Side.locate} says. */
  readonly tree: string;
  /** Those that will surely be copied next. */
  readonly upcoming: () => Iterable<UpcomingFile>;
}

/** Both sides of a file on connections of their own, for as long as its scope lasts. */
export interface ExtraSides extends AsyncDisposable {
  readonly source: Side;
  readonly target: Side;
}

/** Why a file passes us, where its servers were asked for another way before. */
interface Relayed {
  readonly because: string;
  /** Called with whether its bytes have moved then. */
  readonly settle: (isMoved: boolean) => void;
}

/** A file that several connections write, each in its own place. */
export interface Segmented {
  readonly connections: number | "auto";
  /** Whether its bytes go from server to server, range by range. */
  readonly isDirect?: boolean;
  /** What one connection was seen to move; absent: none was observed. */
  readonly bytesPerSecond?: number;
}

/** What moving one file needs beside its two ends. */
export interface TransferContext {
  readonly policy: TransferPolicy;
  readonly route: Route;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** What a listing said of the source. */
  readonly listed?: FileFacts | undefined;
  /** How many bytes the target has so far; `from`: those of them that an earlier try had left. */
  readonly progress?: (bytes: number, from: number) => void;
  /** Told what its bytes are moved by, before the first of them, and again where something else is tried. */
  readonly onMethod?: (method: MoveMethod) => void;
  /** How the size of a growing target is looked up; absent: it is not. */
  readonly look?: SizeProbe;
  /** Where a file goes that is at the target; absent: it is overwritten. */
  readonly aside?: string | undefined;
  /** The lane that these sides carry other files on as well. */
  readonly lane?: Lane;
  /** Why bytes go to the final name at once; absent: as the policy and what is known of the server say. */
  readonly inPlace?: string;
  /** One more connection to each server, logged in, where one is free; absent: there are none. */
  readonly extra?: (signal: AbortSignal) => Promise<ExtraSides | undefined>;
  /** Why one connection writes the file, where several were asked for; absent: as the policy says. */
  readonly oneConnection?: string | undefined;
  /** Absent: the first way that the sides can go together is to be found. */
  readonly relayed?: Relayed;
  /** Where one connection began that was stopped so that others may be added, and what it moved; absent: none was. */
  readonly observed?: { readonly from: number; readonly bytesPerSecond: number };
  /** Whether another file follows on that lane. */
  readonly hasNext?: () => boolean;
  /** What the run writes; absent: this file and nothing else. */
  readonly run?: RunFiles;
  /** The {@link lingering} signal that all files of a run share; absent: one is made for this file. */
  readonly almostDone?: AbortSignal;
  /** Called when all bytes have moved, and the lane is free for the next file. */
  readonly onLaneFree?: () => void;
  /** How fast bytes may move; absent: no limit. */
  readonly rate?: RateLimit | undefined;
  /** What becomes of the source when its copy is proven; absent: nothing. */
  readonly sourceStep?: CopiedStep | undefined;
}

/** What is done to the source of one file. */
export interface CopiedStep {
  /** Before the file gets its name. Throws nothing. */
  prepare(verified: Verified, controlTurn: ControlTurn, signal: AbortSignal): Promise<void>;
  /** When it has its name, and nobody else may write it. Throws nothing. */
  settle(
    verified: Verified,
    moved: Moved,
    controlTurn: ControlTurn,
    signal: AbortSignal,
  ): Promise<SourceAfterResult>;
}

/** A file whose turn it is on its lane. */
export interface Requested extends TransferContext {
  readonly ends: Ends;
  readonly lane: Lane;
  readonly turn: DataTurn;
}

/** A file that nobody else writes. */
export interface Claimed extends Requested {
  readonly claim: TargetClaim;
  /** What is known of the source, as it is recorded. */
  readonly record: Begun;
  /** The source, and what its bytes go to: the temporary file, or in place the target itself. */
  readonly partial: Ends;
  /** The temporary file's pathname, wherever the bytes go. */
  readonly temporary: string;
  /** How its bytes come there. */
  readonly paths: DataPaths;
  /** Absent: one connection writes it, from its beginning on. */
  readonly segments?: Segmented;
  /** Whether several connections write it if it has to pass us, which is not known yet. */
  readonly mayRelayInSegments: boolean;
  /** Whether it goes from server to server on one connection until others are seen to be worth a try. */
  readonly isObserved: boolean;
  /** The temporary file of an earlier try, where that has another name. */
  readonly leftBefore?: string;
  readonly early: EarlyFacts;
}

/** A file of which it is known how much of it is at the target already. */
export interface Started extends Claimed {
  readonly start: Start;
}

/** A file whose bytes have all been sent. */
export interface Sent extends Started {
  readonly sent: MoveResult;
}

/** A file that is at the target under its temporary name, as complete as was to be proven. */
export interface Verified extends Sent {
  readonly verified: Verification;
}

/** What both sides said of the file after its last byte, as far as they were asked. */
export interface Verification {
  readonly source?: FileFacts;
  readonly target?: FileFacts;
  readonly sizeBytes: number | undefined;
  readonly digest: Digest | null;
  /** Why there is none although both sides offer one, where the source step wants it. */
  readonly digestFault?: string;
}
