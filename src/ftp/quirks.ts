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

/** How a family is recognized by its greeting, its reply to SYST, or its FEAT. First match decides. */
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

/** Families that all methods were measured between: what they refuse of one, they refuse of those alike. */
const MEASURED: ReadonlySet<Family> = new Set(["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib"]);

export function isMeasured(family: Family | undefined): boolean {
  return family !== undefined && MEASURED.has(family);
}

/** Where a server leaves the RFCs, one row each. An unknown server is taken to follow them. */
export interface Quirks {
  /** Takes octet 255 in a name doubled, as RFC 2640 §3.1 asks; the others take it as it is. */
  readonly doublesIac: boolean;
  /** Lists names that begin with a dot only for `LIST -a`. */
  readonly hidesDotNames: boolean;
  /** Whether it is known to end each TLS data connection with close_notify. */
  readonly closesTls: boolean;
  /** `LIST -a` and `STAT -la` show `.` and `..` in every directory but one that they cannot read. */
  readonly alwaysListsDots: boolean;
  /** SIZE of a directory is refused, so that a size proves a file. */
  readonly sizesOnlyFiles: boolean;
  /** MLST tells of a symbolic link to a file as if the link were the file; MLSD and LIST say that it is a link. */
  readonly tellsLinksAsFiles: boolean;
  /** DELE of a directory is refused. */
  readonly deletesOnlyFiles: boolean;
  /** Takes commands written ahead of replies, outside transfers, in order and without loss (RFC 959 §4.2). */
  readonly takesAhead: boolean;
  /**
   * Behind which transfer commands it takes others, to be answered in order after that transfer's end: on any
   * control connection, or only on one in clear. PASV behind STOR is nowhere safe.
   */
  readonly takesBehind: Readonly<Partial<Record<string, "anywhere" | "in-clear">>>;
  /** When a passive server says 1yz: at once, or only when the data connection is open. */
  readonly passiveBegins: "at-once" | "after-accept" | "unknown";
  /** Names that it would store under another name without a word, so that nobody would find them again. */
  readonly alters?: RegExp;
  /** Stores every name as it is, those of {@link alters} aside; of others it is tried. */
  readonly keepsNames: boolean;
  /** Of several active data connections at once it may lose one: then no reply ever comes. Better passive. */
  readonly losesActive: boolean;
  /** Accepts third parties on a passive port, if it is set up for them at all. */
  readonly acceptsForeignPeers: boolean;
  /** As TLS 1.3 client of a data connection it sends on, it closes before the last octets have left. */
  readonly cutsAsTlsClient: boolean;
  /** Wants PRET before PASV and CPSV. */
  readonly wantsPret: boolean;
  /** Sends what is left of a listing that was broken off before the next one, on the same control connection. */
  readonly keepsUnsentEntries: boolean;
}

const BY_THE_BOOK: Quirks = {
  doublesIac: true,
  hidesDotNames: true,
  closesTls: false,
  alwaysListsDots: false,
  sizesOnlyFiles: false,
  tellsLinksAsFiles: false,
  deletesOnlyFiles: false,
  takesAhead: false,
  takesBehind: {},
  passiveBegins: "unknown",
  keepsNames: false,
  losesActive: false,
  acceptsForeignPeers: true,
  cutsAsTlsClient: false,
  wantsPret: false,
  keepsUnsentEntries: false,
};

