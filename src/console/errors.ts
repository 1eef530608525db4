import { AppError } from "../shared/errors.ts";
import { formatReply, type Reply } from "../ftp/reply.ts";

/** A command of the console that cannot be carried out as it was typed, or that came to nothing. */
export class ConsoleError extends AppError {
  readonly code: string = "console";
  readonly retry = "never";
}

/** A word of a command is wrong or missing; the line was not carried out. */
export class UsageError extends ConsoleError {
  override readonly code = "usage";
}

/** A reply, and what a person may do about it where it is a refusal of a known kind. */
export interface AdvisedReply extends Reply {
  readonly advice?: string | undefined;
}

/** A server has refused what a person asked it for. */
export class RefusedReplyError extends ConsoleError {
  override readonly code = "reply";
  readonly reply: AdvisedReply;

  constructor(reply: AdvisedReply) {
    super(formatReply(reply));
    this.reply = reply;
  }
}
