import { lookup } from "node:dns/promises";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { TypedAddress, TypedLogin } from "../../console/effects.ts";
import type { Directories } from "../../config/load/directories.ts";
import { hostSettings } from "../../config/load/load-host.ts";
import { HOST_NAME, type Location, parseLocation } from "../../config/locations/location.ts";
import { netrcEntry } from "../../config/load/secrets.ts";
import type { HostSettings, TlsPolicy } from "../../ftp/settings.ts";
import { ConnectionError } from "../../ftp/errors.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";

/** The names of the host files, in order. */
export function hostNames({ config }: Directories): readonly string[] {
  try {
    return readdirSync(join(config, "hosts"))
      .flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? [])
      .sort();
  } catch {
    return [];
  }
}

/** A server as a person named it. */
export interface Resolved {
  readonly host: HostSettings;
  readonly login: TypedLogin;
  /** The directory of a URL. */
  readonly path: string;
  /** Whether the connection may go on in clear where TLS fails: nobody asked for TLS, and old clients have none. */
  readonly mayGoClear: boolean;
}

/** What the command line says of all servers. */
export interface ResolveOptions {
  readonly directories: Directories;
  readonly tls?: TlsPolicy | undefined;
  readonly isAutomatic: boolean;
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** Milliseconds without a greeting, a reply or data. */
  readonly timeoutMs?: number | undefined;
  /** The address of this machine to connect from. */
  readonly localAddress?: string | undefined;
}

/** @throws ConfigError for what names no server, and for a faulty host file */
export async function resolveServer(
  { text, port }: TypedAddress,
  { directories, tls, isAutomatic, family, timeoutMs, localAddress }: ResolveOptions,
): Promise<Resolved> {
  const location = locationOf(text, port, directories);
  const isNamed = location.kind === "host";
  const isUrl = /^[A-Za-z]+:\/\//.test(text);
  const isImplicit = location.kind === "url" && location.scheme === "ftps";
  const wanted = tls ?? (isNamed || isUrl || isImplicit ? undefined : "prefer");
  const settings = await hostSettings(withoutNetrc(location), directories, {
    tls: wanted,
    timeout: timeoutMs,
    localAddress,
  });
  const user = location.kind === "url" ? location.user : undefined;
  const named = { ...settings, name: location.kind === "url" ? location.address : settings.name };
  const host = family === undefined ? named : await ofFamily(named, family);
  const password = location.kind === "url" ? location.password : undefined;
  const entry = isAutomatic && !isNamed ? await netrcEntry(host.address, user) : undefined;
  const login: TypedLogin = isNamed
    ? { user: host.credentials.user, ...(await secretsOf(host)) }
    : {
        ...(user === undefined ? {} : { user }),
        ...(entry?.login === undefined ? {} : { user: entry.login }),
        ...(entry?.password === undefined ? {} : { password: entry.password }),
        ...(entry?.account === undefined ? {} : { account: entry.account }),
        ...(password === undefined ? {} : { password }),
        ...(entry?.macros === undefined ? {} : { macros: entry.macros }),
        ...(entry?.macros?.get("init") === undefined ? {} : { init: entry.macros.get("init") ?? [] }),
      };
  return { host, login, path: location.path, mayGoClear: wanted === "prefer" && tls === undefined };
}

/** The same host under an address of this family; its certificate is still that of the name. */
async function ofFamily(host: HostSettings, family: 4 | 6): Promise<HostSettings> {
  try {
    const { address } = await lookup(host.address, { family });
    return { ...host, address, tls: { serverName: host.address, ...host.tls } };
  } catch (error) {
    throw new ConnectionError(`${host.name}: no IPv${family} address: ${messageOf(error)}`, error);
  }
}

/** The console logs in by itself, and asks the netrc file only where it is to. */
function withoutNetrc(location: Exclude<Location, { kind: "local" }>): typeof location {
  return location.kind === "url" ? { ...location, password: location.password ?? "" } : location;
}

async function secretsOf({ credentials }: HostSettings): Promise<Pick<TypedLogin, "password" | "account">> {
  const password = await credentials.password().catch(() => undefined);
  const account = await credentials.account?.();
  return { ...(password === undefined ? {} : { password }), ...(account === undefined ? {} : { account }) };
}

function locationOf(
  text: string,
  port: number | undefined,
  directories: Directories,
): Exclude<Location, { kind: "local" }> {
  if (/^[A-Za-z]+:\/\//.test(text)) {
    const location = parseLocation(text);
    if (location.kind === "local") throw new ConfigError(`${text} is a file of this machine, not a server`);
    return port === undefined || location.kind === "host" ? location : { ...location, port };
  }
  if (
    port === undefined &&
    HOST_NAME.test(text) &&
    existsSync(join(directories.config, "hosts", `${text}.yaml`))
  )
    return { kind: "host", host: text, path: "" };
  const [, user, bracketed, name, digits] =
    /^(?:(.*)@)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))(?::(\d+))?$/.exec(
      text,
    ) ?? [];
  const address = bracketed ?? name;
  if (address === undefined)
    throw new ConfigError(
      `"${text}" is no server; expected HOST, USER@HOST, ftp://HOST or the name of a host file`,
    );
  const number = port ?? (digits === undefined ? undefined : Number(digits));
  return {
    kind: "url",
    scheme: number === 990 ? "ftps" : "ftp",
    address,
    path: "",
    ...(user === undefined ? {} : { user }),
    ...(number === undefined ? {} : { port: number }),
  };
}
