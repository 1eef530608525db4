import { AppError } from "../shared/errors.ts";
import { CharsetError, type NameCodec, UTF8_NAMES } from "./charset/name-codec.ts";

/** A command before it is sent; text as of `decodeText`. */
export interface Command {
  readonly verb: string;
  readonly argument?: string;
}

/** A command that must not be sent: its argument would end the line and begin another command. */
export class CommandError extends AppError {
  readonly code = "command";
  readonly retry = "never";
}

/**
 * The only way to the wire: a verb, one space, the argument as it is, CRLF (RFC 959 §5.3; RFC 3659 §2.2).
 * Octet 255 is doubled for servers that follow Telnet there (RFC 2640 §3.1).
 * @param names how the server writes names
 * @throws CommandError for CR, LF or NUL; CharsetError for a character that the server's character set lacks
 */
export function encode(command: Command, doubleIac: boolean, names: NameCodec = UTF8_NAMES): Buffer {
  const line = command.argument === undefined ? command.verb : `${command.verb} ${command.argument}`;
  if (PLAIN.test(line)) return Buffer.from(`${line}\r\n`, "latin1");
  if (/[\r\n\0]/.test(line)) {
    throw new CommandError(
      `${command.verb}: ${JSON.stringify(redactArgument(command))} contains CR, LF or NUL`,
    );
  }
  const lacks = names.missing(line);
  if (lacks !== undefined)
    throw new CharsetError(
      `${command.verb}: ${JSON.stringify(redactArgument(command))} contains ${isSecret(command) ? "a character" : JSON.stringify(lacks)} that ${names.charset} lacks`,
    );
  const octets = names.encode(`${line}\r\n`);
  return doubleIac ? doubled(octets) : octets;
}

/** The command as people may see it: `RETR a.iso`, `PASS ***`. */
export function redact(command: Command): string {
  return command.argument === undefined ? command.verb : `${command.verb} ${redactArgument(command)}`;
}

/** Whether the argument is a secret. */
export function isSecret({ verb, argument = "" }: Command): boolean {
  if (!/^(PASS|ACCT|ADAT|SITE)$/i.test(verb)) return false;
  return verb.toUpperCase() !== "SITE" || /^(PSWD|GPASS|ADDUSER)\b/i.test(argument);
}

/** Whether the command moves data over a data connection (RFC 959 §4.1.3; RFC 3659 §7): its end may take long. */
export function usesDataConnection({ verb }: Command): boolean {
  return /^(RETR|STOR|STOU|APPE|LIST|NLST|MLSD)$/i.test(verb);
}

/** Whether the command lists a directory over a data connection (RFC 959 §4.1.3; RFC 3659 §7). */
export function listsOverData({ verb }: Command): boolean {
  return /^(LIST|NLST|MLSD)$/i.test(verb);
}

function redactArgument(command: Command): string {
  return isSecret(command) ? "***" : (command.argument ?? "");
}

function doubled(octets: Buffer): Buffer {
  return octets.includes(IAC)
    ? Buffer.from([...octets].flatMap((o) => (o === IAC ? [IAC, IAC] : [o])))
    : octets;
}

/** Printable ASCII, as nearly every line is: nothing in it ends a line, or is sent otherwise than it is written. */
const PLAIN = /^[ -~]*$/;
const IAC = 255;
