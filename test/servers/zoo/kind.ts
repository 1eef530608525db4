import type { ListStyle } from "./listing.ts";
import type { Visit } from "./visit.ts";

/**
 * What a server does with a command in place of the usual thing: a reply or several lines; or it hangs, swallows the
 * command, or closes the connection.
 */
export type Conduct = string | readonly string[] | typeof HANGS | typeof SWALLOWS | typeof CLOSES;

/** Neither this command nor any after it on this connection is answered. */
export const HANGS = Symbol("hangs");
/** The command is not answered, those after it are. */
export const SWALLOWS = Symbol("swallows");
/** The control connection ends without a reply. */
export const CLOSES = Symbol("closes");

/** Undefined: as usual. */
export type Habit = Conduct | ((visit: Visit, argument: string) => Conduct | undefined);

/** The words of a server's replies, code and all; `%s` stands for what the reply is about. */
export const WORDS = {
  user: "331 Password required for %s.",
  loggedIn: "230 User %s logged in.",
  type: "200 Type set to %s.",
  entered: "250 CWD command successful.",
  where: '257 "%s" is current directory.',
  begins: "150 Opening BINARY mode data connection for %s.",
  done: "226 Transfer complete.",
  missing: "550 %s: No such file or directory.",
  noDirectory: "550 %s: No such file or directory.",
  noData: "425 Can't open data connection.",
  made: '257 "%s" directory created.',
  notMade: "550 %s: File exists.",
  deleted: "250 DELE command successful.",
  removed: "250 RMD command successful.",
  renaming: "350 File exists, ready for destination name.",
  renamed: "250 RNTO command successful.",
  notRenamed: "550 %s: Cannot rename file.",
  restart: "350 Restarting at %s. Send STORE or RETRIEVE to initiate transfer.",
  port: "200 PORT command successful.",
  passive: "227 Entering Passive Mode (%s)",
  noop: "200 NOOP command successful.",
  bye: "221 Goodbye.",
  unknown: "500 '%s': command not understood.",
  badName: "553 %s: Could not create file.",
} as const;
export type Words = { readonly [Key in keyof typeof WORDS]: string };

/** How data connections come about. */
export interface DataWays {
  /** Whether 1yz is said before the data connection stands; default at once. */
  readonly begins?: "at-once" | "after-accept";
  /** The address that a 227 names, in place of the server's own. */
  readonly passiveAddress?: string;
  /** Whether the port of a 229 is one that nobody reaches. */
  readonly isEpsvUnreachable?: boolean;
  /** The reply to PORT with an address that is not the client's; absent: accepted. */
  readonly foreignPort?: string;
  /** The final reply where somebody else connects to a passive port; absent: accepted. */
  readonly foreignPeer?: string | typeof HANGS;
  /** Whether TLS is offered, and when its handshake is waited for on data connections. */
  readonly tls?: "after-1yz" | "before-1yz";
  /**
   * What it does with a data connection on which it was told to begin TLS (SSCN, CPSV): begins, which is the default; waits
   * for the other side to begin, and refuses after a while; the same without an end; or closes the control connection.
   */
  readonly tlsClient?: "works" | "waits" | typeof HANGS | typeof CLOSES;
  /** The final reply after all bytes, in place of {@link WORDS.done}. */
  readonly done?: Readonly<Partial<Record<"RETR" | "STOR", string>>>;
}

/** What can be done with files. */
export interface FileWays {
  /** The reply to RNTO onto a file that exists; absent: it is replaced. */
  readonly noRenameOver?: string;
  /** The reply to STOR onto a file that exists; absent: it is replaced. */
  readonly noOverwrite?: readonly string[];
  /** How times can be set; default not at all. */
  readonly setsTimes?: "MFMT" | "MDTM";
  /** What SIZE says of a directory; absent: it is refused. */
  readonly sizeOfDirectory?: number;
  /** What SIZE says of an empty file; absent: `213 0`. */
  readonly sizeOfEmpty?: string;
  /** The reply to a listing of an empty directory; absent: an empty listing. */
  readonly emptyDirectory?: string;
  /** How long a new file is neither listed nor found. */
  readonly visibleAfterMs?: number;
  /** Replies to STOR after REST; absent: it goes on there. */
  readonly noRestartStore?: string;
}

/** What becomes of names. */
export interface NameWays {
  /** The name that a file gets; undefined where it is refused. Default: its own. */
  readonly store?: (name: string) => string | undefined;
  /** Whether octet 255 in a name comes as it is, and not doubled. */
  readonly takes255AsItIs?: boolean;
  /** Whether two names that differ in case are one file. */
  readonly foldsCase?: boolean;
}

/** A kind of server as data. What is absent is as with a BSD ftpd of 1990: it has no FEAT, no MLSD and no TLS. */
export interface ZooKind {
  /** As it stands in the table of results. */
  readonly name: string;
  /** Lines of the greeting. */
  readonly greeting: readonly string[];
  /** The reply to SYST. */
  readonly system?: string;
  /** Lines of FEAT, without the blank before them; absent: FEAT is not known. */
  readonly features?: readonly string[];
  /** Verbs that it does not know, beside those that its features do not name. */
  readonly lacks?: readonly string[];
  /** What it does with a verb, or a verb and the beginning of its argument; the longest key that fits counts. */
  readonly habits?: Readonly<Record<string, Habit>>;
  readonly words?: Partial<Words>;
  readonly list: ListStyle;
  /** What PWD says after login; default `/`. */
  readonly home?: string;
  readonly data?: DataWays;
  readonly files?: FileWays;
  readonly names?: NameWays;
  /** How far its clock is ahead of UTC in listings, in milliseconds. */
  readonly zoneMs?: number;
}
