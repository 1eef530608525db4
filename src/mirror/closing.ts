import { joinPath, parentOf } from "../ftp/pathname.ts";
import { isCancellation } from "../shared/errors.ts";
import { connectedPair } from "../copy/connected.ts";
import type { Pool } from "../copy/pool.ts";
import type { Tally } from "../copy/tally.ts";
import type { Side } from "../transfer/side.ts";
import { forEachAtTarget, Trash } from "./deletions.ts";
import { haveSameDigest } from "./look.ts";
import { putInPlace } from "./put.ts";
import type { Renamed } from "./renames.ts";
import type { MirrorRequest } from "./request.ts";
import type { Sorter } from "./sorter.ts";

/** What a mirror does at the target that moves no octets between the sides. */
export class Closing {
  readonly #request: MirrorRequest;
  readonly #pool: Pool;
  readonly #tally: Tally;
  readonly #sorter: Sorter;
  readonly #trash: Trash | undefined;

  /** @param folder of this run in the trash; undefined: there is none */
  constructor(request: MirrorRequest, pool: Pool, tally: Tally, sorter: Sorter, folder: string | undefined) {
    this.#request = request;
    this.#pool = pool;
    this.#tally = tally;
    this.#sorter = sorter;
    this.#trash = folder === undefined ? undefined : new Trash(folder);
  }

  /** Gives a file its new name, unless its digest says that it is another. @returns whether it has it now */
  async rename({ from, to }: Renamed, signal: AbortSignal): Promise<boolean> {
    const { source, target } = this.#request;
    const [old, now] = [this.#at(from.path), this.#at(to.path)];
    try {
      await using pair = await connectedPair(this.#pool, source.place, target.place, signal);
      const here = { side: pair.source, path: joinPath(source.path, to.path) };
      const there = { side: pair.target, path: old };
      const digest = await haveSameDigest(here, there, to.facts.sizeBytes ?? 0, signal);
      if (digest?.isSame === false) return false;
      await pair.target.makeDirectory(parentOf(now), signal);
      await pair.target.move(old, now, signal);
      return true;
    } catch (error) {
      if (isCancellation(error)) throw error;
      // Then it is copied, and the old one is deleted in its turn.
      return false;
    }
  }

  /** Links of the source, as they are written there. */
  async makeLinks(signal: AbortSignal): Promise<void> {
    await this.#eachAtTarget(
      this.#sorter.links.splice(0),
      async (side, { path, to, stands }) => {
        const make = (at: string) => side.makeLink(at, to, signal);
        const aside = stands && (await this.#trash?.placeFor(side, path, signal));
        if (stands === undefined) await make(this.#at(path));
        else await putInPlace(side, this.#at(path), make, aside, signal);
        this.#tally.copied += 1;
      },
      ({ path }, because) => this.#sorter.fault(this.#sorter.target(path), because),
      signal,
    );
  }

  /** Deletes what the target has alone, or puts it into the trash. */
  async deleteExtras(signal: AbortSignal): Promise<void> {
    const { extras } = this.#sorter;
    const failed = (path: string, because: string) => this.#sorter.fault(this.#sorter.target(path), because);
    const remove = async (side: Side, { path }: { readonly path: string }) => {
      if (this.#trash === undefined) await side.remove(this.#at(path), signal);
      else await this.#trash.put(side, this.#at(path), path, signal);
      this.#tally.deleted += 1;
      this.sayDeleted(path);
    };
    await this.#eachAtTarget(extras.files, remove, ({ path }, because) => failed(path, because), signal);
    for (const level of extras.directories()) {
      const empty = async (side: Side, path: string) => {
        await side.removeDirectory(this.#at(path), signal);
        this.#sorter.say("delete", this.#sorter.target(path), "not at the source, and empty");
      };
      await this.#eachAtTarget([level], empty, failed, signal);
    }
  }

  sayDeleted(path: string): void {
    const action = this.#request.trash === undefined ? "delete" : "trash";
    this.#sorter.say(action, this.#sorter.target(path), "not at the source");
  }

  /** @param arrived targets that were written, as their events call them; new files that were not have no permissions */
  async setPermissions(arrived: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { permissions } = this.#sorter;
    const due = permissions.filter(({ path, isNew }) => !isNew || arrived.has(this.#sorter.target(path)));
    await this.#eachAtTarget(
      due,
      async (side, { path, bits }) => {
        const fault = await side.setPermissions(this.#at(path), bits, signal);
        if (fault !== undefined) throw new Error(fault);
        this.#sorter.say("set-permissions", this.#sorter.target(path), `0${bits.toString(8)} at the source`);
      },
      ({ path }, because) => this.#sorter.fault(this.#sorter.target(path), because),
      signal,
    );
  }

  #eachAtTarget<T>(
    items: readonly T[],
    act: (side: Side, item: T) => Promise<void>,
    failed: (item: T, because: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { target, parallel } = this.#request;
    return forEachAtTarget(items, { place: target.place, parallel }, this.#pool, act, failed, signal);
  }

  #at(path: string): string {
    return joinPath(this.#request.target.path, path);
  }
}
