import { ProtectionError, ReplyError } from "../../../ftp/errors.ts";
import type { Reply } from "../../../ftp/reply.ts";
import type { Method, RefusalScope } from "./methods.ts";

/**
 * What a refusal of a method speaks against, so that what is refused for the same reason is not tried: the words
 * decide where the code does not (RFC 4217 §10.2 for 521, 522 and 53x; RFC 2577 for the address checks).
 */
export function whatIsRefused(method: Method, end: Reply | Error): RefusalScope {
  if (end instanceof ReplyError) return whatWasRefused(end);
  if (end instanceof ProtectionError) return "protection";
  // A host-port that nobody should use, or none at all in the reply: the other form names it otherwise.
  if (end instanceof Error) return "form";
  return whatFailed(method, end);
}

/**
 * Whether a server's settings have refused, which stay as they are: it said no to PORT, PROT or SSCN as such, or named
 * the reason. A data connection that did not come about may have had any other reason.
 */
export function isOfSettings(end: Reply | Error): boolean {
  if (end instanceof ProtectionError) return true;
  if (end instanceof ReplyError) return end.reply.code >= 500;
  return !(end instanceof Error) && (end.code >= 500 || NAMES_ADDRESSES.test(end.lines.join(" ")));
}

/** pyftpdlib refuses PASV and PORT so, where PROT is C and must not be. */
const NAMES_TLS = /\b(tls|ssl)\b|handshake|session reuse/i;

const NAMES_ADDRESSES = /foreign|security|bounce|\bfxp\b|client ip|bad ip|permission denied|not permitted/i;

/** Before the transfer: PROT, SSCN, PASV, EPSV, CPSV, PORT or EPRT. */
function whatWasRefused({ command, reply }: ReplyError): RefusalScope {
  switch (command.verb) {
    case "PROT":
    case "PBSZ":
    case "SSCN":
      return "protection";
    case "PORT":
    case "EPRT":
      if (NAMES_TLS.test(reply.lines.join(" "))) return "protection";
      return isUnknownCommand(reply) ? "form" : "roles";
    default:
      return NAMES_TLS.test(reply.lines.join(" ")) ? "protection" : "form";
  }
}

/** In the transfer: 425 or 522 in place of a data connection. */
function whatFailed(method: Method, reply: Reply): RefusalScope {
  const words = reply.lines.join(" ");
  // Who demands that its own session is resumed is content with nobody else's, whoever listens.
  if (/session reuse|session resum/i.test(words)) return "protection";
  if ([521, 522, 534, 536].includes(reply.code) || NAMES_TLS.test(words))
    return method.tlsClient === undefined ? "protection" : "protected-roles";
  if (/foreign|security|address|bounce|fxp|client ip/i.test(words)) return "roles";
  return method.tlsClient === undefined ? "roles" : "protected-roles";
}

/** A server without the command, not one that refuses this address. */
function isUnknownCommand({ code, lines }: Reply): boolean {
  if (code === 522) return true;
  return (
    [500, 502, 504].includes(code) &&
    /unknown|not (understood|implemented|supported|recogni)/i.test(lines.join(" "))
  );
}
