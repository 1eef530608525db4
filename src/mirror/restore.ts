import { askedOf, connectedOne, forEachAt } from "../batch/connected.ts";
import { SelectionError } from "../batch/errors.ts";
import type { Emit, SummaryEvent } from "../batch/events.ts";
import { OwnPool, type Pool } from "../batch/pool.ts";
import { Tally } from "../batch/tally.ts";
import { joinPath, parentOf } from "../ftp/pathname.ts";
import type { Clock } from "../shared/clock.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { Retrier } from "../transfer/retrier.ts";
import type { FileFacts, Side } from "../transfer/sides/side.ts";
import type { Root } from "./contract.ts";
import {
  emptied,
  foldersIn,
  freshFolder,
  standingAt,
  type TrashedDirectory,
  trashedIn,
} from "./carry/trashed.ts";

export interface RestoreRequest {
  readonly target: Root;
  /** Where runs put aside what they deleted or overwrote, as a pathname at the target. */
  readonly trash: string;
  /** The folder of one run; absent: the newest. */
  readonly run?: string;
  /** Files, and directories with all in them, below the target's root; none: all that the run put aside. */
  readonly paths: readonly string[];
  /** Directories processed in parallel, 1 …. */
  readonly parallel: number;
  /** Tries after the first, for each directory, 0 …. */
  readonly retries: number;
  readonly dryRun: boolean;
}

interface RestoreDeps {
  readonly clock: Clock;
  readonly emit: Emit;
  /** From 0 to less than 1. */
  readonly chance: () => number;
}

/**
 * Moves back what a run of a mirror put aside, to where it was. What is there now goes into a new folder of the
 * trash first, so that a restore can be undone by another one.
 * @returns the summary, which is also the last event
 * @throws SelectionError for a run that has no folder in the trash
 */
export async function restore(
  request: RestoreRequest,
  deps: RestoreDeps,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const [pool, tally] = [new OwnPool(), new Tally(deps.clock)];
  tally.restored = 0;
  try {
    await new Restoring(request, deps, pool, tally).execute(signal);
  } catch (error) {
    if (!signal.aborted || !isCancellation(error)) throw error;
  } finally {
    await pool.close();
  }
  const summary = tally.summary(0, signal.aborted, undefined);
  deps.emit(summary);
  return summary;
}

class Restoring {
  readonly #request: RestoreRequest;
  readonly #deps: RestoreDeps;
  readonly #pool: Pool;
  readonly #tally: Tally;
  readonly #retrier: Retrier;
  /** What has gone back. */
  readonly #back = new Set<string>();

  constructor(request: RestoreRequest, deps: RestoreDeps, pool: Pool, tally: Tally) {
    this.#request = request;
    this.#deps = deps;
    this.#pool = pool;
    this.#tally = tally;
    this.#retrier = new Retrier(request, deps);
  }

