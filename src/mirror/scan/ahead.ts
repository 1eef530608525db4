import type { Listings, StatusListings } from "../../batch/status-listings.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { isServer } from "../../transfer/sides/side.ts";
import type { Role } from "../../transfer/role.ts";
import { both } from "./both.ts";
import type { ListedAhead, Next, ScanOrder, Sides } from "../contract.ts";

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

  constructor(order: ScanOrder, status: StatusListings) {
    this.#order = order;
    this.#status = status;
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
    sides: Sides,
    first: Next,
    soon: readonly Next[],
    take: (count: number) => readonly Next[],
    signal: AbortSignal,
  ): Promise<readonly Prepared[]> {
    const servers = rolesOf(first.at).filter((role) => {
      const side = sides[role];
      return side !== undefined && isServer(side);
    });
    for (const role of servers) {
      const side = sides[role];
      // One that each directory costs several turns on keeps the other one waiting.
      if (side !== undefined && !(await this.#status.mayHelp(side, signal))) return [[first, {}]];
    }
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
      const [here, there] = [source?.get(this.#at("source", next)), target?.get(this.#at("target", next))];
      return [next, { ...(here && { source: here }), ...(there && { target: there }) }];
    });
  }

  async #window(
    role: Role,
    servers: readonly Role[],
    sides: Sides,
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
    sides: Sides,
    all: readonly Next[],
    signal: AbortSignal,
  ): Promise<Listings | undefined> {
    const side = sides[role];
    if (side === undefined || !servers.includes(role)) return undefined;
    const directories = all.map((next) => this.#at(role, next));
    // Where both sides have a directory they are compared, and what differs is looked at again.
    return this.#status.list(side, directories, all[0]?.at === "source" && all.length > 1, signal);
  }

  #at(role: Role, { path }: Next): string {
    return joinPath(this.#order[role].path, path);
  }
}

function rolesOf(at: Next["at"]): readonly Role[] {
  return at === "both" ? ["source", "target"] : [at];
}
