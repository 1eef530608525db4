import { isIPv4, isIPv6 } from "node:net";
import { AddressError, ProtocolError } from "./errors.ts";
import type { Reply } from "./reply.ts";

/** Where a data connection goes: address and port (RFC 959 §4.1.2; RFC 2428 §2). */
export interface HostPort {
  /** IPv4 dotted or IPv6 text. */
  readonly address: string;
  /** 1 … 65535. */
  readonly port: number;
}

const SIX = Array.from({ length: 6 }, () => "(\\d{1,3})").join(" {0,3}, {0,3}");
const PARENTHESISED = new RegExp(`\\( {0,3}${SIX} {0,3}\\)`);
const BARE = new RegExp(`(?<!\\d[,.]?)${SIX}(?!,?\\d)`);

/** The argument of PORT: `h1,h2,h3,h4,p1,p2`. IPv4 only. */
export function formatPort({ address, port }: HostPort): string {
  if (!isIPv4(address)) throw new AddressError(`PORT supports IPv4 addresses only, not ${address}`);
  return `${address.replaceAll(".", ",")},${port >> 8},${port & 255}`;
}

/** The argument of EPRT: `|1|192.0.2.1|6446|` (RFC 2428 §2). */
export function formatExtendedPort({ address, port }: HostPort): string {
  return `|${isIPv6(address) ? 2 : 1}|${address}|${port}|`;
}

/**
 * The host-port of a 227: six numbers with commas between them, and blanks around those, whatever is before
 * and after (RFC 1123 §4.1.2.6). Those in parentheses come first, for words and numbers may surround them.
 */
export function parsePassive(reply: Reply): HostPort {
  const text = reply.lines.join(" ");
  const numbers = PARENTHESISED.exec(text) ?? BARE.exec(text);
  const [h1, h2, h3, h4, p1, p2] = (numbers?.slice(1) ?? []).map(Number);
  if (
    h1 === undefined ||
    h2 === undefined ||
    h3 === undefined ||
    h4 === undefined ||
    p1 === undefined ||
    p2 === undefined
  ) {
    throw new ProtocolError(`no address and port in the reply: ${reply.code} ${reply.lines.join(" ")}`);
  }
  if ([h1, h2, h3, h4, p1, p2].some((n) => n > 255)) {
    throw new ProtocolError(
      `address or port out of range in the reply: ${reply.code} ${reply.lines.join(" ")}`,
    );
  }
  return { address: `${h1}.${h2}.${h3}.${h4}`, port: p1 * 256 + p2 };
}

/**
 * The host-port of a 229: `(|||6446|)`, any delimiter of ASCII 33 … 126 (RFC 2428 §3). The address is the
 * control peer's unless the server gives one (CEPR).
 */
export function parseExtendedPassive(reply: Reply): { readonly address?: string; readonly port: number } {
  const text = reply.lines.join(" ");
  const match = /\(([!-~])([12]?)\1([0-9A-Fa-f.:]{0,45})\1(\d{1,5})\1\)/.exec(text);
  const port = Number(match?.[4]);
  if (match === null || port < 1 || port > 65_535)
    throw new ProtocolError(`no port in the reply: ${reply.code} ${text}`);
  const address = match[3] ?? "";
  if (address === "") return { port };
  if (!isIpAddress(address)) throw new ProtocolError(`no address in the reply: ${reply.code} ${text}`);
  return { address, port };
}

/** What a data address is measured by. */
interface AddressPolicy {
  /** Address at the other end of the control connection. */
  readonly peer: string;
  /** Further addresses that a person allowed for this host. */
  readonly allowed: readonly string[];
}

/**
 * The host-port to use for one a server sent. A server behind address translation names an address that
 * means nothing outside (unspecified, private, loopback) while its control peer is of another kind: then the
 * peer's stands in. Any other foreign address could be anyone's and is refused, and so is a port that
 * belongs to a system service (RFC 2577 §3).
 * @throws AddressError
 */
export function usableHostPort(offered: HostPort, policy: AddressPolicy): HostPort {
  const { address, port } = offered;
  if (port < 1024)
    throw new AddressError(`data port ${port} of ${address} rejected: ports below 1024 are not used`);
  if (address === policy.peer || policy.allowed.includes(address)) return offered;
  const range = rangeOf(address);
  if (range === "unusable" || (range !== "public" && range !== rangeOf(policy.peer))) {
    return { address: policy.peer, port };
  }
  throw new AddressError(
    `data address ${address} rejected: the server's own address is ${policy.peer}; to allow it, add it to dataAddresses in the host file`,
  );
}

/** The kind of an address; `unusable`: unspecified, multicast or reserved. */
export function rangeOf(address: string): "public" | "private" | "loopback" | "unusable" {
  if (!isIPv4(address)) {
    if (address === "::1") return "loopback";
    if (address === "::" || /^ff/i.test(address)) return "unusable";
    return /^(f[cd]|fe[89ab])/i.test(address) ? "private" : "public";
  }
  const [a = 0, b = 0] = address.split(".").map(Number);
  if (a === 0 || a >= 224) return "unusable";
  if (a === 127) return "loopback";
  const isPrivate =
    a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254);
  return isPrivate || (a === 100 && b >= 64 && b <= 127) ? "private" : "public";
}

/** Whether a text is an IPv4 or IPv6 address, the latter without brackets. */
export function isIpAddress(text: string): boolean {
  return isIPv4(text) || isIPv6(text);
}
