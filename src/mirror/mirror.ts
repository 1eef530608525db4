import { setMaxListeners } from "node:events";
import type { SummaryEvent } from "../batch/events.ts";
import { StatusListings } from "../batch/status-listings.ts";
import { LimitError } from "../copy/limits.ts";
import type { TaskQueue } from "../batch/task-queue.ts";
import { ConnectionError, LoginError } from "../ftp/errors.ts";
import { joinPath } from "../ftp/pathname.ts";
import { isCancellation } from "../shared/errors.ts";
import { type CountedFiles, ExtraDeletion } from "./carry/extra-deletion.ts";
import { removeLeftovers } from "./carry/leftovers.ts";
import { renameAll } from "./carry/renaming.ts";
import { nowAndThen } from "./scan/now-and-then.ts";
import { findRenames } from "./decide/renames.ts";
import type { MirrorDeps, MirrorRequest } from "./contract.ts";
import { MirrorContext } from "./context.ts";
import { type Permission, SafeguardError } from "./decide/safeguards.ts";
import type { Next, ScanDeps, ScanOrder, ScanListener } from "./contract.ts";
import type { DirectoryIndex } from "./index/directory-index.ts";
import { openIndex } from "./index/open.ts";
import { Again } from "./scan/again.ts";
import { Scan } from "./scan/scan.ts";
import { type Conflict, Sorter } from "./carry/sorter.ts";
import { RootError } from "./scan/roots.ts";
import type { Role } from "../transfer/role.ts";
import { ROOT } from "./scan/visit.ts";

/**
 * Makes one tree equal to another: what is missing or different is copied while both are still being listed, then
 * files that speak of others, and only then, after a run in which all went well, what the source has no longer is
 * deleted.
 * @returns the summary, which is also the last event
 * @throws what makes the whole run impossible: a tree whose root cannot be listed, no login
 */
export async function mirror(
  request: MirrorRequest,
  deps: MirrorDeps,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  setMaxListeners(0, signal);
  await using run = new MirrorContext(request, deps);
  const index = await openIndex(request, deps);
  return await new Mirroring(run, index).execute(signal);
}

/** What ends a scan and leaves what was found before as it is. */
const LOSSES = [ConnectionError, LoginError, LimitError];

class Mirroring {
  readonly #run: MirrorContext;
  readonly #scan: Scan;
  readonly #sorter: Sorter;
  readonly #deletion: ExtraDeletion;
  /** Files below directories of the source in whose place something else is at the target. */
  #filesBehind = 0;
  readonly #index: DirectoryIndex | undefined;
  readonly #scanDeps: ScanDeps;
  readonly #again = new Again();
  /** Why no other directory can be known, and on which side that is so; undefined where it is not. */
  #lost: { readonly role: Role; readonly because: string } | undefined;
  /** What had gone wrong when it came to deleting. */
  #faultsBefore = 0;

  constructor(run: MirrorContext, index: DirectoryIndex | undefined) {
    this.#run = run;
    const { index: _, ...deps } = run.deps;
    const tell = (because: string) => deps.emit({ event: "note", because });
    const status = new StatusListings({ ...deps, tell, screens: index !== undefined });
    const listed = (path: string) => {
      const { place, path: root } = run.request.target;
      deps.followUp?.directories.listed(place.at(joinPath(root, path)));
    };
    this.#scanDeps = { ...deps, pool: run.pool, status, listed, ...(index && { index }) };
    this.#scan = new Scan(this.#order(), this.#scanDeps);
    this.#sorter = new Sorter(run);
    this.#deletion = new ExtraDeletion(run, this.#sorter);
    this.#index = index;
  }

