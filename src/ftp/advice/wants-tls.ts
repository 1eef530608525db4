import type { Reply } from "../reply.ts";
import type { HostSettings } from "../settings.ts";

/** What servers say on a connection in clear on which they want TLS; their codes are 421, 427, 503, 521, 522, 530, 534 and 550. */
const WANTS_TLS =
  /\b(ssl|tls)\b.{0,40}\b(required|needed|mandatory)\b|\b(requires?|must use|have to use|only)\b.{0,40}\b(ssl|tls|encryption|auth tls)\b|\bmust be encrypted\b|\bcleartext sessions\b|^use auth first|\buse secure (data )?connection\b|\bprot p required\b/i;
/** Replies quote names, and a name can hold any words. IIS says "Access is denied" where it wants TLS. */
const OF_A_NAME =
  /no such file or directory|cannot find|does(n't| not) exist|already exists|: permission denied/i;
/** Limits of connections name TLS as well. */
const COUNTS = /\b\d+ ((ssl|tls) )?connections\b/i;

/** What to set where a server says on a connection in clear that it wants TLS; undefined where it says something else. */
export function tlsAdvice({ tls }: HostSettings, reply: Reply): string | undefined {
  const words = reply.lines.join(" ");
  if (reply.code < 400 || !WANTS_TLS.test(words)) return undefined;
  if (OF_A_NAME.test(words) || COUNTS.test(words)) return undefined;
  return tls.policy === "off"
    ? "the server requires TLS: set tls: required for this host; in a URL, use ftpes://"
    : "the server requires TLS, but refuses AUTH TLS: if it has a port for implicit TLS, use ftps:// (tls.start: implicit)";
}
