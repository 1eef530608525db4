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

/** The octets arrived, and are not the source's: another size, or a size nobody can tell. */
export class VerificationError extends TransferError {
  override readonly code = "verification";

  constructor(message: string) {
    super(message, "later");
  }
}

/** Every third-party method was refused, and the relay was not allowed. */
export class RefusedError extends TransferError {
  override readonly code = "refused";

  constructor(message: string) {
    super(message, "never");
  }
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
