import { jobSchemaFor } from "../../config/schema/jobs.ts";
import { type Location, parseLocation } from "../../config/locations/location.ts";
import { parsePattern } from "../../copy/glob.ts";
import { matchesName } from "../../shared/name-pattern.ts";
import { joinPath } from "../../ftp/pathname.ts";

/** What a token may see and operate. A limit that is absent is none. */
export interface TokenLimits {
  /** Names, with `*` and `?`. */
  readonly jobs?: readonly string[];
  readonly hosts?: readonly string[];
  /** Directories, absolute or below the login directory. */
  readonly paths?: readonly string[];
}

/** A job or a run, as far as a limit is about it. */
export interface AccessSubject {
  readonly job: string;
  /** Before it is checked. */
  readonly document: unknown;
}

/** Whether all that a job reads and writes is within the limits; what cannot be known is not. */
export function isWithinLimits(limits: TokenLimits | undefined, { job, document }: AccessSubject): boolean {
  if (limits === undefined) return true;
  if (limits.jobs !== undefined && !matchesName(limits.jobs, job)) return false;
  if (limits.hosts === undefined && limits.paths === undefined) return true;
  return placesOf(document)?.every((place) => isPlaceWithin(limits, place)) ?? false;
}

/** Whether a host may be shown. */
export function isHostWithin(limits: TokenLimits | undefined, host: string): boolean {
  return limits?.hosts === undefined || matchesName(limits.hosts, host);
}

/** Whether only a part of the installation may be seen. */
export function isLimited(limits: TokenLimits | undefined): boolean {
  return limits !== undefined && Object.values(limits).some((limit) => limit !== undefined);
}

/** Where a job reads or writes. */
interface Place {
  readonly location: Location;
  /** Its own path, and of other things there that it reads or writes. */
  readonly paths: readonly string[];
}

/** All locations of a document; undefined for one that is no job. */
export function locationsIn(document: unknown): readonly Location[] | undefined {
  return placesOf(document)?.map(({ location }) => location);
}

function placesOf(document: unknown): readonly Place[] | undefined {
  const read = jobSchemaFor(document).safeParse(document);
  if (!read.success) return undefined;
  const job = read.data;
  const watched = job.watch?.in === undefined ? [] : [placeOf(job.watch.in)];
  if ("copy" in job) return [...watched, ...[...job.copy.from, job.copy.to].map((text) => placeOf(text))];
  const { mirror, canary, trash, stamp } = job;
  const targets = mirror.to.map((text) => placeOf(text, trash, stamp));
  return [...watched, placeOf(mirror.from, canary), ...targets];
}

function placeOf(text: string, ...beside: readonly (string | undefined)[]): Place {
  const location = parseLocation(text);
  const others = beside.flatMap((path) => (path === undefined ? [] : [joinPath(location.path, path)]));
  return { location, paths: [location.path, ...others] };
}

function isPlaceWithin({ hosts, paths }: TokenLimits, { location, paths: own }: Place): boolean {
  // This machine is no host, and what a URL leads to has no name here.
  if (location.kind === "local") return false;
  if (hosts !== undefined && (location.kind !== "host" || !matchesName(hosts, location.host))) return false;
  return paths === undefined || own.every((path) => paths.some((directory) => isBelow(path, directory)));
}

/** Of a path with wildcards, all that it may match; what may lead out again is not below. */
function isBelow(path: string, directory: string): boolean {
  if (path.replaceAll("\\", "").includes("..")) return false;
  const pattern = parsePattern(path);
  const [inner, outer] = [pattern.kind === "path" ? pattern.path : pattern.glob.base, directory].map(plain);
  if (inner === undefined || outer === undefined) return false;
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** `/pub//a/./` is `/pub/a`. */
function plain(path: string): string {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return (path.startsWith("/") ? "/" : "") + names.join("/");
}
