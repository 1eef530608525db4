import type { CodePage } from "../ftp/representation/ebcdic.ts";
import type { TlsPolicy } from "../ftp/settings.ts";
import type { NameMap } from "./grammar/name-map.ts";

/** The two servers of a session: `proxy` speaks to the second one. */
export type Which = "first" | "second";

/** Settings that are on or off. */
export const TOGGLES = {
  bell: { isOn: false, says: "Bell mode" },
  case: { isOn: false, says: "Case mapping" },
  cr: { isOn: true, says: "Carriage return stripping" },
  edit: { isOn: true, says: "Command line editing" },
  epsv: { isOn: true, says: "EPSV" },
  epsv4: { isOn: true, says: "EPSV on IPv4" },
  epsv6: { isOn: true, says: "EPSV on IPv6" },
  glob: { isOn: true, says: "Globbing" },
  hash: { isOn: false, says: "Hash mark printing" },
  passive: { isOn: true, says: "Passive mode" },
  preserve: { isOn: true, says: "Modification time preservation" },
  progress: { isOn: true, says: "Progress display" },
  prompt: { isOn: true, says: "Interactive mode" },
  runique: { isOn: false, says: "Receive unique" },
  sendport: { isOn: true, says: "Use of PORT and PASV commands" },
  sunique: { isOn: false, says: "Store unique" },
  trace: { isOn: false, says: "Packet tracing" },
  verbose: { isOn: false, says: "Verbose mode" },
  verify: { isOn: true, says: "Verified transfers through a temporary name" },
} as const;

export type Toggle = keyof typeof TOGGLES;

/** Representation types (RFC 959 §3.1.1): ASCII, EBCDIC, image, local with bytes of 8 bits. */
type TypeCode = "A" | "E" | "I" | "L 8";
/** Vertical format of text (RFC 959 §3.1.1.5): non-print, Telnet, carriage control. */
export type VerticalFormat = "N" | "T" | "C";
/** Transfer modes (RFC 959 §3.4): stream, block, compressed; and deflate, which is in no RFC. */
export type Mode = "S" | "B" | "C" | "Z";
/** File structures (RFC 959 §3.1.2): file, record, page. */
export type Structure = "F" | "R" | "P";

/** How files are represented on their way to or from one server. */
export interface Representation {
  readonly type: TypeCode;
  readonly format: VerticalFormat;
  readonly mode: Mode;
  readonly structure: Structure;
}

export const IMAGE: Representation = { type: "I", format: "N", mode: "S", structure: "F" };

/** What the session knows of one server that it is connected to. */
interface ServerState {
  readonly name: string;
  readonly representation: Representation;
  /** The directory before the newest `cd`: `cd -` goes back to it. */
  readonly previousDirectory?: string;
}

/** Settings that have a text as their value. */
export const OPTIONS = {
  anonpass: "password of anonymous logins",
  "auto-type": "on: archives and other files whose names say that they are no text go in binary type",
  pager: "command that shows files page by page (default: $PAGER, else more)",
} as const;

export type Option = keyof typeof OPTIONS;

/** Which way bytes move, as this machine sees it. */
export type Direction = "get" | "put";

/** All that a command may depend on, or change. */
export interface ConsoleSession {
  readonly toggles: Readonly<Record<Toggle, boolean>>;
  readonly servers: Readonly<Partial<Record<Which, ServerState>>>;
  /** The server that commands speak to. */
  readonly at: Which;
  /** Bytes that one `#` stands for. */
  readonly hashBytes: number;
  readonly debug: number;
  /** What EBCDIC means (`ebcdic 037`). */
  readonly codePage: CodePage;
  /** Character translation: `in` and `out` of `ntrans`. */
  readonly ntrans?: NameMap | undefined;
  /** Name mapping: pattern and template of `nmap`. */
  readonly nmap?: NameMap | undefined;
  readonly macros: ReadonlyMap<string, readonly string[]>;
  /** What `set` has set. */
  readonly options: Readonly<Partial<Record<Option, string>>>;
  /** Bytes a second between a server and this machine, by direction; absent: no limit. */
  readonly rates: Readonly<Partial<Record<Direction, number>>>;
  /** The macro that is being defined. */
  readonly defining?: { readonly name: string; readonly lines: readonly string[] } | undefined;
  /** Where the next transfer begins; set by `restart`, and dropped by any transfer. */
  readonly restartAt: number;
  /** Only addresses of this family are connected to; absent: of any. */
  readonly family?: 4 | 6 | undefined;
  /** TLS of connections from now on, as `--tls` says it; absent: where the server has it. */
  readonly tls?: TlsPolicy | undefined;
  /** What `ls` sends: names alone for scripts of Windows' client. */
  readonly lists: "LIST" | "NLST";
  /** Whether patterns of `mget` and `mdelete` are the server's to match (`glob server`). */
  readonly isGlobbedThere: boolean;
  /** Whether commands come from a script, and not from a terminal. */
  readonly isScript: boolean;
  /** Whether `open` logs in by itself. */
  readonly isAutomatic: boolean;
  /** How often `passive` was given without an argument. */
  readonly passiveToggles: number;
  /** Commands that have failed. */
  readonly failures: number;
  readonly isLeaving: boolean;
}

export function newSession(change: Partial<ConsoleSession> = {}): ConsoleSession {
  const toggles = Object.fromEntries(Object.entries(TOGGLES).map(([name, { isOn }]) => [name, isOn]));
  return {
    toggles: toggles as Record<Toggle, boolean>,
    servers: {},
    at: "first",
    hashBytes: 1024,
    debug: 0,
    codePage: "1047",
    macros: new Map(),
    options: {},
    rates: {},
    restartAt: 0,
    lists: "LIST",
    isGlobbedThere: false,
    isScript: true,
    isAutomatic: true,
    passiveToggles: 0,
    failures: 0,
    isLeaving: false,
    ...change,
  };
}

export function withToggle(session: ConsoleSession, name: Toggle, isOn: boolean): ConsoleSession {
  return { ...session, toggles: { ...session.toggles, [name]: isOn } };
}

/** The session after something has become known of the server that commands speak to. */
export function withServer(session: ConsoleSession, change: Partial<ServerState>): ConsoleSession {
  const known = session.servers[session.at];
  if (known === undefined) return session;
  return { ...session, servers: { ...session.servers, [session.at]: { ...known, ...change } } };
}

/** The session without the server that commands speak to; macros are forgotten with the first one. */
export function withoutServer(session: ConsoleSession): ConsoleSession {
  const { [session.at]: _, ...servers } = session.servers;
  return { ...session, servers, ...(session.at === "first" ? { macros: new Map() } : {}) };
}

/** Whether files move as they are: bytes in stream mode, without records. */
export function isImage({ type, mode, structure }: Representation): boolean {
  return (type === "I" || type === "L 8") && mode === "S" && structure === "F";
}

export function failed(session: ConsoleSession): ConsoleSession {
  return { ...session, failures: session.failures + 1 };
}

export const otherServer = (which: Which): Which => (which === "first" ? "second" : "first");
