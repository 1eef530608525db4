import type { Family } from "../quirks.ts";

/**
 * What trying has shown. `unknown`: it was tried, and neither worked nor was refused, as when the connection was
 * lost over it; `not tried`: it would have written, or something it needs was not to be had.
 */
export interface Finding {
  readonly works: boolean | "unknown" | "not tried";
  /** What was seen, the server's own words where it spoke. */
  readonly because: string;
}

export interface DigestFinding {
  /** `HASH`, or a command of its own. */
  readonly command: string;
  /** As the server calls it: `SHA-256`. */
  readonly algorithm: string;
  /** Whether the digest of a whole file is the one its octets have. */
  readonly whole: Finding;
  /** Whether that of a part is; the end is exclusive. */
  readonly range: Finding;
}

/** How far the server's clock is from ours. */
export interface ClockFinding extends Finding {
  /** To the second; positive where the server is ahead. */
  readonly skewMs?: number;
  readonly precisionMs?: number;
}

/** What the times of LIST are against UTC. */
export interface ZoneFinding extends Finding {
  /** To the quarter of an hour; positive east of Greenwich. */
  readonly offsetMinutes?: number;
}

/** A sentence of the server's about how many may be there, or for how long. */
export interface LimitHint {
  readonly said: string;
  /** `user 3 of 50`: the 3 and the 50. */
  readonly present?: number;
  readonly allowed?: number;
}

/** What one server is and can do, for one user in one directory. */
export interface ProbeResult {
  readonly host: string;
  /** As we reached it. */
  readonly address: string;
  readonly port: number;
  readonly family: Family | "unknown";
  /** The server's own words; those that it did not send are absent. */
  readonly words: { readonly greeting?: string; readonly login?: string; readonly system?: string };
  readonly limits: readonly LimitHint[];
  readonly tls: {
    /** The version that the control connection speaks, such as `TLSv1.3`. */
    readonly control: string;
    readonly data: "private" | "clear";
  };
  /** The lines of FEAT (RFC 2389 §3); undefined where it is refused. */
  readonly features: readonly string[] | undefined;
  /** Whether the directory to try in could be entered. */
  readonly directory: Finding;
  readonly ahead: {
    /** Several commands in one write (RFC 959 §4.2). */
    readonly several: Finding;
    /** More octets of commands than some servers read at once. */
    readonly beyond4096: Finding;
    /** Listings of several directories by STAT in one write, `.` and `..` in each. */
    readonly listings: Finding;
  };
  readonly listings: {
    readonly mlsd: Finding;
    readonly mlst: Finding;
    readonly list: Finding;
    readonly stat: Finding;
  };
  readonly names: {
    readonly featureUtf8: Finding;
    /** Whether a name beyond ASCII is listed back octet for octet. */
    readonly beyondAscii: Finding;
  };
  readonly files: {
    readonly store: Finding;
    readonly restartRetrieve: Finding;
    readonly restartStore: Finding;
    readonly append: Finding;
    /** RNTO over a file that exists. */
    readonly replace: Finding;
    /** SITE COPY: a copy that no octet leaves the server for. */
    readonly sameServerCopy: Finding;
  };
  readonly digests: readonly DigestFinding[];
  /** How modification times are set, each way on its own. */
  readonly times: Readonly<Record<string, Finding>>;
  readonly clock: ClockFinding;
  readonly zone: ZoneFinding;
  /** Commands that help with protected third-party transfers, as FEAT has them. */
  readonly thirdPartyTls: Readonly<Record<"SSCN" | "CPSV" | "PRET" | "CEPR", Finding>>;
  /** Connections that were lost on the way: over what, a colon, and how. */
  readonly lost: readonly string[];
  /** Files of ours that could not be removed again. */
  readonly left: readonly string[];
}

export function yes(because: string): Finding {
  return { works: true, because };
}

export function no(because: string): Finding {
  return { works: false, because };
}

export function unknown(because: string): Finding {
  return { works: "unknown", because };
}

export function notTried(because: string): Finding {
  return { works: "not tried", because };
}
