import { setMaxListeners } from "node:events";
import type { SummaryEvent } from "../batch/events.ts";
import type { TaskQueue } from "../batch/task-queue.ts";
import { joinPath, parentOf } from "../ftp/pathname.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import type { Side } from "../transfer/sides/side.ts";
import { unproven } from "./carry/absence.ts";
import { forEachAt } from "../batch/connected.ts";
import { refusesName } from "./decide/spelling.ts";
import { isBelow, type Replacements } from "./decide/absence.ts";
import { Extras } from "./decide/extras.ts";
import type { PlanCounts, PlannedAction, PlannedDeletion, PlannedOf } from "./decide/planned.ts";
import type { MirrorDeps, MirrorRequest } from "./contract.ts";
import { MirrorContext } from "./context.ts";
import { mayDelete, type Permission, SafeguardError } from "./decide/safeguards.ts";
import { PlanPreconditions } from "./carry/preconditions.ts";
import { factsFromJson } from "./decide/facts-json.ts";
import type { FileTask } from "../batch/task.ts";
import { counted } from "../shared/units.ts";

/** A plan as it was written. */
export interface StoredPlan {
  readonly counts: PlanCounts;
  /** From the beginning, each time. */
  actions(): AsyncIterable<PlannedAction>;
}

const UNLINKED =
  "was a symbolic link, which the server lists as a directory; it was removed, so that nothing was deleted through it. Mirror again to get the directory";

/** All of a plan but its copies, of which there may be any number. */
interface Gathered {
  readonly directories: PlannedOf<"make-directory">[];
  readonly renames: PlannedOf<"rename">[];
  readonly links: PlannedOf<"link">[];
  readonly deletions: PlannedDeletion[];
  readonly permissions: PlannedOf<"set-permissions">[];
  /** What the source has under names at which something else is to go. */
  readonly replacements: Map<string, "file" | "directory">;
}

/**
 * Does what a plan says, in the order of a mirror, and nothing else: what has changed at the source or at the target
 * since it was planned is refused, action by action, and the safeguards hold for the plan as a whole.
 * @returns the summary, which is also the last event
 * @throws what makes the whole run impossible: no login
 */
export async function applyPlan(
  plan: StoredPlan,
  request: MirrorRequest,
  deps: MirrorDeps,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  setMaxListeners(0, signal);
  await using run = new MirrorContext(request, deps);
  return await new Applying(plan, run).execute(signal);
}

class Applying {
  readonly #plan: StoredPlan;
  readonly #run: MirrorContext;
  readonly #preconditions: PlanPreconditions;
  /** Directories that the target will not have under their names. */
  readonly #refused = new Set<string>();

  constructor(plan: StoredPlan, run: MirrorContext) {
    this.#plan = plan;
    this.#run = run;
    this.#preconditions = new PlanPreconditions(run);
  }

  async execute(signal: AbortSignal): Promise<SummaryEvent> {
    const { closing, progress } = this.#run;
    let ending: Permission = { kind: "granted" };
    try {
      await this.#run.requireCanary(signal);
      this.#tellUnplanned(this.#plan.counts.faults);
      const all = await this.#gather();
      await this.#round(all, false, signal);
      ending = await this.#delete(all, signal);
      this.#tellUnplanned(this.#plan.counts.lateFaults);
      if (ending.kind === "granted") await this.#round(all, true, signal);
      else await this.#leaveLate(ending.because);
      await closing.setPermissions(all.permissions, progress.arrived, signal);
      if (this.#run.isClean && ending.kind === "granted") await this.#run.writeStamp(signal);
    } catch (error) {
      if (error instanceof SafeguardError) ending = { kind: "refused", because: error.message };
      else if (!isCancellation(error) || !signal.aborted) throw error;
    }
    return this.#run.summarise(ending, undefined, signal.aborted);
  }

  /** What a plan could not be made for is not done by it either. */
  #tellUnplanned(faults: number): void {
    if (faults === 0) return;
    const because = `the plan is incomplete: ${counted(faults, "directory or file", "directories or files")} could not be read or planned`;
    this.#run.reporter.fault("source", "", because);
    this.#run.tally.failed += faults - 1;
  }

