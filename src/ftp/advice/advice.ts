import { type Directive, DIRECTIVES, IN_CLEAR, type When } from "./directives.ts";
import type { Family } from "../quirks.ts";
import type { Reply } from "../reply.ts";

const NO_SSCN =
  "it has neither SSCN nor CPSV, and no setting adds them: for TLS between the servers, the other one must have SSCN or CPSV, as ProFTPD and glFTPd do";

/** What no setting changes. */
const LIMITS: readonly { readonly family: Family; readonly when: When; readonly says: string }[] = [
  ...(["vsftpd", "pure-ftpd", "pyftpdlib", "filezilla"] as const).map((family) => {
    return { family, when: "tls-client", says: NO_SSCN } as const;
  }),
  {
    family: "filezilla",
    when: "passive",
    says: "FileZilla Server 1.x accepts passive data connections only from its own client, and no setting changes that: it must be the active side",
  },
  {
    family: "filezilla",
    when: "tls-reuse",
    says: "FileZilla Server 1.x requires TLS session resumption, and no setting changes that: third-party transfers over TLS are not possible",
  },
  {
    family: "filezilla",
    when: "tls-clear-refused",
    says: "FileZilla Server 1.x transfers nothing unencrypted once TLS is on, and no setting changes that",
  },
];

/** What is to be looked for in a server that we do not know. */
const WANTED: Readonly<Partial<Record<When, string>>> = {
  active: "allow data connections to addresses other than the client's (FXP)",
  passive: "allow data connections from addresses other than the client's (FXP)",
  unreachable: "open its passive ports to the other server (firewall)",
  address: "make it announce an address in its PASV reply that the other server can reach",
  "tls-reuse": "stop requiring TLS session resumption on data connections",
  "tls-clear-refused": `allow file transfers without TLS; ${IN_CLEAR}`,
  "tls-verify": "make it trust the other server's certificate",
};

/** How one server ended an attempt, and its part in it. */
export interface RefusalFacts {
  /** What it was asked: PROT, SSCN, PASV, EPSV, CPSV, PORT, EPRT, RETR or STOR. */
  readonly verb: string;
  /**
   * Its reply; or no word: its control connection was closed, it served nobody, nothing ended in time; or the
   * host-port of its reply was of no use.
   */
  readonly end: Reply | "lost" | "silent" | "timed-out" | "bad-address";
  readonly stance: "active" | "passive";
  /** Its part in TLS on the data connection. */
  readonly tls: "clear" | "server" | "client";
}

export function adviceOn(family: Family | undefined, when: When): readonly string[] {
  const limits = LIMITS.filter((row) => row.family === family && row.when === when);
  const directives = DIRECTIVES.filter((row) => row.family === family && row.when === when);
  const known = [...limits.map(({ says }) => says), ...directives.map(sentenceOf)];
  const wanted = WANTED[when];
  return known.length > 0 || wanted === undefined ? known : [wanted];
}

function sentenceOf({ example, file, isVerified, remark }: Directive): string {
  const sentence = `${isVerified ? "" : "probably "}set ${example} in ${file}`;
  return remark === undefined ? sentence : `${sentence} (${remark})`;
}

const TLS_WORDS = /\b(tls|ssl)\b|encrypt|secure data|prot setting|session reuse|handshake/i;
/** In whatever reply, and in one that can be about a data connection only. */
const FOREIGN_WORDS = /foreign|client ip|bad ip|bounce|\bfxp\b/i;
const REJECT_WORDS = /security|not allowed|permission denied|reject/i;
const DIAL_WORDS = /refused|timed? ?out|unreachable|no route|(could not|cannot|can't|failed to|unable to) /i;

/** Which kind of setting speaks from a refusal; undefined where none is known to. */
export function whenOf({ verb, end, stance, tls }: RefusalFacts): When | undefined {
  if (end === "bad-address") return "address";
  if (end === "timed-out") return "unreachable";
  if (end === "silent") return stance === "passive" ? "passive" : undefined;
  if (verb === "SSCN" || (verb === "CPSV" && end !== "lost")) return "tls-client";
  if (end === "lost") return tls === "client" && isTransfer(verb) ? "tls-verify" : undefined;
  if (verb === "PROT") return tls === "clear" ? "tls-clear-refused" : undefined;
  const words = end.lines.join(" ");
  const isOfTls = TLS_WORDS.test(words) || (isTransfer(verb) && [521, 522, 534, 536].includes(end.code));
  if (isOfTls) return WHEN_OF_TLS[tls];
  return isTransfer(verb) ? inTransfer(end.code, words, stance, tls) : beforeTransfer(verb, words);
}

const WHEN_OF_TLS = { clear: "tls-clear-refused", server: "tls-reuse", client: "tls-verify" } as const;

const isTransfer = (verb: string) => /^(RETR|STOR|APPE)$/.test(verb);

function beforeTransfer(verb: string, words: string): When | undefined {
  if (/^(PASV|EPSV)$/.test(verb))
    return FOREIGN_WORDS.test(words) || REJECT_WORDS.test(words) ? "passive" : undefined;
  if (/unknown|not (understood|implemented|supported|recogni)/i.test(words)) return undefined;
  return /privileged|\b102[34]\b/i.test(words) ? "low-port" : "active";
}

function inTransfer(
  code: number,
  words: string,
  stance: RefusalFacts["stance"],
  tls: RefusalFacts["tls"],
): When | undefined {
  // ProFTPD's way to say that the TLS session was not resumed; its address check says "Permission denied".
  if (tls === "server" && /operation not permitted/i.test(words)) return "tls-reuse";
  if (FOREIGN_WORDS.test(words) || (code === 425 && REJECT_WORDS.test(words))) return stance;
  if (stance === "active") return code === 425 && DIAL_WORDS.test(words) ? "unreachable" : undefined;
  return code === 425 ? "passive" : undefined;
}