const ROWS: Readonly<Partial<Record<Family, Partial<Quirks>>>> = {
  vsftpd: {
    closesTls: true,
    keepsNames: true,
    alwaysListsDots: true,
    doublesIac: false,
    sizesOnlyFiles: true,
    deletesOnlyFiles: true,
    takesAhead: true,
    takesBehind: { RETR: "anywhere", STOR: "anywhere", LIST: "anywhere" },
    passiveBegins: "after-accept",
  },
  proftpd: {
    tellsLinksAsFiles: true,
    closesTls: true,
    keepsNames: true,
    alwaysListsDots: true,
    sizesOnlyFiles: true,
    deletesOnlyFiles: true,
    takesAhead: true,
    // While it stores, and over TLS while it sends, it answers some of them in the middle, and refuses PASV.
    takesBehind: { RETR: "in-clear", MLSD: "in-clear", LIST: "in-clear" },
    passiveBegins: "after-accept",
    cutsAsTlsClient: true,
  },
  "pure-ftpd": {
    closesTls: true,
    keepsNames: true,
    doublesIac: false,
    alwaysListsDots: true,
    sizesOnlyFiles: true,
    deletesOnlyFiles: true,
    takesAhead: true,
    keepsUnsentEntries: true,
    // Behind RETR and STOR it refuses them, unless they came with the command.
    takesBehind: { MLSD: "anywhere", LIST: "anywhere" },
    passiveBegins: "after-accept",
    // Control characters and a space at the end become underscores.
    alters: /[\u0000-\u001f\u007f]| $/,
  },
  pyftpdlib: {
    closesTls: true,
    keepsNames: true,
    doublesIac: false,
    hidesDotNames: false,
    sizesOnlyFiles: true,
    deletesOnlyFiles: true,
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

/** What is about the data connection, and what is answered over it. */
const OPENS = /^(PORT|EPRT|PASV|EPSV|CPSV)$/;
const MOVES = /^(RETR|STOR|STOU|APPE|LIST|NLST|MLSD)$/;

/**
 * Reasons that stay. Replies quote names, and a name can hold any words: what says one of these says nothing
 * else.
 */
const STAYS =
  /no such file or directory|cannot find|does(n't| not) exist|already exists|permission denied|access is denied/i;

/** Replies that mean something other than their code says; the text decides. First match wins. */
const REPLIES: readonly { readonly verbs: RegExp; readonly says: RegExp; readonly retry: Retry }[] = [
  // Serv-U counts wrong passwords aloud; more of them lock the account. ProFTPD quotes its `<Limit>` section.
  {
    verbs: /^(USER|PASS)$/,
    says: /^530 .*(incorrect|\btries\b|(login|password) attempts|denied by <limit>)/i,
    retry: "never",
  },
  // ProFTPD, Serv-U, DrFTPD and others refuse a login for want of a free slot with a permanent 530.
  {
    verbs: /^(USER|PASS)$/,
    says: /^530 .*(too many|maximum|limit|try (again )?later|restricted to|only .*sessions? .*allowed)/i,
    retry: "later",
  },
  // DrFTPD, while none of its data hosts is there.
  { verbs: /./, says: /^530 no transfer-slave/i, retry: "later" },
  // FileZilla Server 0.9 checks addresses with the code for the end of a connection, and does not end it.
  { verbs: OPENS, says: /^421 rejected command/i, retry: "other-method" },
  // No port is free for the moment; that says nothing against the command.
  {
    verbs: OPENS,
    says: /^5\d\d .*(address (already |is )?in use|cannot assign requested address|no (free |available )?ports?\b|try again|temporarily)/i,
    retry: "later",
  },
  // Address checks against bounce attacks: another method may pass (RFC 2577).
  { verbs: OPENS, says: /^5/, retry: "other-method" },
  // The same checks, made when the data connection comes: Serv-U, DrFTPD.
  {
    verbs: MOVES,
    says: /^(530 only client ip address|426 .*not allowed to fxp)/i,
    retry: "other-method",
  },
  // The data connection does not have the protection that the server wants (RFC 4217 §10.2).
  { verbs: /^PROT$/, says: /^521/, retry: "other-method" },
  { verbs: MOVES, says: /^(521|534|535)/, retry: "other-method" },
  // The same in words: glFTPd, DrFTPD; FileZilla Server 0.9 and Serv-U after a handshake without success.
  {
    verbs: MOVES,
    says: /^(427 use ssl fxp|530 use secure data|4\d\d .*\btls (session of data|negotiation))/i,
    retry: "other-method",
  },
  { verbs: /./, says: new RegExp(`^55.*(${STAYS.source})`, "i"), retry: "never" },
  // Pure-FTPd says of a name that will never do that it might do later.
  { verbs: /./, says: /^45\d .*\b(file )?name too long/i, retry: "never" },
  // Windows servers while another program has the file; gateways whose own server is busy or slow.
  {
    verbs: /./,
    says: /^55[03] .*(used by another process|another process has locked|sharing violation|file is locked|too many(?! (levels|links))|timed out|broken pipe|temporarily|server stop is pending)/i,
    retry: "later",
  },
];

export function retryOfQuirk(verb: string, reply: Reply): Retry | undefined {
  const words = `${reply.code} ${reply.lines.join(" ")}`;
  return REPLIES.find((row) => row.verbs.test(verb) && row.says.test(words))?.retry;
}

/** Pure-FTPd ends a download that failed with a second 150, and nothing follows it. */
export function endsDownload({ code, lines }: Reply): boolean {
  return code === 150 && / seconds \(measured here\)/.test(lines.join(" "));
}

/** Whether a server will not go on behind octets that are there: for good, or by name; what is busy now may later. */
export function refusesRestart({ code, lines }: Reply): boolean {
  return code >= 500 || (code !== 421 && /restart|append|resum/i.test(lines.join(" ")));
}

/** Some servers refuse to list a directory because it is empty; it is the current directory, so it exists. */
export function saysEmpty(reply: Reply): boolean {
  const words = reply.lines.join(" ");
  // The reply may quote a directory whose name says so.
  if (![450, 550].includes(reply.code) || /denied|not exist/i.test(words)) return false;
  return /no (such )?files?( or director\w+)? found|^no files\b|\bis empty\b|\bempty directory\b/i.test(
    words,
  );
}

/**
 * Whether a server says in the 2yz behind a listing that it has left entries out: Pure-FTPd lists no more than 10,000 unless
 * it is set up otherwise.
 * @param words without the name of the directory, which may be any words
 */
export function saysCut(words: string): boolean {
  return /\b(output|list(ing)?|entries|names|transfer|director(y|ies)|contents|results|matches)\b[^.]*\b(truncated|incomplete)\b|\b(truncated|incomplete) (director(y|ies) )?(output|list(ing)?)\b|\bnot all (files|entries|names)\b|\btoo many (files|entries|matches)\b/i.test(
    words,
  );
}

/** Whether a target says that it has no room: by code (RFC 959 §4.2.2), or in words under another code. */
export function saysFull(reply: Reply): boolean {
  const words = reply.lines.join(" ");
  // ProFTPD says 552 for a file that is larger than any may be, too; another one fits.
  if (STAYS.test(words) || /file too large/i.test(words)) return false;
  if (reply.code === 452 || reply.code === 552) return true;
  // vsftpd ends a STOR on a full disk with the last of these, and gives no other reason.
  return /no space left|disk (is )?full|out of disk space|not enough space|quota exceeded|disk quota|over quota|insufficient (storage|space)|failure writing to local file/i.test(
    words,
  );
}

/** What is in the way of an answer, in a 550 that does not mean "not there". */
const WITHHOLDS =
  /denied|not (allowed|permitted|authori[sz]ed|accessible)|permission|forbidden|privilege|prohibited|insufficient|sharing violation|used by another|locked|busy|too many|timed? ?out|temporar|try (again|later)|not logged|i\/o error|internal error|name too long/i;

/** Whether a 550 to a question for a name says that something else than a file of that kind is there. */
export function impliesExistence(words: string): boolean {
  return /\b(not|only \w+) a? ?(regular|plain|ordinary) files?\b|only retrieve regular|\bis a directory\b|\balready exists\b/i.test(
    words,
  );
}

/** Whether a 550 to a question for a name means that there is none; without the name itself, which may hold any words. */
export function deniesExistence(words: string): boolean {
  return !WITHHOLDS.test(words);
}