  async execute(signal: AbortSignal): Promise<void> {
    const { target, parallel, dryRun } = this.#request;
    const { folder, fresh, directories } = await this.#look(signal);
    await forEachAt(
      {
        items: directories,
        ...{ place: target.place, pool: this.#pool, parallel },
        act: (side, directory) => this.#restoreAll(side, directory, folder, fresh, signal),
        failed: ({ path }, because) => this.#fault(path, because),
      },
      signal,
    );
    if (!dryRun) await this.#removeEmptied(emptied(directories, this.#back), folder, signal);
  }

  /** What there is to restore, and where. */
  async #look(signal: AbortSignal) {
    const { target, trash, paths } = this.#request;
    const listFolders = (side: Side) => foldersIn(side, trash, signal);
    const folders = await askedOf(this.#pool, target.place, this.#retrier, listFolders, signal);
    const folder = joinPath(trash, this.#chosen(folders));
    const fresh = freshFolder(trash, folders, this.#deps.clock.now());
    const fault = (path: string, because: string) => this.#fault(path, because);
    await using lent = await connectedOne(this.#pool, target.place, signal);
    const directories = await trashedIn(lent.side, folder, paths, fault, this.#retrier, signal);
    return { folder, fresh, directories };
  }

  /** @throws SelectionError */
  #chosen(folders: readonly string[]): string {
    const { target, trash, run } = this.#request;
    const where = target.place.at(trash);
    const newest = folders.at(-1);
    if (newest === undefined)
      throw new SelectionError(`${where}: no trash here: no mirror run has moved files to this directory`);
    if (run === undefined || folders.includes(run)) return run ?? newest;
    throw new SelectionError(`${where}: no folder ${run}; the newest is ${newest}, --list shows all`);
  }

  /** Puts the contents of a directory back to where they were, one by one. */
  async #restoreAll(
    side: Side,
    { path: directory, names }: TrashedDirectory,
    folder: string,
    fresh: string,
    signal: AbortSignal,
  ): Promise<void> {
    if (names.length === 0) return;
    const { target, dryRun } = this.#request;
    const at = joinPath(target.path, directory);
    const there = await this.#retrier.run(() => standingAt(side, at, signal), signal);
    if (!dryRun && there === undefined) await side.makeDirectory(at, signal);
    for (const name of names) {
      const path = joinPath(directory, name);
      try {
        // A listing may not show all that is there, and what it does not show is not to be lost.
        const present =
          there && (there.get(name) ?? (await this.#presentAt(side, joinPath(at, name), signal)));
        if (present?.kind === "directory")
          throw new SelectionError("a directory with this name exists there");
        if (present !== undefined) this.#say("trash", path, "replaced by the restored file");
        const ends = { from: joinPath(folder, path), to: joinPath(at, name) };
        if (!dryRun) await putBack(side, ends, present && joinPath(fresh, path), signal);
        this.#say("restore", path, `from ${folder}`);
        this.#back.add(path);
        if (!dryRun) this.#tally.restored = this.#back.size;
      } catch (error) {
        if (isCancellation(error)) throw error;
        this.#fault(path, messageOf(error));
        await side.ready(signal);
      }
    }
  }

  #presentAt(side: Side, path: string, signal: AbortSignal): Promise<FileFacts | undefined> {
    return this.#retrier.run(() => side.facts(path, signal), signal);
  }

  /** What a server will not remove stays, and is in nobody's way. */
  async #removeEmptied(paths: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
    await using lent = await connectedOne(this.#pool, this.#request.target.place, signal);
    for (const path of paths) {
      await lent.side.removeDirectory(joinPath(folder, path), signal).catch((error: unknown) => {
        if (isCancellation(error)) throw error;
      });
    }
  }

  #say(action: "restore" | "trash", path: string, because: string): void {
    this.#deps.emit({ event: "action", action, path: this.#shown(path), because });
  }

  #fault(path: string, because: string): void {
    this.#tally.failedOne();
    this.#deps.emit({ event: "fault", path: this.#shown(path), because });
  }

  #shown(path: string): string {
    const { place, path: root } = this.#request.target;
    return place.at(joinPath(root, path));
  }
}

/** How long it may take to undo the first half of a move whose other half failed. */
const UNDO_MS = 10_000;

/**
 * Moves something to where it was.
 * @param aside where goes what is there; undefined: nothing is there
 */
async function putBack(
  side: Side,
  { from, to }: { readonly from: string; readonly to: string },
  aside: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (aside !== undefined) {
    await side.makeDirectory(parentOf(aside), signal);
    await side.move(to, aside, signal);
  }
  try {
    await side.move(from, to, signal);
  } catch (error) {
    const undo = AbortSignal.timeout(UNDO_MS);
    // A move whose reply was lost has been done.
    if (aside !== undefined && (await side.facts(to, undo)) === undefined) await side.move(aside, to, undo);
    throw error;
  }
}
