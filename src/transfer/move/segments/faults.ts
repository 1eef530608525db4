import { messageOf } from "../../../shared/errors.ts";
import { WAITS } from "../../../shared/waits.ts";
import {
  BusyError,
  isTargetFull,
  NoRestartError,
  OneConnectionError,
  TransferError,
  VerificationError,
} from "../../errors.ts";
import type { ServerSide } from "../../sides/side.ts";

/** A server that lets one connection at a time write a file. */
export class OneWriterError extends TransferError {
  override readonly code = "one-writer";

  constructor(server: string) {
    super(`${server} lets only one connection at a time write the file`, "never");
  }
}

/** How long a server may take to let a second connection begin to write a file. Milliseconds. */
export function secondWriterMs({ host }: ServerSide): number {
  return Math.min(WAITS.secondWriter.ms, host.timeouts.replyMs / 2);
}

/** What fails a file, whatever connection it is on. */
export function isFatal(error: unknown): boolean {
  const isOfFile = error instanceof VerificationError || error instanceof OneConnectionError;
  return isOfFile || error instanceof NoRestartError || error instanceof BusyError || isTargetFull(error);
}

/** The same on a further connection: a server that began where it was asked to on the first one refuses only this one. */
export function isFatalElsewhere(error: unknown): boolean {
  return !(error instanceof NoRestartError) && isFatal(error);
}

/** A side that does not restart is asked for the whole file, on one connection. */
export function asOneConnection(error: unknown): unknown {
  return error instanceof NoRestartError ? new OneConnectionError(messageOf(error), error) : error;
}
