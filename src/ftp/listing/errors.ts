import { AppError } from "../../shared/errors.ts";
import { NoDataConnectionError, ReplyError } from "../errors.ts";

/** A listing that cannot be read, or one without end: what the directory holds is not known. */
export class ListingError extends AppError {
  readonly code: string = "listing";
  readonly retry = "never";
}

/** A listing whose end nobody has confirmed: somebody on the way, or the server, may have cut it. */
export class CutListingError extends AppError {
  readonly code = "cut-listing";
  readonly retry = "new-connection";
}

/**
 * Some lines of a listing may be entries that could not be read, or have names that cannot be used, or the server says that
 * it has left some out; all others were given before. What is not among them may be there all the same.
 */
export class UnreadableLinesError extends ListingError {
  override readonly code = "unreadable-lines";
}

/** Whether a server has left a question open: it has refused it, or told nothing that can be read. */
export function isLeftOpen(error: unknown): boolean {
  return (
    error instanceof ReplyError || error instanceof ListingError || error instanceof NoDataConnectionError
  );
}
