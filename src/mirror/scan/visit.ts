import { setImmediate as turn } from "node:timers/promises";
import { MAX_DEPTH, TreeMeter } from "../../copy/limits.ts";
import type { StatusListings } from "../../batch/status-listings.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, nameOf } from "../../ftp/pathname.ts";
import type { Role } from "../../transfer/role.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { TEMPORARY_FILE } from "../../transfer/publish/leftover-name.ts";
import { TEMPORARY_PREFIX } from "../../transfer/publish/temporary-name.ts";
import { both } from "./both.ts";
import { type Believing, requireBelievable } from "./listings/believable.ts";
import { converted } from "./listings/converted.ts";
import { Comparison } from "./comparison.ts";
import { withDeadLeftovers, withLeftovers } from "./leftovers.ts";
import type { Written } from "../decide/judge.ts";
import { asListed, identified, listWhole, withLinks } from "./listings/look.ts";
import { makeDirectoryAt, unlistedRoot } from "./roots.ts";
import { isAsAbove, type Looks, looksOf, wasSeen } from "../decide/tree.ts";
import { planDirectory, type Rules } from "../decide/plan.ts";
import { agree } from "../decide/agreement.ts";
import { type Spelled, spelled } from "../decide/spelling.ts";
import type {
  ScanResult,
  ListedAhead,
  Next,
  ScanDeps,
  ScanOrder,
  OpenSides,
  WrittenMemory,
} from "../contract.ts";
import { entryCount, statusEntries, faultsOf, isFileAtTarget, unreadOf } from "./found.ts";
import { type Glance, DirectoryScreen } from "./screen.ts";
import { ownListingCache, type ListingCache } from "./listings/listing-cache.ts";
import type { ListedDirectory, DirectoryListing } from "../decide/tree.ts";

/** Where a scan begins. */
export const ROOT: Next = { path: "", at: "both", depth: 0 };

/** Looks at single directories of a scan. */
export class DirectoryVisit {
  readonly #order: ScanOrder;
  readonly #comparison: Comparison;
  readonly #written: WrittenMemory;
  readonly #cache: ListingCache;
  readonly #status: StatusListings | undefined;
  readonly #owner: string | undefined;
  readonly #meter: TreeMeter;
  readonly #screen: DirectoryScreen | undefined;
  readonly #believing: Believing;
  readonly counts = { source: 0, target: 0, directories: 0 };

  constructor(
    order: ScanOrder,
    { pool, written, ledger, listings = ownListingCache, status, index, clock }: ScanDeps,
  ) {
    this.#status = status;
    this.#screen = index && new DirectoryScreen(order, { index, clock, status }, listings.sinceMs);
    this.#believing = { order, pool, cache: listings };
    this.#owner = ledger?.owner;
    this.#order = order;
    this.#comparison = new Comparison(order);
    this.#written = written;
    this.#cache = listings;
    this.#meter = new TreeMeter(order.policy.limits);
  }

