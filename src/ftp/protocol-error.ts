import { AppError } from "../shared/errors.ts";

/** Octets that are no reply, or a reply nobody awaited: what follows cannot be believed. */
export class ProtocolError extends AppError {
  readonly code: string = "protocol";
  readonly retry = "new-connection";
}

/** A line that begins with no reply code: whoever speaks there is no FTP server, or has lost its place. */
export class NotAReplyError extends ProtocolError {
  readonly line: string;
  /** The line as a message may quote it: control characters escaped, at most 200 characters. */
  readonly text: string;

  /** @param who a host's name and a colon, where it is known */
  constructor(line: string, who = "") {
    const text = JSON.stringify(line).slice(0, 200);
    super(`${who}not an FTP reply: ${text}`);
    this.line = line;
    this.text = text;
  }
}
