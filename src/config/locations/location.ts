import { isIpAddress } from "../../ftp/address.ts";
import { ConfigError } from "../../shared/errors.ts";
import { decodeText, encodeText } from "../../shared/octets.ts";

/** `ftp`: in clear; `ftpes`: explicit TLS; `ftps`: implicit TLS. */
type Scheme = "ftp" | "ftpes" | "ftps";

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

/** Names of hosts and jobs: they are file names as well. */
export const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * `host:path`, `ftp://user:password@host:port/path`, `/path`, `./path`, `name` or `file:///path`.
 * @throws ConfigError that says what was expected, without the password
 */
export function parseLocation(text: string): Location {
  if (hasControl(text)) throw wrong(text, CONTROL);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === "file") return { kind: "local", path: filePath(text) };
  if (scheme === "ftp" || scheme === "ftpes" || scheme === "ftps") return parseUrl(scheme, text);
  if (scheme !== undefined) throw wrong(text, `has the scheme ${scheme}; expected ftp, ftpes, ftps or file`);
  const colon = text.indexOf(":");
  const slash = text.indexOf("/");
  // As scp, rsync and rclone have it: a slash before the first colon makes it a path, and so does no colon at all.
  if (slash !== -1 && (colon === -1 || slash < colon)) return { kind: "local", path: text };
  if (isWord(text) || text === "." || text === "..") return { kind: "local", path: text };
  if (HOST_NAME.test(text.slice(0, Math.max(colon, 0)))) {
    return { kind: "host", host: text.slice(0, colon), path: text.slice(colon + 1) };
  }
  const login = loginForm(text);
  return login === undefined ? notOne(text) : { kind: "url", scheme: "ftp", ...login };
}

/**
 * A location in a file or a request. One name alone is refused there: a host whose colon was forgotten would be a
 * directory of this machine, every night, with nobody there to notice.
 * @throws ConfigError that says what was expected, without the password
 */
export function parseStoredLocation(text: string): Location {
  return isWord(text) ? notOne(text) : parseLocation(text);
}

/** Whether it is one name alone: a local path, or a host whose colon was forgotten. */
export function isWord(text: string): boolean {
  return text !== "" && text !== "." && text !== ".." && !/[:/@]/.test(text);
}

function notOne(text: string): never {
  const example = text === "" || text.includes(":") ? "file" : text;
  throw wrong(
    text,
    `is not a location; expected host:path, ftp://host/path or a local path such as ./${example}`,
  );
}

/** `user@host:path`, as scp has it, in its parts; undefined: it is another form. */
export function loginForm(
  text: string,
): Required<Pick<UrlLocation, "user" | "address" | "path">> | undefined {
  const [, user, address, path] = /^([^@:/\s]+)@([^@:/\s]+):(.*)$/s.exec(text) ?? [];
  return user === undefined || address === undefined || path === undefined
    ? undefined
    : { user, address, path };
}

/** The location as people may see it: a URL has lost its password. Parsed again it is the same otherwise. */
export function formatLocation(location: Location): string {
  if (location.kind === "local") return location.path;
  if (location.kind === "host") return `${location.host}:${location.path}`;
  const { scheme, user, address, port, path } = location;
  const login = user === undefined ? "" : `${percentEncode(user, /[A-Za-z0-9._~-]/)}@`;
  const host = address.includes(":") ? `[${address}]` : address;
  return `${scheme}://${login}${host}${port === undefined ? "" : `:${port}`}/${encodePath(path)}`;
}

/** A text that was meant as a location, with whatever may be a password in it as `***`. */
export function withoutPassword(text: string): string {
  const [, scheme = "", login = "", host = ""] =
    /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)?((?:.*@)?)(.*)$/s.exec(text) ?? [];
  // Where somebody forgot the host, the password is where a port should be.
  const isHost =
    scheme === "" ||
    /^([^:]*|\[[^\]]*\])(:\d{1,5})?(\/|$)/.test(host) ||
    isIpAddress(host.replace(/\/.*/s, ""));
  return scheme + login.replace(/:.*/s, ":***@") + (isHost ? host : host.replace(/:.*/s, ":***"));
}