  async #gather(): Promise<Gathered> {
    const all: Gathered = {
      directories: [],
      renames: [],
      links: [],
      deletions: [],
      permissions: [],
      replacements: new Map(),
    };
    const copies = { files: 0, bytes: 0 };
    for await (const one of this.#plan.actions()) {
      switch (one.action) {
        case "make-directory":
          all.directories.push(one);
          if (one.isLate === true) all.replacements.set(one.path, "directory");
          break;
        case "rename":
          all.renames.push(one);
          break;
        case "link":
          all.links.push(one);
          break;
        case "delete":
        case "trash":
          all.deletions.push(one);
          break;
        case "set-permissions":
          all.permissions.push(one);
          break;
        case "copy":
          if (one.isLate === true) all.replacements.set(one.path, "file");
          copies.files += 1;
          copies.bytes += one.source.size ?? 0;
      }
    }
    this.#run.deps.emit({ event: "plan", ...copies });
    return all;
  }

  /** Directories, renames, files, links, indexes: those before the deletions, or those that had to wait for them. */
  async #round(all: Gathered, isLate: boolean, signal: AbortSignal): Promise<void> {
    const due = <T extends PlannedAction>(actions: readonly T[]) =>
      actions.filter((one) => this.#isDue(one, isLate));
    await this.#makePlannedDirectories(due(all.directories), signal);
    await this.#renameThese(due(all.renames), all.replacements, signal);
    const indexes: FileTask[] = [];
    const fill = async (queue: TaskQueue, until: AbortSignal) => {
      for await (const one of this.#copies(isLate)) {
        if (one.isIndex === true) indexes.push(this.#taskFor(one));
        else await queue.push(this.#taskFor(one), until);
      }
    };
    await this.#run.copyMeanwhile(fill, signal);
    await this.#makeLinks(due(all.links), signal);
    await this.#run.copyIndexes(indexes, signal);
  }

  async *#copies(isLate: boolean): AsyncGenerator<PlannedOf<"copy">> {
    for await (const one of this.#plan.actions())
      if (one.action === "copy" && this.#isDue(one, isLate)) yield one;
  }

  /** Whether it is the turn of this, and nothing is in its way: a link would lead it elsewhere. */
  #isDue({ path, isLate }: PlannedAction, isLateNow: boolean): boolean {
    if ((isLate === true) !== isLateNow || isBelow(path, this.#refused)) return false;
    for (let at = path; isLateNow && at !== ""; at = parentOf(at)) {
      if (!this.#run.closing.failed.has(at)) continue;
      this.#run.reporter.fault("target", path, "an existing entry had to be removed first and could not be");
      return false;
    }
    return true;
  }

  #taskFor(one: PlannedOf<"copy">): FileTask {
    const file = { path: one.path, facts: factsFromJson(one.source) };
    const task = this.#run.taskFor(file, one.because, one.target !== null);
    return { ...task, decide: (sides, signal) => this.#preconditions.copy(one, sides, signal) };
  }

  async #makePlannedDirectories(
    directories: readonly PlannedOf<"make-directory">[],
    signal: AbortSignal,
  ): Promise<void> {
    const { request, pool, reporter } = this.#run;
    const { target, parallel } = request;
    const make = async (side: Side, one: PlannedAction) => {
      if (isBelow(one.path, this.#refused)) return;
      if (!(await this.#preconditions.directory(side, one.path, signal))) return;
      try {
        await side.makeDirectory(joinPath(target.path, one.path), signal);
      } catch (error) {
        // Nothing else depends on it, and nothing can be copied into it.
        if (refusesName(error)) this.#refused.add(one.path);
        throw error;
      }
      reporter.say(one);
    };
    const failed = ({ path }: PlannedAction, because: string) => {
      if (this.#refused.has(path)) this.#run.progress.addConfined();
      reporter.fault("target", path, because);
    };
    const due = await this.#preconditions.atSource(directories, signal);
    await forEachAt({ items: due, place: target.place, pool, parallel, act: make, failed }, signal);
  }

  async #renameThese(
    renames: readonly PlannedOf<"rename">[],
    replacements: Replacements,
    signal: AbortSignal,
  ): Promise<void> {
    const old = renames.map(({ from, target }) => ({ path: from, kind: target.kind }));
    const held = await unproven(old, replacements, this.#run, signal);
    for (const one of renames) {
      const because = held.get(one.from);
      if (because === undefined) await this.#rename(one, signal);
      else this.#run.reporter.fault("target", one.path, `cannot be renamed from ${one.from}: ${because}`);
    }
  }

  async #rename(one: PlannedOf<"rename">, signal: AbortSignal): Promise<void> {
    const { closing, reporter, tally } = this.#run;
    const from = { path: one.from, facts: factsFromJson(one.target) };
    const to = { path: one.path, facts: factsFromJson(one.source) };
    try {
      if (!(await this.#preconditions.rename(one, signal))) return;
      if (!(await closing.rename({ from, to }, signal)))
        throw new Error(`cannot be renamed from ${one.from}`);
      tally.kept += 1;
      reporter.say(one);
    } catch (error) {
      if (isCancellation(error)) throw error;
      reporter.fault("target", one.path, messageOf(error));
    }
  }

  async #makeLinks(links: readonly PlannedOf<"link">[], signal: AbortSignal): Promise<void> {
    const { closing, reporter } = this.#run;
    const due = await this.#preconditions.atSource(links, signal);
    const confirm = this.#preconditions.link(new Map(due.map(({ path, target }) => [path, target])));
    for (const one of due) reporter.say(one);
    const toMake = due.map(({ path, to, target }) => ({ path, to, isInPlace: target !== null }));
    await closing.makeLinks(toMake, signal, confirm);
  }

  /** @returns whether what was to be deleted is, or why not */
  async #delete(
    { deletions: asked, directories: made, replacements }: Gathered,
    signal: AbortSignal,
  ): Promise<Permission> {
    const { request, closing, faults, reporter } = this.#run;
    const { sourceFiles, targetFiles } = this.#plan.counts;
    const counted = asked.filter(({ target }) => target.kind === "directory").length;
    const counts = { sourceFiles, targetFiles, deletions: asked.length - counted, directories: counted };
    const permission = mayDelete({ ...counts, faults }, request.scan.ceiling);
    if (permission.kind !== "granted") return permission;
    const missing = asked.map(({ path, target }) => ({ path, kind: target.kind }));
    const held = await unproven(missing, replacements, this.#run, signal);
    for (const [path, because] of held) reporter.fault("target", path, because);
    const kept = new Extras();
    for (const path of held.keys()) kept.keep(path);
    const deletions = asked.filter(
      ({ path }) => !held.has(path) && !isBelow(path, held) && !kept.isKept(path),
    );
    for (const path of held.keys()) closing.failed.add(path);
    const directories = deletions.filter(({ target }) => target.kind === "directory");
    const files = deletions.filter(({ target }) => target.kind !== "directory");
    const emptied = directories.map(({ path }) => path);
    if (deletions.length > 0) {
      const approval = await this.#run.approval(files, emptied, signal);
      if (approval.kind !== "granted") return approval;
    }
    const extras = files.map(({ path, target }) => ({ path, facts: factsFromJson(target) }));
    const replaced = new Set(made.filter(({ isLate }) => isLate).map(({ path }) => path));
    await closing.deleteFiles(extras, signal, this.#preconditions.deletion(replaced));
    await closing.deleteDirectories(emptied, signal, this.#preconditions.emptied);
    const planned = new Set(emptied);
    for (const path of closing.unlinked) if (!planned.has(path)) reporter.fault("target", path, UNLINKED);
    return permission;
  }

  /** What waits for something that does not go is not done. */
  async #leaveLate(because: string): Promise<void> {
    for await (const one of this.#plan.actions())
      if (one.isLate === true)
        this.#run.reporter.fault("target", one.path, `an existing entry has to be removed first: ${because}`);
  }
}
