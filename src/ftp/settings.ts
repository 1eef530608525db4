import type { RateTimetable } from "../shared/rate/timetable.ts";

/** `required`: TLS on control and data or nothing; `prefer`: where the server has it; `off`: never. */
export type TlsPolicy = "required" | "prefer" | "off";

/** `explicit`: AUTH TLS on the ordinary port (RFC 4217); `implicit`: TLS before the greeting, port 990. */
type TlsStart = "explicit" | "implicit";

/** How the data connections we take part in ourselves are opened; `auto`: EPSV, then PASV, then active. */
export type DataOpening = "auto" | "passive" | "active";

export interface Credentials {
  readonly user: string;
  /** Asked for when the server wants it; never stored, shown or logged. */
  readonly password: () => Promise<string>;
  /** Equal only where password and account are the same ones; tells nothing of them. Absent: not known. */
  readonly identity?: string;
  /** For ACCT, where a server replies 332 or 532 (RFC 959 §4.1.1). */
  readonly account?: () => Promise<string>;
}

/** A server we may talk to: all that is known of it before the first octet. */
export interface HostSettings {
  /** What people call it; is at the beginning of every message. */
  readonly name: string;
  /** Name or address, IPv4 or IPv6 without brackets. */
  readonly address: string;
  /** 1 … 65535. */
  readonly port: number;
  readonly credentials: Credentials;
  readonly tls: {
    readonly policy: TlsPolicy;
    readonly start: TlsStart;
    /** Certificates are verified unless a person wrote otherwise into the host's file. */
    readonly verify: boolean;
    /** PEM text that is trusted instead of the system's authorities. */
    readonly authorities?: string;
    /** SHA-256 of the certificate, 64 hexadecimal digits without colons; trusted whatever its chain says. */
    readonly fingerprint?: string;
    /** Name for SNI and the certificate check, where it is not the address. */
    readonly serverName?: string;
  };
  /** The address of this machine that control and data connections come from; absent: the system chooses. */
  readonly localAddress?: string;
  /** Virtual host to ask for before login (HOST, RFC 7151). */
  readonly virtualHost?: string;
  /** Data addresses beside the control peer's that a 227 may name: NAT and multi-homed servers. */
  readonly dataAddresses: readonly string[];
  readonly dataOpening: DataOpening;
  /** What names are written in, as of `charsetCalled`; absent: UTF-8, and whatever else is kept as it is. */
  readonly charset?: string;
  /** IANA zone of the times in listings that do not tell theirs; absent: not known. */
  readonly timeZone?: string;
  /** Whether commands may be written ahead of replies, where the server is known to take that. */
  readonly commandsAhead: boolean;
  /** Commands that are sent after each login; see `refusalOfLoginCommand`. */
  readonly loginCommands?: readonly string[];
  /** Whether files may be written under their final names at once; absent: where the server refuses to rename. */
  readonly inPlace?: "never" | "when-needed" | "always";
  readonly limits: {
    /** Connections at once from here, 1 … 1000. */
    readonly connections: number;
    /** Logins within a minute, 1 …; absent: as many as it takes. */
    readonly loginsPerMinute?: number;
    /** Bytes a second of all files from and to it; absent: no limit. */
    readonly rate?: RateTimetable;
    /** Of all files from it to others, by their names. */
    readonly rateTo?: Readonly<Record<string, RateTimetable | undefined>>;
    /** Of all files from others to it, by their names. */
    readonly rateFrom?: Readonly<Record<string, RateTimetable | undefined>>;
  };
  readonly timeouts: {
    /** From the first packet to the greeting, all addresses together. */
    readonly connectMs: number;
    /** From a command to its reply, where the server is not moving a file. */
    readonly replyMs: number;
    /** Without a byte on a data connection. */
    readonly stallMs: number;
    /** Bytes per second, measured over `stallMs`, that a server has to send or to take; 0 or absent: any rate will do. */
    readonly minimumBytesPerSecond?: number;
    /** Without a command: then we say goodbye, before the server does at a moment that does not suit us. */
    readonly idleMs: number;
  };
}

/**
 * Equal for two hosts for which one connection will do: all that makes a connection what it is. What is left out is
 * what they are called and how many connections there may be; whatever else is added to a host counts.
 */
export function connectionKey(host: HostSettings): string {
  return `${lastingKey(host)} ${host.credentials.identity}`;
}

/** The same without its secrets, so that it holds beyond this process. */
export function lastingKey({ name: _, limits: __, credentials: { user }, ...rest }: HostSettings): string {
  return JSON.stringify({ ...rest, user }, (___, value: unknown) => inOrder(value));
}

/** An object with its keys in order, so that equal ones are written alike. */
function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What an account on a server is known by between runs, whatever a host file calls it. */
export function accountKey({ address, port, credentials, virtualHost }: HostSettings): string {
  const host = virtualHost === undefined ? address : `${virtualHost} at ${address}`;
  return `${credentials.user}@${host}:${port}`;
}
