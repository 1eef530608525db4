import { AppError, type Retry } from "../shared/errors.ts";
import { type Command, redact } from "./command.ts";
import type { CertificateFacts } from "./connection/certificate.ts";
import { retryOfQuirk, saysFull } from "./quirks.ts";
import { formatReply, type Reply } from "./reply.ts";

export { NotAReplyError, ProtocolError } from "./protocol-error.ts";

/** A server refused (4yz or 5yz), or answered a command with a reply that does not fit it. */
export class ReplyError extends AppError {
  readonly code = "reply";
  readonly retry: Retry;
  override readonly host: string;
  readonly command: Command;
  readonly reply: Reply;
  /** What a person may do about it. */
  readonly advice: string | undefined;

  /**
   * @param directory what a command without a name was about
   * @param advice what a person may do about it
   */
  constructor(host: string, command: Command, reply: Reply, directory?: string, advice?: string) {
    const where = directory === undefined ? "" : ` in ${directory}`;
    const more = advice === undefined ? "" : ` (${advice})`;
    super(`${host}: ${redact(command)}${where}: ${formatReply(reply)}${more}`);
    this.host = host;
    this.command = command;
    this.reply = reply;
    this.advice = advice;
    this.retry = retryOf(command.verb, reply);
  }
}

/**
 * A listing that a server had begun, and refused then: it looks at each entry, and one was renamed or deleted meanwhile.
 * The next listing does without that one.
 */
export class ChangedDirectoryError extends ReplyError {
  override readonly retry: Retry = "later";
}

/** Whether the server says that the data connection was closed badly (426, RFC 959 §4.2.2); all bytes may have arrived. */
export function isTransferAborted(error: unknown): error is ReplyError {
  return error instanceof ReplyError && error.reply.code === 426;
}

/** No connection, or none any more: refused, reset, closed, silent for too long, or the TLS handshake failed. */
export class ConnectionError extends AppError {
  readonly code: string = "connection";
  readonly retry: Retry = "new-connection";
}

/** The server sent no reply in time; whether it did what was asked is not known. */
export class NoReplyError extends ConnectionError {}

/** The server opens no data connection to us, in no way that we know. */
export class NoDataConnectionError extends ConnectionError {}

/** The login was refused: who, as which user, with which reply; the password is not in it. */
export class LoginError extends AppError {
  readonly code = "login";
  readonly retry: Retry;
  override readonly host: string;
  readonly reply: Reply;

  /** @param wanted what the server wants before any login, and how to give it that; trying again changes nothing then */
  constructor(host: string, user: string, reply: Reply, wanted?: string) {
    const retry = wanted === undefined ? retryOf("PASS", reply) : "never";
    const advice = wanted ?? (reply.code === 530 && retry === "never" ? adviceFor(user) : undefined);
    super(
      `${host}: login as ${user} refused: ${formatReply(reply)}${advice === undefined ? "" : ` (${advice})`}`,
    );
    this.host = host;
    this.reply = reply;
    this.retry = retry;
  }
}

function adviceFor(user: string): string {
  return user === "anonymous"
    ? "name a user: ftp://USER@HOST, or user in its host file"
    : "check the user name and the password";
}

/** The certificate is not trusted, or TLS was asked for and is not to be had. Trying again changes nothing. */
export class ProtectionError extends AppError {
  readonly code = "protection";
  readonly retry = "never";
  /** The certificate that is not trusted, where that is the reason. */
  certificate?: CertificateFacts;
  /** Why it is not trusted: "it has expired". */
  mistrust?: string;
}

/** The server transfers text only: it refuses TYPE I and TYPE L 8 (RFC 959 §3.1.1.3). */
export class ImageTypeError extends AppError {
  readonly code = "type";
  readonly retry = "never";
}

/** The host-port of a 227 or 229 may not be used (RFC 2577 §3). */
export class AddressError extends AppError {
  readonly code = "address";
  readonly retry = "other-method";
}

/** What trying again can achieve after a negative reply to a command. */
export function retryOf(verb: string, reply: Reply): Retry {
  const known = retryOfQuirk(verb, reply);
  if (known !== undefined) return known;
  if (reply.code === 421) return "new-connection";
  if (reply.code === 425 || reply.code === 522) return "other-method";
  if (verb === "PROT" && reply.code >= 533 && reply.code <= 537) return "other-method";
  // Under whatever code: room is made by others.
  if (/^(STOR|STOU|APPE|ALLO|MKD)$/.test(verb) && saysFull(reply)) return "later";
  return reply.code >= 400 && reply.code < 500 ? "later" : "never";
}
