import { ConnectionError, NoReplyError } from "../errors.ts";

/** Who was asked what when a connection ended; silence stays apart from a lost connection. */
export function cutShort(host: string, command: string, reason: Error): Error {
  if (!(reason instanceof ConnectionError)) return reason;
  const message = `${host}: ${command}: ${reason.message}`;
  return reason instanceof NoReplyError
    ? new NoReplyError(message, reason)
    : new ConnectionError(message, reason);
}
