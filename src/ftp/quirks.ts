import type { Retry } from "../shared/errors.ts";
import type { Reply } from "./reply.ts";

/** Server families whose habits we know. */
export type Family =
  | "vsftpd"
  | "proftpd"
  | "pure-ftpd"
  | "pyftpdlib"
  | "filezilla"
  | "serv-u"
  | "iis"
  | "drftpd"
  | "glftpd";

/** How a family is told from its greeting, its reply to SYST, or its FEAT. First match decides. */
const SIGNATURES: readonly { readonly family: Family; readonly says: RegExp }[] = [
  { family: "vsftpd", says: /vsftpd/i },
  { family: "proftpd", says: /proftpd/i },
  { family: "pure-ftpd", says: /pure-ftpd/i },
  { family: "pyftpdlib", says: /pyftpdlib/i },
  { family: "filezilla", says: /filezilla/i },
  { family: "serv-u", says: /serv-u/i },
  { family: "iis", says: /microsoft ftp service/i },
  { family: "drftpd", says: /drftpd/i },
  { family: "glftpd", says: /glftpd/i },
];

/** The family a server's own words give away; undefined where they do not. */
export function familyOf(words: string): Family | undefined {
  return SIGNATURES.find(({ says }) => says.test(words))?.family;
}

/** Where a server leaves the RFCs, one row each. An unknown server is taken to follow them. */
export interface Quirks {
  /** Takes octet 255 in a name doubled, as RFC 2640 §3.1 asks; the others take it as it is. */
  readonly doublesIac: boolean;
  /** Lists names that begin with a dot only for `LIST -a`. */
  readonly hidesDotNames: boolean;
  /** Takes commands written ahead of replies, outside transfers, in order and without loss (RFC 959 §4.2). */
  readonly takesAhead: boolean;
  /** When a passive server says 1yz: at once, or only when the data connection stands. */
  readonly passiveBegins: "at-once" | "after-accept" | "unknown";
  /** Names that it would store under another name without a word, so that nobody would find them again. */
  readonly alters?: RegExp;
  /** Of several active data connections at once it may lose one: then no reply ever comes. Better passive. */
  readonly losesActive: boolean;
  /** Accepts third parties on a passive port, if it is set up for them at all. */
  readonly acceptsForeignPeers: boolean;
  /** As TLS 1.3 client of a data connection it sends on, it closes before the last octets have left. */
  readonly cutsAsTlsClient: boolean;
  /** Wants PRET before PASV and CPSV. */
  readonly wantsPret: boolean;
}

const BY_THE_BOOK: Quirks = {
  doublesIac: true,
  hidesDotNames: true,
  takesAhead: false,
  passiveBegins: "unknown",
  losesActive: false,
  acceptsForeignPeers: true,
  cutsAsTlsClient: false,
  wantsPret: false,
};

const ROWS: Readonly<Partial<Record<Family, Partial<Quirks>>>> = {
  vsftpd: { doublesIac: false, takesAhead: true, passiveBegins: "after-accept" },
  proftpd: { takesAhead: true, passiveBegins: "after-accept", cutsAsTlsClient: true },
  "pure-ftpd": {
    doublesIac: false,
    takesAhead: true,
    passiveBegins: "after-accept",
    // Control characters and a space at the end become underscores.
    alters: /[\u0000-\u001f\u007f]| $/,
  },
  pyftpdlib: {
    doublesIac: false,
    hidesDotNames: false,
    takesAhead: true,
    passiveBegins: "at-once",
    losesActive: true,
    // It reads names as UTF-8, and writes what is none as U+FFFD.
    alters: /(?<![\ud800-\udbff])[\udc80-\udcff]/,
  },
  filezilla: { passiveBegins: "at-once", acceptsForeignPeers: false },
  drftpd: { passiveBegins: "at-once", wantsPret: true },
};

export function quirksOf(family: Family | undefined): Quirks {
  return { ...BY_THE_BOOK, ...(family === undefined ? {} : ROWS[family]) };
}

/** Replies that mean something other than their code says; the text decides. First match wins. */
const REPLIES: readonly { readonly verbs: RegExp; readonly says: RegExp; readonly retry: Retry }[] = [
  // ProFTPD, Serv-U and others refuse a login for want of a free slot with a permanent 530.
  {
    verbs: /^(USER|PASS)$/,
    says: /^530 .*(too many|maximum|limit|try (again )?later)/i,
    retry: "later",
  },
  // Address checks against bounce attacks: another method may pass (RFC 2577).
  { verbs: /^(PORT|EPRT|PASV|EPSV|CPSV)$/, says: /^5/, retry: "other-method" },
];

export function retryOfQuirk(verb: string, reply: Reply): Retry | undefined {
  const words = `${reply.code} ${reply.lines.join(" ")}`;
  return REPLIES.find((row) => row.verbs.test(verb) && row.says.test(words))?.retry;
}

/** Pure-FTPd ends a download that failed with a second 150, and nothing follows it. */
export function endsDownload({ code, lines }: Reply): boolean {
  return code === 150 && / seconds \(measured here\)/.test(lines.join(" "));
}

/** Some servers refuse to list a directory because it is empty; we stand in it, so it is there. */
export function saysEmpty(reply: Reply): boolean {
  return (
    [450, 550].includes(reply.code) &&
    /no (such )?files?( or director\w+)? found|no files|empty/i.test(reply.lines.join(" "))
  );
}

/** Whether a target says that it has no room: by code (RFC 959 §4.2.2), or in words under another code. */
export function saysFull(reply: Reply): boolean {
  if (reply.code === 452 || reply.code === 552) return true;
  const words = reply.lines.join(" ");
  // vsftpd ends a STOR on a full disk with this, and gives no other reason.
  return /no space left|disk (is )?full|quota|insufficient (storage|space)|failure writing to local file/i.test(
    words,
  );
}
