import { ConfigError } from "../shared/errors.ts";
import { decodeText, encodeText } from "../shared/octets.ts";

/** `ftp`: in clear; `ftpes`: explicit TLS; `ftps`: implicit TLS. */
export type Scheme = "ftp" | "ftpes" | "ftps";

/**
 * Where something is. A path may hold wildcards; one that begins with `/` is absolute, any other begins at
 * the login directory or, on this machine, at the working directory.
 */
export type Location =
  | { readonly kind: "host"; readonly host: string; readonly path: string }
  | UrlLocation
  | { readonly kind: "local"; readonly path: string };

export interface UrlLocation {
  readonly kind: "url";
  readonly scheme: Scheme;
  readonly user?: string;
  /** Never shown; messages and `formatLocation` leave it out. */
  readonly password?: string;
  /** Name or address; IPv6 without brackets. */
  readonly address: string;
  readonly port?: number;
  readonly path: string;
}

/** Names of hosts: they are file names as well. */
export const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * `host:path`, `ftp://user:password@host:port/path`, `/path`, `./path` or `file:///path`.
 * @throws ConfigError that says what was expected, without the password
 */
export function parseLocation(text: string): Location {
  if (/[\r\n\0]/.test(text)) throw wrong(text, "has a CR, LF or NUL in it, which no FTP command can carry");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === "file") return { kind: "local", path: filePath(text) };
  if (scheme === "ftp" || scheme === "ftpes" || scheme === "ftps") return parseUrl(scheme, text);
  if (scheme !== undefined) throw wrong(text, `has the scheme ${scheme}; expected ftp, ftpes, ftps or file`);
  if (/^(\/|\.{1,2}(\/|$))/.test(text)) return { kind: "local", path: text };
  const colon = text.indexOf(":");
  if (colon > 0 && HOST_NAME.test(text.slice(0, colon))) {
    return { kind: "host", host: text.slice(0, colon), path: text.slice(colon + 1) };
  }
  throw wrong(
    text,
    `is no location; expected host:path, ftp://host/path or a local path such as ./${text || "file"}`,
  );
}

/** The location as people may see it: a URL has lost its password. */
export function formatLocation(location: Location): string {
  if (location.kind === "local") return location.path;
  if (location.kind === "host") return `${location.host}:${location.path}`;
  const { scheme, user, address, port, path } = location;
  const login = user === undefined ? "" : `${encodePart(user)}@`;
  const host = address.includes(":") ? `[${address}]` : address;
  const from = path.startsWith("/") ? `/${path}` : path;
  return `${scheme}://${login}${host}${port === undefined ? "" : `:${port}`}/${encodePath(from)}`;
}

function parseUrl(scheme: Scheme, text: string): UrlLocation {
  const match = /^[A-Za-z]+:\/\/([^/]*)(?:\/(.*))?$/s.exec(text);
  const authority = match?.[1] ?? "";
  const at = authority.lastIndexOf("@");
  const login = at === -1 ? "" : authority.slice(0, at);
  const hostPort = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(authority.slice(at + 1));
  const address = hostPort?.[1] ?? decodePart(text, hostPort?.[2] ?? "");
  const port = hostPort?.[3] === undefined ? undefined : Number(hostPort[3]);
  if (address === "") throw wrong(text, "names no host; expected something like ftp://host:21/path");
  if (port !== undefined && (port < 1 || port > 65_535))
    throw wrong(text, `has the port ${port}; expected 1 to 65535`);
  const colon = login.indexOf(":");
  const user = colon === -1 ? login : login.slice(0, colon);
  return {
    kind: "url",
    scheme,
    address,
    path: urlPath(text, match?.[2] ?? ""),
    ...(login === "" ? {} : { user: decodePart(text, user) }),
    ...(colon === -1 ? {} : { password: decodePart(text, login.slice(colon + 1)) }),
    ...(port === undefined ? {} : { port }),
  };
}

/**
 * The path of a URL: `//x` and `/%2Fx` are absolute, `/x` begins at the login directory (RFC 1738 §3.2.2). A
 * wildcard that is percent-encoded means itself, and is escaped for the glob.
 */
function urlPath(text: string, raw: string): string {
  const escaped = raw.replace(/%(2A|3F|5B|5D|7B|7D|5C)/gi, (code) => `\\${decodePart(text, code)}`);
  return decodePart(text, escaped);
}

/** Percent-encoded octets to text. */
function decodePart(text: string, part: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(part))
    throw wrong(text, "has a % that is not followed by two hexadecimal digits");
  if (!part.includes("%")) return part;
  const octets = part.split(/(%[0-9A-Fa-f]{2})/).map((piece) => {
    return /^%[0-9A-Fa-f]{2}$/.test(piece)
      ? Buffer.of(Number.parseInt(piece.slice(1), 16))
      : encodeText(piece);
  });
  const decoded = decodeText(Buffer.concat(octets));
  if (/[\r\n\0]/.test(decoded))
    throw wrong(text, "has a CR, LF or NUL in it, which no FTP command can carry");
  return decoded;
}

function encodePart(text: string): string {
  return [...encodeText(text)].map((octet) => percent(octet, /[A-Za-z0-9._~-]/)).join("");
}

/** Wildcards stay as they are; what was escaped becomes percent-encoded again. */
function encodePath(path: string): string {
  return path
    .split(/(\\.)/s)
    .map((piece) => {
      const isEscaped = piece.startsWith("\\") && piece.length > 1;
      const octets = encodeText(isEscaped ? piece.slice(1) : piece);
      return [...octets]
        .map((octet) => percent(octet, isEscaped ? NOTHING : /[A-Za-z0-9._~/*?{},[\]!:@&=+$;'()-]/))
        .join("");
    })
    .join("");
}

const NOTHING = /(?!)/;

function percent(octet: number, plain: RegExp): string {
  const letter = String.fromCharCode(octet);
  return octet < 0x80 && plain.test(letter)
    ? letter
    : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
}

function filePath(text: string): string {
  const match = /^file:\/\/(?:localhost)?(\/.*)$/is.exec(text);
  if (match === null) throw wrong(text, "names another machine; expected file:///path");
  return urlPath(text, match[1] ?? "");
}

function wrong(text: string, what: string): ConfigError {
  return new ConfigError(`"${withoutPassword(text)}" ${what}`);
}

/** Everything between the scheme and the last @ may hold a password. */
export function withoutPassword(text: string): string {
  return text.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)([^/:@]*):.*@/s, "$1$2:***@");
}
