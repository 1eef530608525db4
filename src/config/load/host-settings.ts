import type { Credentials, HostSettings, TlsPolicy } from "../../ftp/settings.ts";
import { ConfigError } from "../../shared/errors.ts";
import { HostFile } from "../schema/hosts.ts";
import type { UrlLocation } from "../locations/location.ts";

/** What a command or a job says about hosts. */
export interface Overrides {
  readonly tls?: TlsPolicy | undefined;
  /** Milliseconds without a greeting, a reply or a byte. */
  readonly timeout?: number | undefined;
  /** The address of this machine to connect from. */
  readonly localAddress?: string | undefined;
}

/** What a host file only points to. */
interface Fetched {
  readonly credentials: Credentials;
  /** PEM text. */
  readonly authorities?: string | undefined;
}

/** A host file, with what a command says instead. @throws ConfigError for protection lowered */
export function settingsOf(
  name: string,
  host: HostFile,
  overrides: Overrides,
  fetched: Fetched,
): HostSettings {
  const { tls, virtualHost, limits, dataAddresses, dataOpening, charset, timeZone } = host;
  const policy = policyOf(name, tls, overrides.tls);
  const { timeout, localAddress = host.localAddress } = overrides;
  return {
    name,
    address: host.address,
    port: host.port ?? (tls.start === "implicit" ? 990 : 21),
    credentials: fetched.credentials,
    tls: {
      policy,
      start: tls.start,
      verify: tls.verify,
      ...(fetched.authorities === undefined ? {} : { authorities: fetched.authorities }),
      ...(tls.fingerprint === undefined ? {} : { fingerprint: tls.fingerprint }),
      ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
    },
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(virtualHost === undefined ? {} : { virtualHost }),
    dataAddresses,
    dataOpening,
    ...(charset === undefined ? {} : { charset }),
    ...(timeZone === undefined ? {} : { timeZone }),
    commandsAhead: host.commandsAhead === "auto",
    ...(host.loginCommands.length === 0 ? {} : { loginCommands: host.loginCommands }),
    ...(host.inPlace === undefined ? {} : { inPlace: host.inPlace }),
    limits: {
      connections: limits.connections,
      ...(limits.rate === undefined ? {} : { rate: limits.rate }),
      ...(limits.rateTo === undefined ? {} : { rateTo: limits.rateTo }),
      ...(limits.rateFrom === undefined ? {} : { rateFrom: limits.rateFrom }),
      ...(limits.loginsPerMinute === undefined ? {} : { loginsPerMinute: limits.loginsPerMinute }),
    },
    timeouts: {
      connectMs: timeout ?? host.timeouts.connect,
      replyMs: timeout ?? host.timeouts.reply,
      stallMs: timeout ?? host.timeouts.stall,
      idleMs: host.timeouts.idle,
      minimumBytesPerSecond: host.timeouts.minimumRate,
    },
  };
}

/** What a URL gives, as if it were in a host file. */
export function urlHostFile({ scheme, address, port, user }: UrlLocation): HostFile {
  const policy = scheme === "ftp" ? "off" : "required";
  const start = scheme === "ftps" ? "implicit" : "explicit";
  return HostFile.parse({
    address,
    tls: { policy, start },
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
  });
}

const STRENGTH: Readonly<Record<TlsPolicy, number>> = { off: 0, prefer: 1, required: 2 };

/** A command may ask for more protection than the host's file says; for less only where that says nothing. */
function policyOf(name: string, tls: HostFile["tls"], wanted: TlsPolicy | undefined): TlsPolicy {
  const configured = tls.start === "implicit" ? "required" : tls.policy;
  if (configured !== undefined && wanted !== undefined && STRENGTH[wanted] < STRENGTH[configured]) {
    throw new ConfigError(
      `${name} has tls: ${configured} in its host file; tls: ${wanted} would weaken that`,
    );
  }
  return wanted ?? configured ?? "prefer";
}
