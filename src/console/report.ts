import { AppError, isCancellation, messageOf } from "../shared/errors.ts";
import { complain, type Routine } from "./effects.ts";
import { RefusedReplyError } from "./errors.ts";
import { replyText } from "./replies.ts";
import { failed, type ConsoleSession } from "./session.ts";

/** Tells why a line came to nothing. @throws what is no fault of a line, a file or a server */
export function* reportError(session: ConsoleSession, error: unknown): Routine<ConsoleSession> {
  if (isCancellation(error)) {
    yield* complain("interrupted");
    return failed({ ...session, restartAt: 0 });
  }
  // A fault of this program is nobody else's to report.
  if (!(error instanceof AppError) && FAULTS.some((kind) => error instanceof kind)) throw error;
  // What a verbose client has shown as it came is not shown twice.
  if (!(error instanceof RefusedReplyError)) yield* complain(messageOf(error));
  else {
    const { reply } = error;
    if (!session.toggles.verbose) yield* complain(replyText(reply));
    if (reply.advice !== undefined) yield* complain(reply.advice);
  }
  // It held for one transfer, whatever became of that.
  return failed({ ...session, restartAt: 0 });
}

const FAULTS = [TypeError, ReferenceError, RangeError, SyntaxError];
