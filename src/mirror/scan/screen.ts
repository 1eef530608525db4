import type { StatusListings } from "../../batch/status-listings.ts";
import { joinPath } from "../../ftp/pathname.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import type { Clock } from "../../shared/clock.ts";
import { isCancellation } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { retryOfError } from "../../transfer/errors.ts";
import type { Role } from "../../transfer/role.ts";
import type { ScanResult, ListedAhead, Next, ScanOrder, OpenSides } from "../contract.ts";
import type { Rules } from "../decide/plan.ts";
import { type Zone, zoneBetween } from "../decide/times.ts";
import type { ListedDirectory, DirectoryListing } from "../decide/tree.ts";
import { asAtSource, canBeDone, isDone, isPlain, leavesSome, showSame } from "../index/clean.ts";
import type { DirectoryIndex } from "../index/directory-index.ts";
import {
  areOver,
  type DirectoryFingerprint,
  directoryFingerprintOf,
  type LookedBy,
  tellsChanges,
  zonelessIn,
} from "../index/entry.ts";
import { both } from "./both.ts";
import { asListed } from "./listings/look.ts";
import { sharpened } from "./listings/sharpen.ts";

/** A directory on one side, as it was seen before it was compared, if it was. */
interface Look {
  readonly listed: ListedDirectory;
  readonly print: DirectoryFingerprint;
  readonly by: LookedBy;
  readonly beganMs: number;
  /** Whether its server has a better listing than this. */
  readonly isScreen: boolean;
}

/** What one side has shown. */
interface Looked {
  readonly look?: Look;
  readonly listing?: DirectoryListing;
}

/** What was seen of a directory that both sides may have. */
export interface Glance {
  readonly looks: Readonly<Record<Role, Look | undefined>>;
  /** What has been listed, and need not be again. */
  readonly listings: Readonly<Record<Role, DirectoryListing | undefined>>;
  /** How it is taken as unchanged, where it is. */
  readonly unchanged?: {
    readonly source: ListedDirectory;
    readonly target: ListedDirectory;
    readonly isScreen: boolean;
    readonly because: string;
  };
}

/** An exact comparison of a directory. */
interface Compared {
  readonly source: DirectoryListing;
  readonly target: DirectoryListing;
  readonly found: readonly ScanResult[];
}

interface ScreenDeps {
  readonly index: DirectoryIndex;
  readonly clock: Clock;
  readonly status: StatusListings | undefined;
}

/** Says of directories whether they look as they did when they were compared exactly, and notes how those look that were. */
export class DirectoryScreen {
  readonly #order: ScanOrder;
  readonly #index: DirectoryIndex;
  readonly #clock: Clock;
  readonly #status: StatusListings | undefined;
  readonly #sourceSinceMs: number;
  /** How far listings are ahead of UTC; undefined: that could not be found out. */
  readonly #zones = new Map<Role, Promise<Zone | undefined>>();

  /** @param sourceSinceMs others may have listed the source from then on: milliseconds since 1970 */
  constructor(order: ScanOrder, { index, clock, status }: ScreenDeps, sourceSinceMs: number) {
    this.#sourceSinceMs = sourceSinceMs;
    this.#order = order;
    this.#index = index;
    this.#clock = clock;
    this.#status = status;
  }

