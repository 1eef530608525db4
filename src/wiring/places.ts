import { join } from "node:path";
import { isDescribed, isThere, definitionName, yamlFiles } from "../config/load/files.ts";
import { suggestion } from "../config/load/nearest.ts";
import { ambiguityOf } from "../config/locations/ambiguity.ts";
import type { Directories } from "../config/load/directories.ts";
import { foreignSettings } from "../config/locations/foreign-url.ts";
import { hostSettings } from "../config/load/load-host.ts";
import type { Overrides } from "../config/load/host-settings.ts";
import { formatLocation, isWord, type Location, parseLocation } from "../config/locations/location.ts";
import { escapePattern, parsePattern } from "../copy/glob.ts";
import { PatternBudget } from "../copy/pattern/budget.ts";
import type { CopySource } from "../copy/plan.ts";
import type { Place } from "../batch/pool.ts";
import { isAbsolute } from "../ftp/pathname.ts";
import { accountKey, connectionKey, lastingKey } from "../ftp/settings.ts";
import { ConfigError } from "../shared/errors.ts";
import type { FtpDeps } from "../transfer/sides/ftp-connection.ts";
import { FtpSide } from "../transfer/sides/ftp-side.ts";
import { isDirectory } from "../transfer/sides/local/paths.ts";
import { LocalTree, type TreeOptions } from "../transfer/sides/local/tree.ts";
import { LocalSide } from "../transfer/sides/local-side.ts";
import type { Side } from "../transfer/sides/side.ts";
import type { CopyLinks } from "../config/schema/options.ts";
import type { Target } from "../batch/task.ts";

/** The {@link Place.key} of this machine, which has no slots and is never in trouble as a whole. */
export const LOCAL_KEY = "local";

/** What turns a location into a place to connect to. */
export interface LocationContext {
  readonly directories: Directories;
  readonly overrides: Overrides;
  /** Whether somebody asks who is no user of this machine; absent: not. */
  readonly isForeign?: boolean;
  readonly deps: FtpDeps;
}

/**
 * @param links what becomes of symbolic links that a pattern comes to on this machine; what is named itself is meant
 * @param budget what the patterns of all sources may cost together
 * @throws ConfigError for something that is no location, or leads to no known host
 */
export async function sourceOf(
  text: string,
  context: LocationContext,
  links: CopyLinks = "follow-all",
  budget = new PatternBudget(),
): Promise<CopySource> {
  const location = parseLocation(text);
  await requireUnambiguous(text, context.directories);
  const pattern = parsePattern(location.path, budget);
  // A file that is named is meant, wherever a link leads; what is in a directory is found, and must lie in it.
  const isFile =
    location.kind === "local" &&
    pattern.kind === "path" &&
    !(await isDirectory(pattern.path).catch(() => false));
  const base = pattern.kind === "path" ? pattern.path : pattern.glob.base;
  const tree = isFile ? ANYWHERE : { roots: [base], follows: FOLLOWS[links] };
  return {
    place: await placeOf(location, tree, context),
    pattern,
    shown: formatLocation(location),
    skipsLinks: links === "skip",
    entersDirectories: !isFile,
  };
}

/**
 * @param links what becomes of symbolic links below it on this machine; default: none is followed
 * @param trash a directory below it, or elsewhere, of which the same holds
 */
export async function targetOf(
  text: string,
  context: LocationContext,
  {
    links = "skip",
    trash,
  }: { readonly links?: keyof typeof FOLLOWS; readonly trash?: string | undefined } = {},
): Promise<Target> {
  const location = parseLocation(text);
  await requireUnambiguous(text, context.directories);
  const shown = formatLocation(location);
  const pattern = parsePattern(location.path);
  if (pattern.kind === "glob")
    throw new ConfigError(
      `"${shown}" contains wildcards, but must be one directory or file; escape them with \\`,
    );
  const others = trash === undefined || !isAbsolute(trash) ? [] : [trash];
  const tree = { roots: [pattern.path, ...others], follows: FOLLOWS[links] };
  return { place: await placeOf(location, tree, context), path: pattern.path, shown };
}

/** @throws ConfigError for a location that may be meant as another one */
async function requireUnambiguous(text: string, { config }: Directories): Promise<void> {
  const hosts = join(config, "hosts");
  const ambiguity = ambiguityOf(text, (name) => isDescribed(name, hosts));
  if (ambiguity !== undefined) throw new ConfigError(ambiguity);
  if (isWord(text) && parsePattern(text).kind === "path" && !isThere(text)) {
    const files = await yamlFiles(hosts).catch(() => []);
    const near = suggestion(text, files.map(definitionName));
    // Any two words of one or two letters are near each other.
    if (near !== "" && text.length > 2)
      throw new ConfigError(
        `"${text}" is neither a host nor a file here${near} Write HOST: with a colon, or ./${text} for a new local path`,
      );
  }
}

const ANYWHERE: TreeOptions = { roots: [], follows: "all" };
const FOLLOWS = { follow: "inside", "follow-all": "all", skip: "none", copy: "none" } as const;

/** Another path at the place of a location, as people and events have it. */
export function shownAt(location: Location, path: string): string {
  return formatLocation({ ...location, path: location.kind === "url" ? escapePattern(path) : path });
}

async function placeOf(
  location: Location,
  options: TreeOptions,
  { directories, overrides, deps, isForeign = false }: LocationContext,
): Promise<Place> {
  const at = (path: string) => shownAt(location, path);
  if (location.kind === "local") {
    // One tree for all who work there: what one has entered, the others know again.
    const tree = new LocalTree(options);
    const connect = () => new LocalSide(tree);
    const adopt = (side: Side) => {
      const own = connect();
      void side.close();
      return own;
    };
    const scope = JSON.stringify(options);
    return { key: LOCAL_KEY, scope, name: "local", at, connect, adopt, limit: Number.POSITIVE_INFINITY };
  }
  const host =
    isForeign && location.kind === "url"
      ? await foreignSettings(location, directories, overrides)
      : await hostSettings(location, directories, overrides);
  return {
    key: accountKey(host),
    scope: `${host.name} ${connectionKey(host)}`,
    lasting: `${host.name} ${lastingKey(host)}`,
    name: host.name,
    at,
    connect: () => new FtpSide(host, deps),
    adopt: (side) => (side instanceof FtpSide ? side.serving(deps) : side),
    limit: host.limits.connections,
    ...(host.limits.rate === undefined ? {} : { rate: host.limits.rate }),
    ...(host.limits.rateTo === undefined ? {} : { rateTo: host.limits.rateTo }),
    ...(host.limits.rateFrom === undefined ? {} : { rateFrom: host.limits.rateFrom }),
    ...(host.limits.loginsPerMinute === undefined ? {} : { loginsPerMinute: host.limits.loginsPerMinute }),
  };
}