  /** Where several targets share the listings of the source, the next run compares what this one has changed. */
  #looksAgain(): boolean {
    const { request, deps, isClean } = this.#run;
    return this.#index !== undefined && deps.listings === undefined && isClean && !request.dryRun;
  }

  #order(): ScanOrder {
    const { request } = this.#run;
    const { source, target, scan: policy, parallel, retries, dryRun } = request;
    return { source, target, policy, parallel, retries, copied: request, makesDirectories: !dryRun };
  }

  async execute(signal: AbortSignal): Promise<SummaryEvent> {
    let ending: Permission = { kind: "granted" };
    let isComplete = false;
    const { renames, deletes } = this.#run.request;
    if (renames && !deletes)
      this.#run.deps.emit({ event: "note", because: "renames are not detected, which needs --delete" });
    try {
      await this.#run.requireApart(signal);
      await this.#run.requireCanary(signal);
      await this.#copyAll([ROOT], signal);
      await this.#complete(signal);
      await removeLeftovers(
        this.#sorter.leftovers.splice(0),
        this.#run.request.target,
        { pool: this.#run.pool, ledger: this.#run.deps.ledger },
        signal,
      );
      await this.#lookBehindConflicts(signal);
      this.#faultsBefore = this.#run.faults;
      ending = await this.#deletion.execute(this.#counted(), signal);
      await this.#resolveConflicts(ending, signal);
      await this.#setPermissions(signal);
      if (this.#run.isClean && ending.kind === "granted") await this.#run.writeStamp(signal);
      this.#endPlan();
      if (this.#looksAgain()) await this.#again.look(this.#order(), this.#scanDeps, signal);
      isComplete = this.#lost === undefined && this.#run.faults === 0;
    } catch (error) {
      if (error instanceof SafeguardError) ending = { kind: "refused", because: error.message };
      else if (!isCancellation(error) || !signal.aborted) throw error;
    } finally {
      await this.#index?.save(isComplete);
    }
    return this.#run.summarise(ending, this.#lost?.because, signal.aborted, this.#index?.counts);
  }

  /** Lists and copies at the same time. */
  async #copyAll(from: readonly Next[], signal: AbortSignal): Promise<void> {
    const fill = async (queue: TaskQueue, until: AbortSignal) => {
      this.#sorter.queue = queue;
      try {
        await this.#list(from, until);
      } catch (error) {
        if (signal.aborted || isCancellation(error)) throw error;
        this.#lose(error);
      }
    };
    await this.#run.copyMeanwhile(fill, signal);
    this.#tellLost();
    this.#run.deps.emit({ event: "plan", ...this.#sorter.planned });
  }

  /**
   * A host has gone, a tree is too large, or one of them cannot be entered: what is copied is copied, and what is not known stays.
   * @throws it where it says nothing of any directory
   */
  #lose(error: unknown): void {
    const root = error instanceof RootError ? error.role : undefined;
    const isLater = LOSSES.some((kind) => error instanceof kind) && this.#scan.counts.directories > 0;
    if (!(error instanceof Error) || (root === undefined && !isLater)) throw error;
    this.#lost = { role: root ?? "source", because: error.message };
  }

  /** Of a list, each file has failed that was not found; else it is the tree. */
  #tellLost(): void {
    const unseen = this.#sorter.tellUnseen(this.#lost?.because);
    if (this.#lost !== undefined && unseen === 0)
      this.#run.reporter.fault(this.#lost.role, "", this.#lost.because);
  }

  async #list(from: readonly Next[], signal: AbortSignal): Promise<void> {
    const { clock, emit } = this.#run.deps;
    const tellNow = () => {
      const { directories, source: seen } = this.#scan.counts;
      emit({ event: "scan", directories, seen, ...this.#sorter.planned });
    };
    const tellScan = nowAndThen(clock, tellNow);
    const tell: ScanListener = async (found) => {
      this.#again.note(found);
      await this.#sorter.take(found, signal);
      tellScan();
    };
    await this.#scan.run(tell, from, signal);
    await this.#rename(signal);
    // Files may be on their way for hours now.
    tellNow();
  }

  /** Files that have another name now get it at the target; those that only looked like it are copied. */
  async #rename(signal: AbortSignal): Promise<void> {
    const { appeared, extras } = this.#sorter;
    const { request } = this.#run;
    const found = findRenames(appeared, extras.files);
    const isAllowed =
      this.#run.faults === 0 && this.#deletion.permission(this.#counted(), found.length).kind === "granted";
    const renamed = isAllowed ? found : [];
    // What keeps its old name at the source was not renamed, whatever a listing says.
    const old = renamed.map(({ from: { path, facts } }) => ({ path, kind: facts.kind }));
    const held = request.dryRun ? NONE : await this.#deletion.unproven(old, signal);
    const done = await renameAll(renamed, held, this.#run, signal);
    extras.forget(done);
    for (const file of appeared.splice(0)) if (!done.has(file.path)) await this.#sorter.release(file, signal);
  }

  /** What leads to files, and what speaks of them. */
  async #complete(signal: AbortSignal): Promise<void> {
    const { request, closing } = this.#run;
    const links = this.#sorter.links.splice(0);
    if (!request.dryRun) await closing.makeLinks(links, signal);
    await this.#run.copyIndexes(this.#sorter.indexes.splice(0), signal);
  }

  /** A source whose files are all below such directories is not one without files. */
  async #lookBehindConflicts(signal: AbortSignal): Promise<void> {
    const from = this.#directoriesAmong(this.#sorter.conflicts);
    if (this.#scan.counts.source > 0 || from.length === 0) return;
    const { index: _, ...deps } = this.#scanDeps;
    const scan = new Scan({ ...this.#order(), makesDirectories: false }, deps);
    const tell: ScanListener = async (found) => {
      if (found.step === "fault") await this.#sorter.take(found, signal);
    };
    await scan.run(tell, from, signal);
    this.#filesBehind = scan.counts.source;
  }

  /** What a scan goes on with once nothing is in the way of these. */
  #directoriesAmong(conflicts: readonly Conflict[]): readonly Next[] {
    return conflicts.flatMap(({ path, source }): Next[] =>
      source === "directory"
        ? [{ path, at: "source", depth: path.split("/").length, because: "in place of something else" }]
        : [],
    );
  }

  /** Files of both sides, those included that conflicts hide. */
  #counted(): CountedFiles {
    const { source, target } = this.#scan.counts;
    return { sourceFiles: source + this.#filesBehind, targetFiles: target };
  }

  /** What was in the way has been removed, or cannot be. */
  async #resolveConflicts(permission: Permission, signal: AbortSignal): Promise<void> {
    const found = this.#sorter.conflicts.splice(0);
    if (found.length === 0) return;
    const { request, reporter } = this.#run;
    if (permission.kind !== "granted") {
      const because = `an existing entry has to be removed first: ${permission.because}`;
      for (const { path } of found) reporter.fault("target", path, because);
      return;
    }
    // A link that has not gone would lead what is to come elsewhere.
    const conflicts = found.filter(({ path }) => !this.#stays(path));
    for (const { path } of found)
      if (this.#stays(path))
        reporter.fault("target", path, "an existing entry had to be removed first and could not be");
    this.#sorter.isLate = true;
    const files = conflicts.flatMap(({ source }) => (source === "directory" ? [] : [source]));
    const because = "in place of a directory";
    if (request.dryRun) for (const file of files) this.#sorter.sayCopy(file, because, undefined);
    else
      await this.#run.copyThese(
        files.map((file) => this.#run.taskFor(file, because, false)),
        signal,
      );
    const from = this.#directoriesAmong(conflicts);
    if (from.length > 0) await this.#copyAll(from, signal);
    await this.#complete(signal);
  }

  /** Whether something that was to be deleted is still there, or something in it. */
  #stays(path: string): boolean {
    if (this.#run.closing.unlinked.has(path)) return false;
    return this.#sorter.extras.isKept(path) || this.#run.closing.failed.has(path);
  }

  async #setPermissions(signal: AbortSignal): Promise<void> {
    const { request, closing, progress } = this.#run;
    const { permissions } = this.#sorter;
    if (request.dryRun) for (const one of permissions) closing.sayPermissions(one);
    else await closing.setPermissions(permissions, progress.arrived, signal);
  }

  #endPlan(): void {
    const { source, target: targetFiles } = this.#scan.counts;
    // Where nothing is in the way any more, the scan has counted them itself.
    const sourceFiles = Math.max(source, this.#filesBehind);
    const [faults, lateFaults] = [this.#faultsBefore, this.#run.faults - this.#faultsBefore];
    this.#run.deps.plan?.end({ sourceFiles, targetFiles, faults, lateFaults });
  }
}

const NONE: ReadonlyMap<string, string> = new Map();
