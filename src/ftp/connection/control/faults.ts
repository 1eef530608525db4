import { messageOf } from "../../../shared/errors.ts";
import { ConnectionError, NoReplyError, NotAReplyError, ProtocolError } from "../../errors.ts";

/** Who was asked what when a connection ended; no reply in time is distinct from a lost connection. */
export function cutShort(host: string, command: string, reason: Error): Error {
  if (!(reason instanceof ConnectionError)) return reason;
  const message = `${host}: ${command}: ${reason.message}`;
  return reason instanceof NoReplyError
    ? new NoReplyError(message, reason)
    : new ConnectionError(message, reason);
}

/** For what came in place of a reply; without its cause, which quotes the octets as they came. */
export function unreadable(host: string, error: unknown, masked: (text: string) => string): ProtocolError {
  if (error instanceof NotAReplyError) return new NotAReplyError(masked(error.line), `${host}: `);
  return new ProtocolError(`${host}: ${masked(messageOf(error)).slice(0, 200)}`);
}
