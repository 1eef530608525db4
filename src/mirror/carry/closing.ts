import { connectedPair, forEachAt } from "../../batch/connected.ts";
import type { Pool } from "../../batch/pool.ts";
import type { Tally } from "../../batch/tally.ts";
import { joinPath, parentOf } from "../../ftp/pathname.ts";
import { isCancellation } from "../../shared/errors.ts";
import { ALMOST_DONE_MS, lingering } from "../../shared/waiting/lingering.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { Trash } from "./deletions.ts";
import { EnteredDirectories } from "./entered.ts";
import type { Extra } from "../decide/extras.ts";
import { standing } from "../decide/changed.ts";
import { haveSameDigest } from "../scan/listings/look.ts";
import { replaceAtomically } from "./replace-atomically.ts";
import type { Renamed } from "../decide/renames.ts";
import type { MirrorRequest } from "../contract.ts";
import { factsJson } from "../decide/facts-json.ts";
import type { Reporter } from "../reporter.ts";

export interface LinkToMake {
  readonly path: string;
  /** Where it leads, as that is written. */
  readonly to: string;
  /** Whether something is there, and makes way. */
  readonly isInPlace: boolean;
}

export interface PermissionsToSet {
  readonly path: string;
  /** 0 … 0o7777. */
  readonly bits: number;
  /** Whether the file has to come first. */
  readonly isNew: boolean;
}

/** Looks once more whether something is still to be done. @throws where it may not be done any more */
export type Confirm<T> = (side: Side, item: T, signal: AbortSignal) => Promise<boolean>;

/** It was looked at in this run. */
const unasked = async () => true;

/** What a mirror does at the target that moves no bytes between the sides. */
export class Closing {
  readonly #request: MirrorRequest;
  readonly #pool: Pool;
  readonly #tally: Tally;
  readonly #words: Reporter;
  readonly #trash: Trash | undefined;
  /** Below the root: what is still there because it could not be removed. */
  readonly failed = new Set<string>();
  readonly #entered: EnteredDirectories;

  /** @param folder of this run in the trash; undefined: there is none */
  constructor(request: MirrorRequest, pool: Pool, tally: Tally, words: Reporter, folder: string | undefined) {
    this.#request = request;
    this.#pool = pool;
    this.#tally = tally;
    this.#words = words;
    const trash = folder === undefined ? undefined : new Trash(folder);
    this.#trash = trash;
    const putAside = (side: Side, path: string, signal: AbortSignal) =>
      trash?.put(side, this.#at(path), path, signal) ?? Promise.resolve();
    this.#entered = new EnteredDirectories(request.target.path, trash && putAside, (path) =>
      this.#sayUnlinked(path),
    );
  }

  /** Directories below the root that turned out to be symbolic links, and are gone. */
  get unlinked(): ReadonlySet<string> {
    return this.#entered.unlinked;
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
      if (await this.#entered.wasLink(pair.target, parentOf(from.path), signal)) return false;
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
  async makeLinks(
    links: readonly LinkToMake[],
    signal: AbortSignal,
    confirm: Confirm<LinkToMake> = unasked,
  ): Promise<void> {
    await this.#forEach(
      links,
      async (side, link) => {
        if (!(await confirm(side, link, signal))) return;
        const { path, to, isInPlace } = link;
        const make = (at: string) => side.makeLink(at, to, signal);
        const aside = isInPlace ? await this.#trash?.placeFor(side, path, signal) : undefined;
        if (isInPlace) await replaceAtomically(side, this.#at(path), make, aside, signal);
        else await make(this.#at(path));
        this.#tally.copied += 1;
      },
      signal,
    );
  }

  /** Deletes what the target has alone, or puts it into the trash. */
  async deleteFiles(
    files: readonly Extra[],
    signal: AbortSignal,
    confirm: Confirm<Extra> = unasked,
  ): Promise<void> {
    await this.#forEach(
      files,
      async (side, file) => {
        if (!(await confirm(side, file, signal))) return;
        const { path } = file;
        // What is on its way is deleted by then; it has to count.
        using almost = lingering(signal, ALMOST_DONE_MS);
        const until = almost.signal;
        if (await this.#entered.wasLink(side, parentOf(path), until)) return;
        if (this.#trash !== undefined) await this.#trash.put(side, this.#at(path), path, until);
        else if (!(await this.#isRemoved(side, path, await side.remove(this.#at(path), until), until)))
          return;
        this.#tally.deleted += 1;
        this.sayDeleted(file);
      },
      signal,
    );
  }

  /** @param paths the deepest first */
  async deleteDirectories(
    paths: readonly string[],
    signal: AbortSignal,
    confirm: Confirm<{ readonly path: string }> = unasked,
  ): Promise<void> {
    for (const level of paths) {
      const remove = async (side: Side, { path }: { readonly path: string }) => {
        if (!(await confirm(side, { path }, signal))) return;
        if (await this.#entered.wasLink(side, path, signal)) return;
        const refusal = await side.removeDirectory(this.#at(path), signal);
        if (await this.#isRemoved(side, path, refusal, signal)) this.sayEmptied(path);
      };
      await this.#forEach([{ path: level }], remove, signal);
    }
  }

  /**
   * Whether something was deleted by us; otherwise it had gone before.
   * @throws the refusal where a listing still shows it: a side that reports files does not report links that lead nowhere
   */
  async #isRemoved(
    side: Side,
    path: string,
    refusal: Error | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (refusal === undefined) return true;
    if ((await standing(side, this.#at(path), "link", signal)) !== undefined) throw refusal;
    return false;
  }

  sayDeleted({ path, facts }: Extra): void {
    const action = this.#trash === undefined ? "delete" : "trash";
    this.#words.say({ action, path, because: "not at the source", target: factsJson(facts) });
  }

  #sayUnlinked(path: string): void {
    const action = this.#trash === undefined ? "delete" : "trash";
    const because = "a symbolic link, which the server lists as a directory";
    this.#tally.deleted += 1;
    this.#words.say({ action, path, because, target: { kind: "link" } });
  }

  sayEmptied(path: string): void {
    const because = "not at the source, and empty";
    this.#words.say({ action: "delete", path, because, target: { kind: "directory" } });
  }

  /** @param arrived targets that were written, as their events call them; new files that were not have no permissions */
  async setPermissions(
    permissions: readonly PermissionsToSet[],
    arrived: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#forEach(
      permissions.filter(({ path, isNew }) => !isNew || arrived.has(this.#words.target(path))),
      async (side, one) => {
        const fault = await side.setPermissions(this.#at(one.path), one.bits, signal);
        if (fault !== undefined) throw new Error(fault);
        this.sayPermissions(one);
      },
      signal,
    );
  }

  sayPermissions({ path, bits, isNew }: PermissionsToSet): void {
    const because = `0${bits.toString(8)} at the source`;
    this.#words.say({ action: "set-permissions", path, because, bits, isNew });
  }

  #forEach<T extends { readonly path: string }>(
    items: readonly T[],
    act: (side: Side, item: T) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { target, parallel } = this.#request;
    const failed = ({ path }: T, because: string) => {
      this.failed.add(path);
      this.#words.fault("target", path, because);
    };
    return forEachAt({ items, place: target.place, pool: this.#pool, parallel, act, failed }, signal);
  }

  #at(path: string): string {
    return joinPath(this.#request.target.path, path);
  }
}
