import type { Directories } from "./directories.ts";
import { hostSettings } from "./load-host.ts";
import type { Overrides } from "./host-settings.ts";
import { formatLocation, type Location, parseLocation } from "./location.ts";
import { escapePattern, parsePattern } from "../copy/glob.ts";
import type { Source, Target } from "../copy/plan.ts";
import type { Place } from "../copy/pool.ts";
import { accountKey } from "../ftp/settings.ts";
import { ConfigError } from "../shared/errors.ts";
import { FtpSide, type FtpEdges } from "../transfer/sides/ftp-side.ts";
import { localSide } from "../transfer/sides/local-side.ts";

/** What turns a location into a place to connect to. */
export interface Surroundings {
  readonly directories: Directories;
  readonly overrides: Overrides;
  readonly edges: FtpEdges;
}

/** @throws ConfigError for something that is no location, or leads to no known host */
export async function sourceOf(text: string, surroundings: Surroundings): Promise<Source> {
  const location = parseLocation(text);
  return {
    place: await placeOf(location, surroundings),
    pattern: parsePattern(location.path),
    shown: formatLocation(location),
  };
}

export async function targetOf(text: string, surroundings: Surroundings): Promise<Target> {
  const location = parseLocation(text);
  const shown = formatLocation(location);
  const pattern = parsePattern(location.path);
  if (pattern.kind === "glob")
    throw new ConfigError(
      `"${shown}" has wildcards, and is to be one directory or file; escape them with \\`,
    );
  return { place: await placeOf(location, surroundings), path: pattern.path, shown };
}

async function placeOf(location: Location, { directories, overrides, edges }: Surroundings): Promise<Place> {
  const at = (path: string) =>
    formatLocation({ ...location, path: location.kind === "url" ? escapePattern(path) : path });
  if (location.kind === "local") {
    return { key: "local", name: "local", at, connect: () => localSide, limit: Number.POSITIVE_INFINITY };
  }
  const host = await hostSettings(location, directories, overrides);
  return {
    key: accountKey(host),
    name: host.name,
    at,
    connect: () => new FtpSide(host, edges),
    limit: host.limits.connections,
    ...(host.limits.loginsPerMinute === undefined ? {} : { loginsPerMinute: host.limits.loginsPerMinute }),
  };
}
