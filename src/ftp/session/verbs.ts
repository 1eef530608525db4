import {
  formatExtendedPort,
  formatPort,
  type HostPort,
  parseExtendedPassive,
  parsePassive,
} from "../address.ts";
import type { Command } from "../command.ts";
import { ProtocolError } from "../errors.ts";
import { type Features, parseFeatures } from "../features.ts";
import { parseQuotedPath } from "../pathname.ts";
import { classOf, type Reply } from "../reply.ts";
import { formatTimeVal, parseTimeVal } from "../time-val.ts";

/**
 * A command that is answered without a data connection, and what its reply means. Verbs are values: a client
 * sends one, or several in one write, and reads each reply with the verb that drew it.
 */
export interface Verb<T> {
  readonly command: Command;
  /** Whether a reply is the answer that was hoped for; any other one becomes a `ReplyError`. */
  readonly accepts: (reply: Reply) => boolean;
  /** @throws ProtocolError for an accepted reply whose text is not what the code promises */
  readonly read: (reply: Reply) => T;
}

const completes = (reply: Reply) => classOf(reply) === "completion";
const continues = (reply: Reply) => classOf(reply) === "intermediate";
/** 202 completes a command that was superfluous (RFC 959 §4.2.2): whatever it was to do was not done. */
const carriesOut = (reply: Reply) => completes(reply) && reply.code !== 202;
const either = (reply: Reply) => completes(reply) || continues(reply);
const asReply = (reply: Reply) => reply;
const nothing = () => undefined;

function verb<T>(
  text: string,
  argument: string | undefined,
  accepts: Verb<T>["accepts"],
  read: Verb<T>["read"],
): Verb<T> {
  return { command: argument === undefined ? { verb: text } : { verb: text, argument }, accepts, read };
}

const order = (text: string, argument?: string) => verb<undefined>(text, argument, completes, nothing);
/** One that changes files: it is only done where something was done. */
const change = (text: string, argument: string) => verb<undefined>(text, argument, carriesOut, nothing);
const question = (text: string, argument?: string) => verb<Reply>(text, argument, completes, asReply);

// Access control (RFC 959 §4.1.1; RFC 7151; RFC 4217). The reply says what is wanted next.
export const user = (name: string) => verb<Reply>("USER", name, either, asReply);
export const password = (secret: string) => verb<Reply>("PASS", secret, either, asReply);
export const account = (secret: string) => verb<Reply>("ACCT", secret, either, asReply);
export const virtualHost = (name: string) => order("HOST", name);
export const authTls = () =>
  verb<Reply>("AUTH", "TLS", (reply) => reply.code === 234 || completes(reply), asReply);
export const protectionBufferSize = () => order("PBSZ", "0");
export const protectionLevel = (level: "clear" | "private") => order("PROT", level === "clear" ? "C" : "P");

// Directories (RFC 959 §4.1.3).
export const changeDirectory = (path: string) => order("CWD", path);
export const workingDirectory = () => verb("PWD", undefined, completes, readPath);
export const makeDirectory = (path: string) => verb("MKD", path, carriesOut, parseQuotedPath);
export const removeDirectory = (path: string) => change("RMD", path);

// Transfer parameters (RFC 959 §4.1.2; RFC 2428; RFC 3659 §5).
export const imageType = () => order("TYPE", "I");
export const asciiType = () => order("TYPE", "A");
export const localType = () => order("TYPE", "L 8");
export const passive = () => verb<HostPort>("PASV", undefined, completes, parsePassive);
export const extendedPassive = (family?: 1 | 2) =>
  verb("EPSV", family?.toString(), completes, parseExtendedPassive);
export const port = (to: HostPort) => order("PORT", formatPort(to));
export const extendedPort = (to: HostPort) => order("EPRT", formatExtendedPort(to));
/** Octets to pass over, 0 …; must be the last command before RETR, STOR or APPE (RFC 3659 §5.3). */
export const restartAt = (octets: number) => verb<undefined>("REST", String(octets), either, nothing);
/**
 * The octets of the next RETR: from `from`, 0 …, on and before `to`. Its own end is the last octet
 * (draft-bryan-ftp-range-08 §3).
 */
export const range = (from: number, to: number) =>
  verb<undefined>("RANG", `${from} ${to - 1}`, either, nothing);
/** What comes before a transfer of the octets from `from` on, or of those before `to`; undefined for all of a file. */
export const startingAt = (from: number, to?: number): Verb<undefined> | undefined => {
  if (to !== undefined) return range(from, to);
  return from === 0 ? undefined : restartAt(from);
};

// Protected third-party transfers: in no RFC, see `quirks.ts`.
export const secureClient = (isOn: boolean) => order("SSCN", isOn ? "ON" : "OFF");
export const passiveTlsClient = () => verb<HostPort>("CPSV", undefined, completes, parsePassive);
/** Announces a transfer command before PASV, for servers that choose a data host by it. */
export const preTransfer = ({ verb: transfer, argument }: Command) =>
  order("PRET", argument === undefined ? transfer : `${transfer} ${argument}`);
/** The address in the replies to EPSV from now on (glFTPd). */
export const explicitAddress = () => question("CEPR", "on");

// Facts about files (RFC 3659 §3, §4, §7).
/** Octets that RETR would send in the present TYPE. */
export const size = (path: string) => verb("SIZE", path, completes, readNumber);
/** Milliseconds since 1970. */
export const modified = (path: string) => verb("MDTM", path, completes, readTime);
/** The facts line of one object, for the MLSD parser. */
export const facts = (path: string) => verb("MLST", path, completes, (reply) => reply.lines[1] ?? "");
export const status = (path?: string) => question("STAT", path);

