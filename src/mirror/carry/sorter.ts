import { judgeExisting } from "../../batch/on-exists.ts";
import { TaskQueue } from "../../batch/task-queue.ts";
import { bitsFor, bitsToSet } from "../decide/permissions.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, parentOf } from "../../ftp/pathname.ts";
import type { DeadLeftover, Leftover } from "./leftovers.ts";
import type { LinkToMake, PermissionsToSet } from "./closing.ts";
import { Extras } from "../decide/extras.ts";
import type { PlannedCopy } from "../decide/plan.ts";
import type { PlannedAction } from "../decide/planned.ts";
import type { MirrorContext } from "../context.ts";
import type { ScanListener } from "../contract.ts";
import { factsJson } from "../decide/facts-json.ts";
import type { FileTask } from "../../batch/task.ts";

type ReportedEvent = Parameters<ScanListener>[0];
type Of<S extends ReportedEvent["step"]> = Extract<ReportedEvent, { readonly step: S }>;

/** Something that has to go before something else can take its place. */
export type Conflict = Of<"conflict">;

/** Sorts what a scan finds: some of it is done at once, some in its turn, some is only reported. */
export class Sorter {
  readonly #run: MirrorContext;
  /** Where files go that are to be copied now. */
  queue = new TaskQueue();
  /** Whether what was in the way has been removed. */
  isLate = false;
  readonly extras = new Extras();
  readonly conflicts: Conflict[] = [];
  /** Copied when all other files are in place. */
  readonly indexes: FileTask[] = [];
  /** Files that may have been renamed; known when the whole tree is. */
  readonly appeared: PlannedCopy[] = [];
  readonly links: LinkToMake[] = [];
  readonly leftovers: Leftover[] = [];
  readonly deadLeftovers: DeadLeftover[] = [];
  /** Those of new files count only when these have come. */
  readonly permissions: PermissionsToSet[] = [];
  readonly planned = { files: 0, bytes: 0 };
  /** Files of a list that the source has not shown so far. */
  readonly #unseen: Set<string>;
  /** What has a fault: what is below it may not have been looked for. */
  readonly #faulty = new Set<string>();

  constructor(run: MirrorContext) {
    this.#run = run;
    this.#unseen = new Set(run.request.names);
  }

  /** @param signal gives up waiting for room */
  async take(found: ReportedEvent, signal: AbortSignal): Promise<void> {
    // What only the target has, and is left there, the source has not.
    const isAway = found.step === "extra" || (found.step === "leave" && !found.isAtSource);
    if (!isAway) this.#unseen.delete("file" in found ? found.file.path : found.path);
    switch (found.step) {
      case "copy":
        return this.#copy(found, signal);
      case "keep":
        return this.#keep(found);
      case "same-link":
        return this.#keepLink(found);
      case "make-directory":
        return this.#sayDirectory(found.path, found.because);
      case "link":
        return this.#link(found);
      case "extra":
        return this.#run.request.deletes ? this.extras.add(found.path, found.entry) : undefined;
      case "conflict":
        return this.#conflict(found);
      case "leave":
        return this.#leave(found);
      case "dead-leftover":
        return void this.deadLeftovers.push(found);
      case "fault":
        if (found.isRefusedName === true) this.#run.progress.addConfined();
        if (this.#unseen.size > 0) this.#faulty.add(found.path);
        return this.#run.reporter.fault("source", found.path, found.because);
    }
  }

  /**
   * Files of a list that the source has not: faults, unless their deletion at the target was asked for.
   * @param lost why not all could be looked for; undefined: it was
   * @returns how many there were
   */
  tellUnseen(lost: string | undefined): number {
    if (this.#run.request.deletes) return 0;
    const { size } = this.#unseen;
    for (const path of this.#unseen) {
      const above = this.#faultAbove(path);
      const error = above ? `the error in ${above}` : lost && `an error: ${lost}`;
      const because = error
        ? `was not found or not looked for, because of ${error}`
        : "no file of this name was found";
      this.#run.reporter.fault("source", path, `is in the list, but ${because}`);
    }
    this.#unseen.clear();
    return size;
  }

  #faultAbove(path: string): string | undefined {
    for (let above = parentOf(path); above !== "" && above !== "."; above = parentOf(above))
      if (this.#faulty.has(above)) return above;
    return undefined;
  }

  /** A file that was held back, since it might have been a renamed one. */
  async release(file: PlannedCopy, signal: AbortSignal): Promise<void> {
    await this.#take(file, "not on the target", undefined, signal);
  }

  async #copy({ file, because, target }: Of<"copy">, signal: AbortSignal): Promise<void> {
    const { renames, deletes, isIndex, onExists } = this.#run.request;
    const verdict = judgeExisting(file.facts, target, onExists);
    if (verdict.action === "fail") return this.#run.reporter.fault("source", file.path, verdict.because);
    if (verdict.action !== "copy") return this.#leaveAsIs(file.path, verdict.because);
    const mayBeRenamed = renames && deletes && target === undefined && !isIndex(file.path);
    if (mayBeRenamed) this.#hold(file.path);
    if (mayBeRenamed) this.appeared.push(file);
    else await this.#take(file, because, target, signal);
  }

  /** What is there is another one, and is to stay all the same. */
  #leaveAsIs(path: string, because: string): void {
    this.#run.tally.skipped += 1;
    this.#run.reporter.say({ action: "skip", path, because });
  }

