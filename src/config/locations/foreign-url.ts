import { lookup } from "node:dns/promises";
import { join } from "node:path";
import type { HostSettings } from "../../ftp/settings.ts";
import { ConfigError } from "../../shared/errors.ts";
import type { Directories } from "../load/directories.ts";
import { load, definitionName, yamlFiles } from "../load/files.ts";
import { type Overrides, settingsOf, urlHostFile } from "../load/host-settings.ts";
import { HostFile } from "../schema/hosts.ts";
import type { UrlLocation } from "./location.ts";
import { ANONYMOUS_PASSWORD, authoritiesOf } from "../load/load-host.ts";
import { isAnonymous } from "../load/secrets.ts";

/**
 * What is needed to connect to a URL that somebody asks for who is no user of this machine: nothing of the netrc file,
 * its default entry included, and no less protection than the file of a host at that address says.
 * @throws ConfigError where the URL asks for less, or for a user whose password would be ours
 */
export async function foreignSettings(
  location: UrlLocation,
  directories: Directories,
  overrides: Overrides,
): Promise<HostSettings> {
  const { address, port, user = "anonymous" } = location;
  const name = (address.includes(":") ? `[${address}]` : address) + (port === undefined ? "" : `:${port}`);
  if (!isAnonymous(user))
    throw new ConfigError("a URL in a request must not contain a password; create a host file instead", name);
  const credentials = { user, password: () => Promise.resolve(ANONYMOUS_PASSWORD) };
  let host = urlHostFile(location);
  let authorities: string | undefined;
  for (const held of await hostsAt(address, directories)) {
    // Throws where this would lower what the file says.
    settingsOf(held.name, held.host, { tls: host.tls.policy }, { credentials });
    const { fingerprint, serverName } = held.host.tls;
    authorities ??= await authoritiesOf(held.host, held.file);
    const pinned = {
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(serverName === undefined ? {} : { serverName }),
    };
    host = { ...host, tls: { ...host.tls, ...pinned }, limits: held.host.limits };
  }
  return settingsOf(name, host, overrides, { credentials, authorities });
}

interface Held {
  readonly name: string;
  readonly file: string;
  readonly host: HostFile;
}

/** Hosts of the configuration that are at an address, whether it is written as a name or as a number. */
async function hostsAt(address: string, { config }: Directories): Promise<readonly Held[]> {
  const directory = join(config, "hosts");
  const held: Held[] = [];
  for (const path of await yamlFiles(directory)) {
    const name = definitionName(path);
    const { file, value: host } = await load("host", name, directory, HostFile);
    if (await isSameServer(address, host.address)) held.push({ name, file, host });
  }
  return held;
}

async function isSameServer(one: string, two: string): Promise<boolean> {
  if (plain(one) === plain(two)) return true;
  const [first, second] = await Promise.all([addressesOf(one), addressesOf(two)]);
  return first.some((address) => second.includes(address));
}

async function addressesOf(name: string): Promise<readonly string[]> {
  const found = await lookup(plain(name), { all: true }).catch(() => []);
  return found.map(({ address }) => address.replace(/^::ffff:/, ""));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
