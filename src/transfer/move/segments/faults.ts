import { messageOf } from "../../../shared/errors.ts";
import {
  BusyError,
  isTargetFull,
  NoRestartError,
  OneConnectionError,
  TransferError,
  VerificationError,
} from "../../errors.ts";

/** A server that lets one connection at a time write a file. */
export class OneWriterError extends TransferError {
  override readonly code = "one-writer";

  constructor(server: string) {
    super(`${server} lets only one connection at a time write the file`, "never");
  }
}

/** What fails a file, whatever connection it is on. */
export function isFatal(error: unknown): boolean {
  const isOfFile = error instanceof VerificationError || error instanceof OneConnectionError;
  return isOfFile || error instanceof NoRestartError || error instanceof BusyError || isTargetFull(error);
}

/** A side that does not restart is asked for the whole file, on one connection. */
export function asOneConnection(error: unknown): unknown {
  return error instanceof NoRestartError ? new OneConnectionError(messageOf(error), error) : error;
}