function parseUrl(scheme: Scheme, text: string): UrlLocation {
  const [, authority = "", path = ""] = /^[A-Za-z]+:\/\/([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  const at = authority.lastIndexOf("@");
  const login = parseLogin(text, authority.slice(0, Math.max(at, 0)));
  const host = authority.slice(at + 1);
  const [, bracketed, name, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:%?#[\]]+))(?::(\d+))?$/.exec(host) ?? [];
  const address = bracketed ?? name;
  if (address === undefined && isIpAddress(host)) {
    throw wrong(text, "has an IPv6 address without brackets; expected for example ftp://[::1]:21/path");
  }
  if (address === undefined) {
    throw wrong(
      text,
      "contains no host name; expected for example ftp://host:21/path (IPv6 addresses in brackets)",
    );
  }
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535))
    throw wrong(text, "has an invalid port; expected 1 to 65535");
  return {
    kind: "url",
    scheme,
    ...login,
    address,
    ...(port === undefined ? {} : { port }),
    // `//x` and `/%2Fx` are absolute, `/x` begins at the login directory (RFC 1738 §3.2.2).
    path: percentDecode(text, escapeEncoded(withoutType(text, path))),
  };
}

/** `;type=i` says what is done anyway (RFC 1738 §3.2.2). @throws ConfigError for text, for a listing, and for a fragment */
function withoutType(text: string, path: string): string {
  if (path.includes("#")) throw wrong(text, "has a # in its path; write %23 where it is part of a name");
  const [, before = "", type] = /^(.*);type=(.*)$/is.exec(path) ?? [];
  if (type === undefined) return path;
  if (type.toLowerCase() === "i") return before;
  throw wrong(text, "has a ;type= other than i; files are copied byte for byte");
}

function parseLogin(text: string, login: string): Pick<UrlLocation, "user" | "password"> {
  if (login === "") return {};
  const [, user = "", password] = /^([^:]*)(?::(.*))?$/s.exec(login) ?? [];
  if (user === "") throw wrong(text, "has a password but no user; expected ftp://user:password@host/path");
  const decoded = { user: percentDecode(text, user) };
  return password === undefined ? decoded : { ...decoded, password: percentDecode(text, password) };
}

function filePath(text: string): string {
  const path = /^file:\/\/(?:localhost)?(\/.*)$/is.exec(text)?.[1];
  if (path === undefined) throw wrong(text, "names another machine; expected file:///path");
  return percentDecode(text, escapeEncoded(path));
}

/** A wildcard that is percent-encoded means itself: it is escaped, as a glob has it. */
function escapeEncoded(path: string): string {
  return path.replace(/\\[^%]|\\?(%(?:2A|3F|5B|5D|7B|7D|5C))/gi, (piece, code?: string) =>
    code === undefined ? piece : `\\${code}`,
  );
}

/** Wildcards stay as they are; one that was escaped becomes percent-encoded. */
function encodePath(path: string): string {
  const parts = path.split(/\\([*?[\]{}\\])/); // every second part is a character that was escaped
  return parts.map((part, index) => percentEncode(part, index % 2 === 0 ? PATH : NONE)).join("");
}

/** What stands for itself in the path of a URL, wildcards and their escapes included. */
const PATH = /[A-Za-z0-9._~/*?{},[\]\\!:@&=+$'()-]/;
const NONE = /(?!)/;

function percentEncode(text: string, plain: RegExp): string {
  const encoded = [...encodeText(text)].map((octet) => {
    const letter = String.fromCharCode(octet);
    return plain.test(letter) ? letter : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return encoded.join("");
}

/** Percent-encoded bytes to text; `text` is the whole location, for the message. @throws ConfigError */
export function percentDecode(text: string, part: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(part))
    throw wrong(text, "has a % that is not followed by two hexadecimal digits");
  const decoded = part.replace(/(?:%..)+/g, (octets) =>
    decodeText(Buffer.from(octets.replaceAll("%", ""), "hex")),
  );
  if (hasControl(decoded)) throw wrong(text, CONTROL);
  return decoded;
}

const CONTROL = "contains CR, LF or NUL, which an FTP command cannot contain";

function hasControl(text: string): boolean {
  return /[\r\n\0]/.test(text);
}

function wrong(text: string, what: string): ConfigError {
  return new ConfigError(`"${withoutPassword(text)}" ${what}`);
}
