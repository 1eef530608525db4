import { AppError } from "../shared/errors.ts";

/** Octets that are no reply, or a reply nobody awaited: what follows cannot be believed. */
export class ProtocolError extends AppError {
  readonly code = "protocol";
  readonly retry = "new-connection";
}