  /** @param list lists a side exactly @throws what keeps a side from telling all that is there */
  async glance(
    { path }: Next,
    ahead: ListedAhead,
    rules: Rules,
    list: (role: Role) => Promise<DirectoryListing>,
  ): Promise<Glance> {
    const nowMs = this.#clock.now();
    const leavesOut = ahead.target === undefined && this.#index.leavesTargetOut(path);
    const nothing: Looked = {};
    const [source, target] = await both(
      this.#look("source", ahead, list),
      leavesOut ? Promise.resolve(nothing) : this.#look("target", ahead, list),
    );
    const [one, two] = [source.look, target.look];
    const seen: Glance = {
      looks: { source: one, target: two },
      listings: { source: source.listing, target: target.listing },
    };
    if (one === undefined || (two === undefined && !leavesOut) || this.#order.isAfterwards) return seen;
    const verdict = this.#index.verdictOn(path, { source: one.print, target: two?.print }, nowMs);
    if (verdict.action !== "unchanged") return seen;
    const at = two?.listed ?? asAtSource(one.listed, path, rules);
    if (!canBeDone(path, one.listed, at, rules, this.#order.policy)) return seen;
    const by = one.by === "status" || two?.by === "status" ? "status" : "listing";
    this.#index.keep(path, by, verdict.isTargetTrusted, Math.min(one.beganMs, two?.beganMs ?? nowMs));
    const shown = by === "status" ? "STAT shows" : "the listing shows";
    const since = `the same as at the exact comparison of ${isoTime(this.#index.exactMs(path))}`;
    const because = verdict.isTargetTrusted
      ? `directory unchanged: ${shown} ${since} at the source; the target was not listed (trustTarget)`
      : `directory unchanged: ${shown} ${since}`;
    return { ...seen, unchanged: { source: one.listed, target: at, isScreen: one.isScreen, because } };
  }

  /**
   * What is compared exactly of a directory that was young at its last comparison: with exact times of files that may
   * have been written again since, in the same minute.
   */
  async sharpened(
    { path }: Next,
    listings: readonly [DirectoryListing, DirectoryListing],
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<readonly [DirectoryListing, DirectoryListing]> {
    const youngMs = this.#index.youngAt(path);
    if (youngMs === undefined || this.#order.policy.compare === "size") return listings;
    const sharpen = async (role: Role, listing: DirectoryListing): Promise<DirectoryListing> => {
      const side = sides[role];
      if (listing.kind !== "listed" || side === undefined) return listing;
      const ahead = await this.#zoneOf(role, path, listing.entries, youngMs, sides, signal);
      const isDoubtful = (entry: ListingEntry) => !areOver([entry], ahead, youngMs);
      const directory = joinPath(this.#order[role].path, path);
      return { ...listing, entries: await sharpened(side, directory, listing.entries, isDoubtful, signal) };
    };
    const [source, target] = listings;
    return both(sharpen("source", source), sharpen("target", target));
  }

  /** Notes a directory that was compared exactly. @throws when a connection is lost */
  async note(
    { path }: Next,
    glance: Glance,
    compared: Compared,
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#order.isAfterwards !== true) this.#index.counts.compared += 1;
    const { source, target } = glance.looks;
    await both(
      this.#confirm("source", path, source, compared.source, sides, signal),
      this.#confirm("target", path, target, compared.target, sides, signal),
    );
    const isClean = compared.found.every((one) => isDone(one, this.#order.copied ?? { permissions: false }));
    if (!isClean || source === undefined || target === undefined) return this.#index.note(path, undefined);
    const [here, there] = await both(
      this.#times("source", path, source, compared.source, sides, signal),
      this.#times("target", path, target, compared.target, sides, signal),
    );
    const isKept =
      here !== undefined && there !== undefined && !leavesSome(source.listed, this.#order.policy);
    const lookedMs = Math.min(source.beganMs, target.beganMs);
    const prints = { source: source.print, target: target.print };
    const clean = isKept ? { ...prints, areOver: here.areOver && there.areOver, lookedMs } : undefined;
    this.#index.note(path, clean);
  }

  async #look(
    role: Role,
    ahead: ListedAhead,
    list: (role: Role) => Promise<DirectoryListing>,
  ): Promise<Looked> {
    const listed = ahead[role];
    if (listed !== undefined) {
      const { askedMs: beganMs, isScreen } = listed;
      return { look: lookAt(asListed(listed.entries), { by: "status", beganMs, isScreen }) };
    }
    const nowMs = this.#clock.now();
    const beganMs = role === "source" ? Math.min(nowMs, this.#sourceSinceMs) : nowMs;
    const listing = await list(role);
    if (listing.kind !== "listed") return { listing };
    return { listing, look: lookAt(listing, { by: "listing", beganMs, isScreen: false }) };
  }

  /** What STAT has shown, where an exact listing shows whether it was right. */
  async #confirm(
    role: Role,
    path: string,
    look: Look | undefined,
    exact: DirectoryListing,
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<void> {
    const side = sides[role];
    if (look?.isScreen !== true || side === undefined || exact.kind !== "listed") return;
    const directory = joinPath(this.#order[role].path, path);
    await this.#status?.confirm(side, directory, look.listed.entries, exact.entries, true, signal);
  }

  /** Whether the times in a directory were over; undefined where what changes in it need not be seen at the next look. */
  async #times(
    role: Role,
    path: string,
    look: Look,
    exact: DirectoryListing,
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<{ readonly areOver: boolean } | undefined> {
    if (exact.kind !== "listed" || !isPlain(exact) || !isPlain(look.listed)) return undefined;
    if (!showSame(look.listed.entries, exact.entries)) return undefined;
    const ahead = await this.#zoneOf(role, path, exact.entries, look.beganMs, sides, signal);
    if (!tellsChanges(exact.entries, ahead, look.beganMs)) return undefined;
    return { areOver: areOver(exact.entries, ahead, look.beganMs) };
  }

  /** Found out once for each side, by one file, where it matters. */
  async #zoneOf(
    role: Role,
    path: string,
    entries: readonly ListingEntry[],
    nowMs: number,
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<Zone | undefined> {
    const known = this.#zones.get(role);
    if (known !== undefined) return known;
    const [file, side] = [zonelessIn(entries, nowMs), sides[role]];
    if (file === undefined || side === undefined) return undefined;
    const pathname = joinPath(joinPath(this.#order[role].path, path), file.name);
    const finding = side.facts(pathname, signal).then(
      (facts) => file.modified && facts?.modified && zoneBetween(file.modified, facts.modified),
      (error: unknown) => {
        if (signal.aborted || isCancellation(error) || retryOfError(error) === "new-connection") throw error;
        return undefined;
      },
    );
    this.#zones.set(role, finding);
    // Another connection may tell it.
    finding.catch(() => this.#zones.delete(role));
    return finding;
  }
}

function lookAt(listed: ListedDirectory, how: Pick<Look, "by" | "beganMs" | "isScreen">): Look {
  return { ...how, listed, print: directoryFingerprintOf(listed.entries) };
}
