import { ReplyError } from "../ftp/errors.ts";
import { saysFull } from "../ftp/quirks.ts";
import { AppError, type Retry } from "../shared/errors.ts";

/** A file was not moved: how both sides ended, by which method. */
export class TransferError extends AppError {
  readonly code: string = "transfer";
  readonly retry: Retry;

  constructor(message: string, retry: Retry, cause?: unknown) {
    super(message, cause);
    this.retry = retry;
  }
}

/** Why no file can be put under a name, and what to do. */
export const DIRECTORY_THERE =
  "a directory with this name exists there; rename or delete it, or choose another target";

/** Why nothing can be in what has a name. */
export const NOT_A_DIRECTORY = "is a file, not a directory";
/** Why no directory can be made under a name or below it, and what to do. */
export const FILE_THERE = `${NOT_A_DIRECTORY}; rename or delete it, or choose another target`;

/** The bytes arrived, and are not the source's: another size, or a size nobody can tell. */
export class VerificationError extends TransferError {
  override readonly code = "verification";

  /** @param retry `never` where the other try would know no more */
  constructor(message: string, retry: Retry = "later") {
    super(message, retry);
  }
}

/** The size of one side's file cannot be known. */
export class UnknownSizeError extends VerificationError {
  constructor(where: string) {
    super(`${where}: the server does not report its size`, "never");
  }
}

/** No byte arrived for too long, or too few did, or more than there can be. */
export class StallError extends TransferError {
  override readonly code = "stall";
  /** Whether bytes were seen to arrive before. */
  readonly hasMoved: boolean;

  constructor(message: string, hasMoved: boolean) {
    super(message, "new-connection");
    this.hasMoved = hasMoved;
  }
}

/** Every third-party method was refused, and the relay was not allowed. */
export class RefusedError extends TransferError {
  override readonly code = "refused";

  constructor(message: string) {
    super(message, "never");
  }
}

/** A side will not go on behind bytes that are there already; from the start it may. */
export class NoRestartError extends TransferError {
  override readonly code = "no-restart";

  constructor(message: string, cause?: unknown) {
    super(message, "later", cause);
  }
}

/** Several connections cannot write one file here; one can. */
export class OneConnectionError extends TransferError {
  override readonly code = "one-connection";

  constructor(message: string, cause?: unknown) {
    super(message, "never", cause);
  }
}

/** One connection moves a file, and several are to go on from where it is. */
export class AddConnectionsError extends TransferError {
  override readonly code = "add-connections";
  readonly observed: { readonly from: number; readonly bytesPerSecond: number };

  /** @param observed where its bytes began, and how fast they came */
  constructor(observed: AddConnectionsError["observed"]) {
    super("several connections go on with the file", "later");
    this.observed = observed;
  }
}

/** A file has to pass us, so that several connections may write it, which nothing was prepared for. */
export class RelayInSegmentsError extends TransferError {
  override readonly code = "relay-in-segments";
  readonly settle: (isMoved: boolean) => void;

  /** @param settle called with whether the bytes have moved then */
  constructor(message: string, settle: (isMoved: boolean) => void) {
    super(message, "later");
    this.settle = settle;
  }
}

/** The target refuses to rename what it has stored, or takes no temporary names. */
export class NoRenameError extends TransferError {
  override readonly code = "no-rename";
  /** What was stored for nothing and would not be deleted; set by whoever tried. */
  left: string | undefined;
  readonly lacks: "no-rename" | "names-in-final-form";

  constructor(message: string, lacks: NoRenameError["lacks"], cause: unknown) {
    super(message, "never", cause);
    this.lacks = lacks;
  }
}

/** Somebody else is writing the same target; two writers would spoil each other's file. */
export class BusyError extends TransferError {
  override readonly code = "busy";

  constructor(message: string) {
    super(message, "later");
  }
}

/** Several workers in a row have died while they copied the same file; it is left alone until a person asks for it again. */
export class LostWorkersError extends TransferError {
  override readonly code = "lost-workers";

  constructor(deaths: number) {
    super(
      `the worker died while copying this file, ${deaths} times in a row; see the workers' logs, then run fxpd retry`,
      "never",
    );
  }
}

/** What trying again can achieve after anything thrown; a network's errors come without a word of ours. */
export function retryOfError(error: unknown): Retry {
  if (error instanceof AppError) return error.retry;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^E(CONN|PIPE|TIMEDOUT|NET|HOST)|^ERR_STREAM/.test(code) ? "new-connection" : "never";
}

/** Whether the target has no room left: then no other file fits either. */
export function isTargetFull(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ReplyError && /^(STOR|APPE|STOU|ALLO|MKD)$/.test(at.command.verb) && saysFull(at.reply))
      return true;
    if ("code" in at && (at.code === "ENOSPC" || at.code === "EDQUOT")) return true;
  }
  return false;
}
