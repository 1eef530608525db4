import type { HostSettings, TlsPolicy } from "../ftp/settings.ts";
import { ConfigError } from "../shared/errors.ts";
import { HostFile } from "./hosts.ts";
import type { UrlLocation } from "./location.ts";

/** What a command or a job says about hosts. */
export interface Overrides {
  readonly tls?: TlsPolicy | undefined;
  /** Milliseconds without a reply or an octet. */
  readonly timeout?: number | undefined;
}

/** Secrets and files that a host file only points to. */
export interface Fetched {
  readonly password: () => Promise<string>;
  readonly account?: () => Promise<string>;
  readonly authorities?: string;
}

const STRENGTH: Readonly<Record<TlsPolicy, number>> = { off: 0, prefer: 1, required: 2 };

/**
 * The host file with what a command says instead. A command may ask for more protection, and for less where
 * the host file left that open; what the file demands stays.
 * @throws ConfigError
 */
export function withOverrides(host: HostFile, { tls, timeout }: Overrides, name: string): HostFile {
  if (tls !== undefined && host.tls.policy === "required" && STRENGTH[tls] < STRENGTH.required) {
    throw new ConfigError(
      `${name} requires TLS, and --tls ${tls} would lower that; change its host file if that is meant`,
    );
  }
  return {
    ...host,
    tls: { ...host.tls, policy: tls ?? host.tls.policy },
    timeouts: timeout === undefined ? host.timeouts : { connect: timeout, reply: timeout, stall: timeout },
  };
}

/** What a URL says, as if a host file said it. */
export function urlHostFile({ scheme, address, port }: UrlLocation, user: string): HostFile {
  const policy = scheme === "ftp" ? "off" : "required";
  const start = scheme === "ftps" ? "implicit" : "explicit";
  return HostFile.parse({ address, user, tls: { policy, start }, ...(port === undefined ? {} : { port }) });
}

export function settingsOf(
  name: string,
  host: HostFile,
  { password, account, authorities }: Fetched,
): HostSettings {
  const { tls, limits, timeouts, virtualHost } = host;
  return {
    name,
    address: host.address,
    port: host.port ?? (tls.start === "implicit" && tls.policy !== "off" ? 990 : 21),
    credentials: { user: host.user, password, ...(account === undefined ? {} : { account }) },
    tls: {
      policy: tls.policy,
      start: tls.start,
      verify: tls.verify,
      ...(authorities === undefined ? {} : { authorities }),
      ...(tls.fingerprint === undefined
        ? {}
        : { fingerprint: tls.fingerprint.replaceAll(":", "").toLowerCase() }),
      ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
    },
    ...(virtualHost === undefined ? {} : { virtualHost }),
    dataAddresses: host.dataAddresses,
    dataOpening: host.dataOpening,
    limits: { connections: limits.connections },
    timeouts: { connectMs: timeouts.connect, replyMs: timeouts.reply, stallMs: timeouts.stall },
  };
}
