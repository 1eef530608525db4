import { ConfigError } from "../../shared/errors.ts";
import { percentDecode } from "../locations/location.ts";

export interface RedisAddress {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** What a URL says of where Redis is. */
type RedisUrl =
  | { readonly kind: "socket"; readonly path: string }
  | {
      readonly kind: "server";
      readonly address: RedisAddress;
      readonly database: number;
      readonly isPrivate: boolean;
    };

const URL_FORM = "expected a URL such as redis://redis.example.org:6379/0";

/** `redis://`, `rediss://` (TLS) or `unix://`, without a password. @throws ConfigError */
export function parseRedisUrl(text: string): RedisUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new ConfigError(URL_FORM);
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError("do not put passwords in this file; use user and passwordFrom");
  }
  if (url.search !== "" || url.hash !== "") throw new ConfigError(URL_FORM);
  if (url.protocol === "unix:" && url.host === "" && url.pathname.length > 1) {
    return { kind: "socket", path: percentDecode(text, url.pathname) };
  }
  const [path, database] = /^\/?(\d{0,5})$/.exec(url.pathname) ?? [];
  if (!/^rediss?:$/.test(url.protocol) || url.hostname === "" || path === undefined) {
    throw new ConfigError(URL_FORM);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const address = { host, port: url.port === "" ? 6_379 : Number(url.port) };
  return { kind: "server", address, database: Number(database), isPrivate: url.protocol === "rediss:" };
}

/** `host:port`, IPv6 in brackets. @throws ConfigError */
export function parseRedisAddress(text: string): RedisAddress {
  const [, bracketed, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new ConfigError("expected an address such as redis.example.org:6379");
  }
  return { host, port: Number(port) };
}
