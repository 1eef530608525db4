import { askedOf } from "../../../batch/connected.ts";
import type { RunOutcome } from "../../../batch/events.ts";
import type { Place, Pool } from "../../../batch/pool.ts";
import type { ListingEntry } from "../../../ftp/listing/entry.ts";
import { joinPath, nameOf } from "../../../ftp/pathname.ts";
import { isCancellation, messageOf } from "../../../shared/errors.ts";
import type { Retrier } from "../../../transfer/retrier.ts";
import type { Side } from "../../../transfer/sides/side.ts";
import { listWhole } from "./look.ts";
import type { Supplied, PlannedCopy } from "../../decide/plan.ts";
import type { ScanResult, MirrorRequest, Peers, Root } from "../../contract.ts";
import type { ListingCache } from "./listing-cache.ts";
import { isSameTime } from "../../decide/times.ts";

/** A target that is finished, and has for others what the source would have to send again. */
export class PeerSource implements Peers {
  readonly #root: Root;
  readonly #keepsTimes: boolean;
  readonly #listings: ListingCache;
  readonly #pool: Pool;
  readonly #retrier: Retrier;

  /**
   * @param keepsTimes whether the times of its files are to be the source's
   * @param listings of this target, for all targets that it supplies
   */
  constructor(root: Root, keepsTimes: boolean, listings: ListingCache, pool: Pool, retrier: Retrier) {
    this.#root = root;
    this.#keepsTimes = keepsTimes;
    this.#listings = listings;
    this.#pool = pool;
    this.#retrier = retrier;
  }

  /** Says of each file of a directory that is to be copied where its bytes come from. */
  async choose(
    directory: string,
    found: readonly ScanResult[],
    signal: AbortSignal,
  ): Promise<readonly ScanResult[]> {
    if (!found.some((one) => wantedOf(one) !== undefined)) return found;
    const choice = await this.#choiceIn(directory, signal);
    return found.map((one) => {
      if (one.step === "copy") return { ...one, file: { ...one.file, peers: choice(one.file) } };
      if (one.step !== "conflict" || one.source === "directory") return one;
      return { ...one, source: { ...one.source, peers: choice(one.source) } };
    });
  }

  async #choiceIn(directory: string, signal: AbortSignal): Promise<(file: PlannedCopy) => Supplied> {
    const { place, path: root } = this.#root;
    try {
      const ask = (side: Side) => listWhole(side, joinPath(root, directory), signal);
      const { entries } = await this.#listings.listing(directory, () =>
        askedOf(this.#pool, place, this.#retrier, ask, signal),
      );
      const byName = new Map(entries.map((entry) => [entry.name, entry]));
      return (file) => this.#choice(file, byName.get(nameOf(file.path)));
    } catch (error) {
      if (isCancellation(error)) throw error;
      const because = `from the source, because ${place.name} cannot be listed: ${messageOf(error)}`;
      return () => ({ because });
    }
  }

  #choice({ path, facts: wanted }: PlannedCopy, entry: ListingEntry | undefined): Supplied {
    const { place, path: root } = this.#root;
    const lack = mismatchOf(wanted, entry, this.#keepsTimes);
    if (entry === undefined || lack !== undefined)
      return { because: `from the source, because ${place.name} ${lack ?? NOTHING}` };
    const { name: _, ...facts } = entry;
    const because = `from ${place.name}, which already has it`;
    return { from: { place, path: joinPath(root, path), facts }, because };
  }
}

const NOTHING = "does not have it";

function wantedOf(found: ScanResult): PlannedCopy | undefined {
  if (found.step === "copy") return found.file;
  return found.step === "conflict" && found.source !== "directory" ? found.source : undefined;
}

/** What keeps a file from standing for one of the source; undefined where nothing does. */
export function mismatchOf(
  wanted: PlannedCopy["facts"],
  there: ListingEntry | undefined,
  keepsTimes: boolean,
): string | undefined {
  if (there?.kind !== "file") return NOTHING;
  if (wanted.sizeBytes === undefined || wanted.sizeBytes !== there.sizeBytes)
    return "has it with another size";
  if (!keepsTimes) return undefined;
  const isSame =
    wanted.modified !== undefined &&
    there.modified !== undefined &&
    isSameTime(wanted.modified, there.modified, 0, 0);
  return isSame ? undefined : "has it with another time";
}

/**
 * Whether a target may supply others: all went well there and all that differed was overwritten, or times tell its
 * files from those of before. Only digests can tell the difference that digests were asked for.
 */
export function maySupply(outcome: RunOutcome, { scan, transfer, onExists }: MirrorRequest): boolean {
  if (outcome === "succeeded" && onExists === "overwrite") return true;
  const hasDone = outcome === "succeeded" || outcome === "partial";
  return hasDone && transfer.preserveTimes && scan.compare !== "digest";
}

/** Whether a lane may have connections to both at once. */
export function canMeet(one: Place, other: Place): boolean {
  return one.key !== other.key || one.limit > 1;
}