// Changing files (RFC 959 §4.1.3; draft-somers-ftp-mfxx).
export const remove = (path: string) => change("DELE", path);
export const renameFrom = (path: string) => verb<undefined>("RNFR", path, either, nothing);
export const renameTo = (path: string) => change("RNTO", path);
/** Sets the modification time to `atMs` milliseconds since 1970. */
export const setModified = (path: string, atMs: number) => order("MFMT", `${formatTimeVal(atMs)} ${path}`);
export const setFact = (path: string, fact: string, value: string) =>
  order("MFF", `${fact}=${value}; ${path}`);
/** MDTM in its setting form; a server without it takes this for the question about a strange name. */
export const setModifiedByMdtm = (path: string, atMs: number) =>
  order("MDTM", `${formatTimeVal(atMs)} ${path}`);

// Service (RFC 959 §4.1.3; RFC 2389).
export const systemType = () => question("SYST");
export const noOperation = () => order("NOOP");
export const features = () => verb<Features>("FEAT", undefined, () => true, parseFeatures);
export const option = (text: string) => question("OPTS", text);
/** A server's own command; replies of RNFR's kind are accepted (SITE CPFR). */
export const site = (text: string) => verb<Reply>("SITE", text, either, asReply);
/** Unix permission bits, 0 … 0o7777. */
export const setPermissions = (path: string, bits: number) =>
  change("SITE", `CHMOD ${bits.toString(8).padStart(3, "0")} ${path}`);
export const symbolicLink = (target: string, path: string) => change("SITE", `SYMLINK ${target} ${path}`);
export const copyFrom = (path: string) => site(`CPFR ${path}`);
export const copyTo = (path: string) => change("SITE", `CPTO ${path}`);

// Digests (draft-bryan-ftpext-hash, draft-twine-ftpmd5, and what servers made of them).
export type DigestVerb = "HASH" | "XCRC" | "XMD5" | "XSHA" | "XSHA1" | "XSHA256" | "XSHA512" | "MD5";
/** Lower-case hexadecimal digits; the argument is a path, and for a range the octets as well. */
export const digest = (text: DigestVerb, argument: string) => {
  const digits = HEXADECIMAL_DIGITS[text];
  const read = digits === undefined ? readHash : (reply: Reply) => readDigest(reply, digits, argument);
  return verb(text, argument, completes, read);
};

/** GridFTP's digest of a range: `CKSM algorithm offset length path`, length −1 to the end (GFD.47 §4). */
export const cksm = (algorithm: string, offset: number, length: number, path: string) =>
  verb("CKSM", `${algorithm} ${offset} ${length} ${path}`, completes, readCksm);

function readPath(reply: Reply): string {
  return parseQuotedPath(reply) ?? unreadable("pathname", reply);
}

function readNumber(reply: Reply): number {
  const digits = /^\s*(\d{1,15})\s*$/.exec(reply.lines.at(-1) ?? "")?.[1];
  return digits === undefined ? unreadable("number", reply) : Number(digits);
}

function readTime(reply: Reply): number {
  return parseTimeVal((reply.lines.at(-1) ?? "").trim()) ?? unreadable("time", reply);
}

/** HASH answers `SHA-256 0-49 digest path` (draft-bryan-ftpext-hash §3.1). */
function readHash(reply: Reply): string {
  const digest = /^\s*\S+ \d+-\d+ ([0-9A-Fa-f]+) /.exec(reply.lines.at(-1) ?? "")?.[1];
  return digest?.toLowerCase() ?? unreadable("digest", reply);
}

function readCksm(reply: Reply): string {
  const digest = /^\s*([0-9A-Fa-f]+)\s*$/.exec(reply.lines.at(-1) ?? "")?.[1];
  return digest?.toLowerCase() ?? unreadable("digest", reply);
}

/**
 * The others say the digest alone, or with what was asked before or behind it: those words count only where
 * there are no others. A CRC may come without its leading zeros.
 */
function readDigest(reply: Reply, digits: number, argument: string): string {
  const asked = new Set(argument.split(/[\s"\\]+/));
  const replied = (reply.lines.at(-1) ?? "").trim().split(/\s+/);
  const words = replied.filter((word) => /^[0-9A-Fa-f]+$/.test(word));
  const others = words.filter((word) => !asked.has(word));
  const repeated = words.filter((word) => word.length === digits || replied.length === 1);
  return digestAmong(others.length > 0 ? others : repeated, digits) ?? unreadable("digest", reply);
}

/** The word that has all digits, where no other one has; a shorter one only where it is the only word. */
function digestAmong(words: readonly string[], digits: number): string | undefined {
  const different = [...new Set(words.map((word) => word.toLowerCase()))];
  const ofLength = different.filter((word) => word.length === digits);
  if (ofLength.length === 1) return ofLength[0];
  const [only = ""] = words;
  const isCrc = digits === HEXADECIMAL_DIGITS.XCRC && words.length === 1 && only.length < digits;
  return isCrc ? only.toLowerCase().padStart(digits, "0") : undefined;
}

const HEXADECIMAL_DIGITS = {
  HASH: undefined,
  XCRC: 8,
  XMD5: 32,
  MD5: 32,
  XSHA: 40,
  XSHA1: 40,
  XSHA256: 64,
  XSHA512: 128,
} as const satisfies Record<DigestVerb, number | undefined>;

function unreadable(what: string, reply: Reply): never {
  throw new ProtocolError(`no ${what} in the reply: ${reply.code} ${reply.lines.join(" / ")}`);
}
