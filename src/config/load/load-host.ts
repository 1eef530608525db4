import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Credentials, HostSettings } from "../../ftp/settings.ts";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import type { Directories } from "./directories.ts";
import { besideFile, load } from "./files.ts";
import { type Overrides, settingsOf, urlHostFile } from "./host-settings.ts";
import { HostFile } from "../schema/hosts.ts";
import type { Location, UrlLocation } from "../locations/location.ts";
import { fetchSecret, isAnonymous, netrcEntry, versionOfSecret } from "./secrets.ts";

/**
 * All that is needed to connect to where a location leads.
 * @throws ConfigError for an unknown host, a faulty file, or protection lowered below what the host file says
 */
export async function hostSettings(
  location: Exclude<Location, { kind: "local" }>,
  directories: Directories,
  overrides: Overrides,
): Promise<HostSettings> {
  if (location.kind === "url") return urlSettings(location, overrides);
  const name = location.host;
  const { file, value: host } = await load("host", name, join(directories.config, "hosts"), HostFile);
  const { passwordFrom, accountFrom } = host;
  const sources = [passwordFrom, accountFrom].filter((source) => source !== undefined);
  const versions = await Promise.all(sources.map((source) => versionOfSecret(source, file)));
  const way = JSON.stringify([file, passwordFrom, accountFrom, versions.map((version) => version.way)]);
  const values = versions.map(({ value }) => value);
  const credentials = await credentialsOf(name, host, {
    identity: identityOf(way, values),
    password: passwordFrom && (() => fetchSecret(passwordFrom, file)),
    account: accountFrom && (() => fetchSecret(accountFrom, file)),
  });
  return settingsOf(name, host, overrides, { credentials, authorities: await authoritiesOf(host, file) });
}

async function urlSettings(location: UrlLocation, overrides: Overrides): Promise<HostSettings> {
  const { address, port, password } = location;
  const name = (address.includes(":") ? `[${address}]` : address) + (port === undefined ? "" : `:${port}`);
  const host = urlHostFile(location);
  const credentials = await credentialsOf(name, host, {
    identity: identityOf("", [password]),
    password: sayer(password),
    account: undefined,
  });
  return settingsOf(name, host, overrides, { credentials });
}

/** RFC 1635 asks for an address; servers look at its form. */
export const ANONYMOUS_PASSWORD = "fxpd@";

/** Of this process alone, so that what is made of a secret with it is of no use elsewhere. */
let salt: Buffer | undefined;

/** Equal for equal secrets, or for the same way to ask for one; tells nothing of them. */
function identityOf(way: string, secrets: readonly (string | undefined)[]): string {
  if (secrets.every((secret) => secret === undefined)) return way;
  salt ??= randomBytes(32);
  return createHmac("sha256", salt)
    .update(JSON.stringify([way, ...secrets]))
    .digest("base64");
}

interface Secrets {
  /** What password and account are known by. */
  readonly identity: string;
  readonly password: (() => Promise<string>) | undefined;
  readonly account: (() => Promise<string>) | undefined;
}

/** Without a password of its own a host gets what the netrc file has for it; nobody in particular is anonymous. */
async function credentialsOf(
  name: string,
  { address, user }: HostFile,
  given: Secrets,
): Promise<Credentials> {
  const entry = given.password === undefined ? await netrcEntry(address, user) : undefined;
  const login = user ?? entry?.login ?? "anonymous";
  const password =
    given.password ?? sayer(entry?.password ?? (isAnonymous(login) ? ANONYMOUS_PASSWORD : undefined));
  const account = given.account ?? sayer(entry?.account);
  return {
    user: login,
    identity: identityOf(given.identity, [entry?.password, entry?.account]),
    password: password ?? (() => Promise.reject(noPassword(name, login, address))),
    ...(account === undefined ? {} : { account }),
  };
}

/** A secret that is known already, asked for like any other. */
function sayer(secret: string | undefined): (() => Promise<string>) | undefined {
  return secret === undefined ? undefined : () => Promise.resolve(secret);
}

function noPassword(name: string, user: string, address: string): ConfigError {
  return new ConfigError(
    `no password for ${user}; expected passwordFrom in a host file, or ${address} in ~/.netrc`,
    name,
  );
}

export async function authoritiesOf({ tls }: HostFile, file: string): Promise<string | undefined> {
  if (tls.caFile === undefined) return undefined;
  const path = besideFile(file, tls.caFile);
  // Whose it is does not matter: the host file names it, and that is judged.
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new ConfigError(`${path} cannot be read: ${reasonAt(path, error)}`, `${file}: tls.caFile`);
  });
}
