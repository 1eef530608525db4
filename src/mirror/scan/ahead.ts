import type { StatusListings } from "../../batch/status-listings.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { isServer } from "../../transfer/sides/side.ts";
import type { Role } from "../../transfer/role.ts";
import { both } from "./both.ts";
import type { ListedAhead, Next, ScanDeps, ScanOrder, OpenSides, StatusListing } from "../contract.ts";
import type { Clock } from "../../shared/clock.ts";
import type { DirectoryIndex } from "../index/directory-index.ts";

/** Directories in one write where each costs commands at the target as well. */
const MOST_MADE = 16;
/** Directories by which it is tried whether a server can do it. */
const SAMPLE = 8;

/** A directory, and what could be listed of it together with others. */
export type Prepared = readonly [Next, ListedAhead];

/** Lists many directories of a scan at once, where all servers that they are on can do that. */
export class ScanAhead {
  readonly #order: ScanOrder;
  readonly #status: StatusListings;
  readonly #index: DirectoryIndex | undefined;
  readonly #clock: Clock;

  constructor(order: ScanOrder, status: StatusListings, { index, clock }: Pick<ScanDeps, "index" | "clock">) {
    this.#order = order;
    this.#status = status;
    this.#index = index;
    this.#clock = clock;
  }

  /** Whether it may be of use. What only the target has is listed by itself, since its listing may be the ground for a deletion. */
  mayHelp({ at, path }: Next): boolean {
    if (path === "" || at === "target") return false;
    const servers = rolesOf(at).filter((role) => this.#order[role].place.limit !== Number.POSITIVE_INFINITY);
    return servers.length > 0 && !servers.some((role) => this.#status.rulesOut(this.#order[role].place.key));
  }

  /**
   * @param sides of the first one
   * @param soon directories that wait, the next one first; only those beside the first one that are on the same sides count
   * @param take takes up to so many of them out of those that wait
   */
  async prepare(
    sides: OpenSides,
    first: Next,
    soon: readonly Next[],
    take: (count: number) => readonly Next[],
    signal: AbortSignal,
  ): Promise<readonly Prepared[]> {
    const servers = await this.#servers(sides, first, signal);
    const sample = [first, ...soon.slice(0, SAMPLE - 1)];
    const [one, two] = await both(
      this.#window("source", servers, sides, sample, signal),
      this.#window("target", servers, sides, sample, signal),
    );
    const isMade = first.at === "source" && this.#order.makesDirectories;
    const window = Math.min(one, two, isMade ? MOST_MADE : Number.POSITIVE_INFINITY);
    if (servers.length === 0 || window === 0) return [[first, {}]];
    // Each connection gets its share, so that none is left without work.
    const share = Math.ceil((soon.length + 1) / this.#order.parallel);
    const all = [first, ...take(Math.min(window, share) - 1)];
    const [source, target] = await both(
      this.#list("source", servers, sides, all, signal),
      this.#list("target", servers, sides, all, signal),
    );
    return all.map((next) => {
      const [here, there] = [source?.(next), target?.(next)];
      return [next, { ...(here && { source: here }), ...(there && { target: there }) }];
    });
  }

  /** Those of the sides that are asked; none where each directory is to be listed by itself. */
  async #servers(sides: OpenSides, first: Next, signal: AbortSignal): Promise<readonly Role[]> {
    const servers: Role[] = [];
    for (const role of rolesOf(first.at)) {
      const side = sides[role];
      if (side === undefined || !isServer(side)) continue;
      const mayHelp =
        (await this.#status.mayHelp(side, signal)) &&
        // What shows only whether anything has changed says nothing where there is nothing to compare it with.
        (first.at === "both" || !(await this.#status.isScreen(side, signal)));
      if (mayHelp) servers.push(role);
      // One that each directory costs several turns on keeps the other one waiting.
      else if (role === "source" || this.#index?.leavesTargetOut(first.path) !== true) return [];
    }
    return servers;
  }

  async #window(
    role: Role,
    servers: readonly Role[],
    sides: OpenSides,
    sample: readonly Next[],
    signal: AbortSignal,
  ): Promise<number> {
    const side = sides[role];
    if (side === undefined || !servers.includes(role)) return Number.POSITIVE_INFINITY;
    return this.#status.window(
      side,
      sample.map((next) => this.#at(role, next)),
      signal,
    );
  }

  async #list(
    role: Role,
    servers: readonly Role[],
    sides: OpenSides,
    all: readonly Next[],
    signal: AbortSignal,
  ): Promise<((next: Next) => StatusListing | undefined) | undefined> {
    const side = sides[role];
    if (side === undefined || !servers.includes(role)) return undefined;
    const asked = role === "source" ? all : all.filter(({ path }) => !this.#index?.leavesTargetOut(path));
    const directories = asked.map((next) => this.#at(role, next));
    const isScreen = await this.#status.isScreen(side, signal);
    const askedMs = this.#clock.now();
    // Where both sides have a directory they are compared, and what differs is looked at again.
    const isVerified = all[0]?.at === "source" && all.length > 1;
    const listings = await this.#status.list(side, directories, isVerified, signal);
    return (next) => {
      const entries = listings.get(this.#at(role, next));
      return entries && { entries, askedMs, isScreen };
    };
  }

  #at(role: Role, { path }: Next): string {
    return joinPath(this.#order[role].path, path);
  }
}

function rolesOf(at: Next["at"]): readonly Role[] {
  return at === "both" ? ["source", "target"] : [at];
}