  /**
   * @param ahead what was listed of it by STAT
   * @throws what keeps a side from telling all that is there
   */
  async look(
    next: Next,
    sides: OpenSides,
    ahead: ListedAhead,
    signal: AbortSignal,
  ): Promise<readonly ScanResult[]> {
    const screen = next.at === "both" ? this.#screen : undefined;
    const list = (role: Role) => this.#listed(next, role, sides[role], undefined, signal);
    const glance = await screen?.glance(next, ahead, this.#rules(next.depth), list);
    if (glance?.unchanged !== undefined) return this.#unchanged(next, glance.unchanged, sides, signal);
    const listed = await this.#listings(next, sides, ahead, glance?.listings, signal);
    const listings = (await screen?.sharpened(next, listed, sides, signal)) ?? listed;
    const found = await this.#compared(next, listings, sides, signal);
    const [source, target] = listings;
    if (glance !== undefined) await screen?.note(next, glance, { source, target, found }, sides, signal);
    return found;
  }

  /** What is found in a directory that looks as it did when there was nothing to do in it. */
  async #unchanged(
    next: Next,
    { source, target, isScreen, because }: Required<Glance>["unchanged"],
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<readonly ScanResult[]> {
    const looks = looksOf(source.entries, next.above, isScreen);
    const left = this.#leaves(source, next, looks);
    if (left !== undefined) return [{ step: "leave", path: next.path, because: left, isAtSource: true }];
    return this.#found({ ...next, above: looks }, source, target, sides, signal, because);
  }

  async #compared(
    next: Next,
    [source, target]: readonly [DirectoryListing, DirectoryListing],
    sides: OpenSides,
    signal: AbortSignal,
  ): Promise<readonly ScanResult[]> {
    const looks = source.kind === "listed" ? looksOf(source.entries, next.above) : undefined;
    const because = source.kind === "listed" ? this.#leaves(source, next, looks) : undefined;
    if (because !== undefined) return [{ step: "leave", path: next.path, because, isAtSource: true }];
    const here = { ...next, above: looks };
    const { source: from, target: there } = sides;
    const unread = unreadOf(next.path, [source, target]);
    if (source.kind === "listed" && target.kind === "listed") {
      if (from !== undefined)
        await requireBelievable(next.path, { source, target, side: from }, this.#believing, signal);
      const names = converted(sides, next.path, source, target, this.#rules(next.depth));
      const spelling = await this.#spelled(next.path, names.source, names.target, there, signal);
      const found = await this.#found(here, spelling.source, spelling.target, sides, signal);
      return [...unread, ...names.found, ...faultsOf(next.path, spelling), ...found];
    }
    if (target.kind === "absent" && there !== undefined && this.#order.makesDirectories)
      await makeDirectoryAt(this.#order, there, this.#at("target", next.path), signal);
    const names =
      source.kind === "listed"
        ? converted(sides, next.path, source, NOTHING, this.#rules(next.depth))
        : undefined;
    const spelling = names && (await this.#spelled(next.path, names.source, NOTHING, there, signal));
    const found = [
      ...(names?.found ?? []),
      ...(spelling === undefined ? [] : faultsOf(next.path, spelling)),
      ...(await this.#found(here, spelling?.source ?? source, target, sides, signal)),
    ];
    const made = { path: next.path, because: next.because ?? "not on the target" };
    return next.at === "source"
      ? [{ step: "make-directory", ...made }, ...unread, ...found]
      : [...unread, ...found];
  }

  #spelled(
    path: string,
    source: ListedDirectory,
    target: ListedDirectory,
    side: Side | undefined,
    signal: AbortSignal,
  ): Promise<Spelled> {
    const directory = this.#at("target", path);
    const isPresent = async (name: string) =>
      side !== undefined && (await side.facts(joinPath(directory, name), signal)) !== undefined;
    const areOne = async (names: readonly [string, string]) =>
      side !== undefined && this.#order.makesDirectories && (await side.areOneName(directory, names, signal));
    return spelled(source, target, isPresent, areOne);
  }

  async #found(
    { path, depth, above }: Next,
    source: DirectoryListing,
    target: DirectoryListing,
    sides: OpenSides,
    signal: AbortSignal,
    unchanged?: string,
  ): Promise<ScanResult[]> {
    const found: ScanResult[] = [];
    let targetFiles = 0;
    const { policy } = this.#order;
    const isCompared = source.kind === target.kind && unchanged === undefined;
    const written = isCompared ? await this.#written.recall(path) : new Map<string, Written>();
    for (const step of planDirectory(path, source, target, this.#rules(depth))) {
      const isExtra = step.step === "extra" || (step.step === "enter" && step.at === "target");
      if (isExtra && !policy.looksAtExtras) continue;
      if (step.step === "enter" && depth >= MAX_DEPTH && policy.maxDepth === undefined) {
        found.push({ step: "fault", path: step.path, because: this.#meter.tooDeep() });
      } else if (step.step === "enter") {
        const { step: _, ...next } = step;
        found.push({ step: "enter", next: { ...next, depth: depth + 1, above } });
      } else if (step.step !== "compare") found.push(step);
      else if (unchanged !== undefined)
        found.push({ step: "keep", file: step.file, because: unchanged, target: step.target });
      else found.push(await this.#comparison.of(step, written, sides, signal));
      targetFiles += isFileAtTarget(step) ? 1 : 0;
      if (policy.effort?.isDue === true) await turn();
    }
    this.#meter.enter();
    this.#meter.list(entryCount(source) + entryCount(target));
    // Only now: a directory that is looked at again counts once.
    this.counts.directories += 1;
    this.counts.target += targetFiles;
    if (source.kind === "listed")
      this.counts.source += source.entries.filter(({ kind }) => kind === "file").length;
    const at = (name: string) => this.#at("target", name);
    const beside = withLeftovers(found, target, sides.target, at, this.#owner);
    if (!policy.looksAtExtras || sides.target === undefined || this.#owner === undefined) return beside;
    const where = { side: sides.target, at, owner: this.#owner };
    return withDeadLeftovers(beside, path, source, target, where);
  }

  /**
   * A listing by STAT is believed where the other side has the same; where there is none, unless a directory above it
   * looks the same. Where it is not, both are listed anew.
   */
  async #listings(
    next: Next,
    sides: OpenSides,
    ahead: ListedAhead,
    listed: Glance["listings"] | undefined,
    signal: AbortSignal,
  ): Promise<readonly [DirectoryListing, DirectoryListing]> {
    const one = async (role: Role, known: ListedAhead) =>
      listed?.[role] ?? this.#listed(next, role, sides[role], statusEntries(known[role]), signal);
    const list = (known: ListedAhead) => both(one("source", known), one("target", known));
    const [source, target] = await list(ahead);
    const byStatus = [ahead.source, ahead.target].filter((one) => one !== undefined && !one.isScreen);
    if (byStatus.length === 0) return [source, target];
    const isBelieved =
      next.at === "both"
        ? agree(source, target, this.#rules(next.depth), next.path, this.#order.policy.looksAtExtras)
        : source.kind !== "listed" || !isAsAbove(looksOf(source.entries, next.above));
    if (isBelieved) return [source, target];
    const exact = await list({});
    for (const [role, listing] of [
      ["source", exact[0]],
      ["target", exact[1]],
    ] as const) {
      const [side, known] = [sides[role], ahead[role]];
      if (side !== undefined && known?.isScreen === false && listing.kind === "listed")
        await this.#status?.confirm(
          side,
          this.#at(role, next.path),
          known.entries,
          listing.entries,
          false,
          signal,
        );
    }
    return exact;
  }

  async #listed(
    { path, at }: Next,
    role: Role,
    side: Side | undefined,
    known: readonly ListingEntry[] | undefined,
    signal: AbortSignal,
  ): Promise<DirectoryListing> {
    if (side === undefined || (at !== "both" && at !== role)) return { kind: "absent" };
    const directory = this.#at(role, path);
    try {
      const follows = role === "source" && this.#order.policy.links === "follow";
      const ask = async () => {
        const listed = known ? asListed(known) : await listWhole(side, directory, signal);
        const isAsLink = known === undefined && this.#order.policy.links === "copy";
        const shown = isAsLink ? await withLinks(side, directory, listed, signal) : listed;
        return identified(side, directory, shown, follows, signal);
      };
      return await (role === "source" ? this.#cache.listing(path, ask) : ask());
    } catch (error) {
      if (path !== "") throw error;
      return unlistedRoot(role, this.#order, side, error, signal);
    }
  }

  /** Why a directory is left alone with all that is below it. */
  #leaves({ entries }: ListedDirectory, { isByLink }: Next, looks: Looks | undefined): string | undefined {
    const { leaveIf, leaveUnless } = this.#order.policy;
    if (isByLink && looks && wasSeen(looks)) return "a symbolic link to a directory above it";
    const marker = entries.find(({ name }) => leaveIf.includes(name));
    if (marker !== undefined) return `it contains ${marker.name}`;
    const lacks = leaveUnless !== undefined && entries.every(({ name }) => name !== leaveUnless);
    return lacks && entries.some(({ kind }) => kind === "file")
      ? `it does not contain ${leaveUnless} yet`
      : undefined;
  }

  #rules(depth: number): Rules {
    const { policy } = this.#order;
    return {
      links: policy.links,
      isListed: policy.isListed,
      leaves: (path, entry, isInTheWay) => {
        if (nameOf(path).startsWith(TEMPORARY_PREFIX)) return TEMPORARY_FILE;
        const isDirectory = entry.kind === "directory";
        if (isDirectory && depth >= (policy.maxDepth ?? Number.POSITIVE_INFINITY))
          return `more than ${policy.maxDepth} levels deep`;
        const because = policy.leaves(path, isDirectory, isInTheWay);
        return because ?? (entry.kind === "file" ? policy.leavesFile(entry) : undefined);
      },
    };
  }

  #at(role: Role, path: string): string {
    return joinPath(this.#order[role].path, path);
  }
}

/** What a target has of which nothing is there yet. */
const NOTHING: ListedDirectory = { kind: "listed", entries: [], isDoubtful: false, isWhole: true };