  /** A file is to be copied: now, or in its turn; in a dry run that is reported, and nothing more. */
  async #take(
    file: PlannedCopy,
    because: string,
    existing: ListingEntry | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { isIndex, dryRun } = this.#run.request;
    this.#count(file);
    const isIndexFile = isIndex(file.path);
    if (dryRun) return this.sayCopy(file, because, existing, isIndexFile);
    const task = this.#run.taskFor(file, because, existing !== undefined);
    if (isIndexFile) this.#hold(file.path);
    if (isIndexFile) return void this.indexes.push(task);
    // The scan has made it, or found it.
    this.#run.runner.directoryExists(parentOf(task.target));
    this.#run.deps.followUp?.directories.planned(this.#directory(file.path));
    await this.queue.push(task, signal);
  }

  /** A file that has its turn later. */
  #hold(path: string): void {
    this.#run.deps.followUp?.directories.held(this.#directory(path));
  }

  #directory(path: string): string {
    return this.#run.request.target.place.at(parentOf(this.#target(path)));
  }

  #sayDirectory(path: string, because: string): void {
    this.#say({ action: "make-directory", path, because });
  }

  sayCopy(
    { path, facts }: PlannedCopy,
    because: string,
    existing: ListingEntry | undefined,
    isIndex = false,
  ): void {
    const target = existing === undefined ? null : factsJson(existing);
    const index = isIndex ? { isIndex } : {};
    this.#say({ action: "copy", path, because, source: factsJson(facts), target, ...index });
  }

  #count({ path, facts }: PlannedCopy): void {
    const bits = bitsFor(this.#run.request, facts);
    if (bits !== undefined) this.permissions.push({ path, bits, isNew: true });
    this.planned.files += 1;
    this.planned.bytes += facts.sizeBytes ?? 0;
  }

  #keep({ file, because, target, leftover }: Of<"keep">): void {
    if (leftover !== undefined && !this.#run.request.dryRun)
      this.leftovers.push({ file: this.#target(file.path), partial: leftover });
    this.#countEqual(file.path, file.facts.sizeBytes);
    this.#run.reporter.say({ action: "keep", path: file.path, because });
    const bits = bitsToSet(this.#run.request, file.facts, target);
    if (bits !== undefined) this.permissions.push({ path: file.path, bits, isNew: false });
  }

  #keepLink({ path, because }: Of<"same-link">): void {
    this.#countEqual(path);
    this.#run.reporter.say({ action: "keep", path, because });
  }

  #target(path: string): string {
    return joinPath(this.#run.request.target.path, path);
  }

  /** What is equal since this run has stored it, before it was interrupted, was copied by it. */
  #countEqual(path: string, sizeBytes?: number): void {
    const { deps, tally } = this.#run;
    if (deps.earlier?.hasStored(this.#target(path), sizeBytes) !== true) {
      tally.kept += 1;
      return;
    }
    tally.copied += 1;
    const directories = deps.followUp?.directories;
    directories?.planned(this.#directory(path));
    directories?.ended(this.#directory(path), "copied");
  }

  #link({ path, to, target }: Of<"link">): void {
    this.#say({
      action: "link",
      path,
      because: `points to ${to}`,
      to,
      target: target === undefined ? null : factsJson(target),
    });
    if (!this.#run.request.dryRun) this.#run.deps.earlier?.willLink(this.#target(path));
    this.links.push({ path, to, isInPlace: target !== undefined });
  }

  #leave({ path, because, isAtSource }: Of<"leave">): void {
    this.extras.keep(path);
    if (!isAtSource) return;
    this.#run.tally.skipped += 1;
    this.#run.reporter.say({ action: "skip", path, because });
  }

  #conflict(found: Conflict): void {
    if (this.#run.request.deletes) this.#hold(found.path);
    if (this.#run.request.deletes) return void this.conflicts.push(found);
    const kind = found.entry.kind === "directory" ? "a directory" : "another entry";
    const because = `${kind} exists at the target and would have to be replaced; use --delete to allow that`;
    this.#run.reporter.fault("target", found.path, because);
  }

  #say(action: PlannedAction): void {
    this.#run.reporter.say(this.isLate ? { ...action, isLate: true } : action);
  }
}
