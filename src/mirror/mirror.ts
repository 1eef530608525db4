import { setMaxListeners } from "node:events";
import { handsFor } from "../copy/crew.ts";
import type { CopyEvent, SummaryEvent } from "../copy/events.ts";
import type { FileTask } from "../copy/plan.ts";
import type { Hands } from "../copy/hands.ts";
import { OwnPool, type Pool } from "../copy/pool.ts";
import { Tally } from "../copy/tally.ts";
import { TaskQueue } from "../copy/task-queue.ts";
import { joinPath } from "../ftp/pathname.ts";
import { connectedOne } from "../copy/connected.ts";
import { ConnectionError, LoginError } from "../ftp/errors.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { Closing } from "./closing.ts";
import { trashFolder } from "./deletions.ts";
import { nowAndThen } from "./now-and-then.ts";
import { findRenames } from "./renames.ts";
import type { MirrorEdges, MirrorRequest } from "./request.ts";
import { mayDelete, type Permission, SafeguardError } from "./safeguards.ts";
import { Scan } from "./scan.ts";
import { Sorter } from "./sorter.ts";
import { writeStamp } from "./stamp.ts";
import { type Next, ROOT } from "./visit.ts";
import { memoryOf } from "./written.ts";

/** Files that wait to be copied; a scan that is ahead by so many waits. */
const AHEAD = 1_000;

/**
 * Makes one tree equal to another: what is missing or different is copied while both are still being listed, then
 * files that speak of others, and only then, after a run in which all went well, what the source has no longer is
 * deleted.
 * @returns the summary, which is also the last event
 * @throws what makes the whole run impossible: a tree whose root cannot be listed, no login
 */
export async function mirror(
  request: MirrorRequest,
  edges: MirrorEdges,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  setMaxListeners(0, signal);
  const run = new MirrorRun(request, edges);
  try {
    return await run.execute(signal);
  } finally {
    await run.close();
  }
}

class MirrorRun {
  readonly #request: MirrorRequest;
  readonly #edges: MirrorEdges;
  readonly #pool: Pool;
  readonly #tally: Tally;
  readonly #crew: Hands;
  readonly #scan: Scan;
  readonly #sorter: Sorter;
  readonly #closing: Closing;
  /** Why no other directory can be known, where that is so. */
  #lost: string | undefined;
  /** Targets that were written, as their events call them. */
  readonly #arrived = new Set<string>();
  /** Files that nobody came to, since nothing went on. */
  #untried = 0;

  constructor(request: MirrorRequest, edges: MirrorEdges) {
    this.#request = request;
    this.#edges = edges;
    const { clock, chance, written } = edges;
    const emit = (event: CopyEvent) => this.#emit(event);
    const { source, target, scan: policy, parallel, retries, dryRun, trash } = request;
    this.#pool = edges.pool ?? new OwnPool();
    this.#tally = new Tally(clock);
    const folder = trash === undefined ? undefined : trashFolder(trash, clock.now());
    const orders = { ...request, onExists: "overwrite" as const };
    this.#crew = handsFor(
      orders,
      { ...edges, emit, journal: memoryOf(written, target.path) },
      this.#pool,
      this.#tally,
    );
    const order = { source, target, policy, parallel, retries, makesDirectories: !dryRun };
    this.#scan = new Scan(order, { pool: this.#pool, clock, chance, written });
    const outlets = { emit, tally: this.#tally, crew: this.#crew, trash: folder };
    this.#sorter = new Sorter(request, outlets);
    this.#closing = new Closing(request, this.#pool, this.#tally, this.#sorter, folder);
  }

  async execute(signal: AbortSignal): Promise<SummaryEvent> {
    let ending: Permission = { kind: "granted" };
    try {
      await this.#requireCanary(signal);
      await this.#copyAll([ROOT], signal);
      await this.#complete(signal);
      ending = await this.#deleteExtras(signal);
      await this.#resolveConflicts(ending, signal);
      if (!this.#request.dryRun) await this.#closing.setPermissions(this.#arrived, signal);
      if (this.#isClean && ending.kind === "granted") await this.#writeStamp(signal);
    } catch (error) {
      if (error instanceof SafeguardError) ending = { kind: "refused", because: error.message };
      else if (!isCancellation(error) || !signal.aborted) throw error;
    }
    return this.#summarise(ending, signal.aborted);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#crew.settled();
  }

  get #isClean(): boolean {
    return this.#tally.failed === 0 && this.#crew.stopped === undefined;
  }

  /** @throws SafeguardError where a file that must be at the source is not */
  async #requireCanary(signal: AbortSignal): Promise<void> {
    const { canary, source } = this.#request;
    if (canary === undefined) return;
    await using lent = await this.#pool.borrowOne(source.place, signal);
    const path = joinPath(source.path, canary);
    if ((await lent.side.facts(path, signal)) === undefined)
      throw new SafeguardError(
        `${source.place.at(path)}: is not there, and nothing is done without it (--canary)`,
      );
  }

  /** Lists and copies at the same time. */
  async #copyAll(from: readonly Next[], signal: AbortSignal): Promise<void> {
    const queue = new TaskQueue([], AHEAD);
    this.#sorter.queue = queue;
    const enough = new AbortController();
    const scanning = this.#list(from, AbortSignal.any([signal, enough.signal])).finally(() => queue.close());
    // Nobody takes what a scan finds from then on.
    const working = this.#crew.work(queue, signal).finally(() => enough.abort());
    const [listed, worked] = await Promise.allSettled([scanning, working]);
    this.#untried += queue.length;
    signal.throwIfAborted();
    if (worked.status === "rejected") throw worked.reason;
    if (listed.status === "rejected" && !isCancellation(listed.reason)) this.#lose(listed.reason);
    this.#edges.emit({ event: "plan", ...this.#sorter.planned });
  }

  /** A host has gone: what is copied is copied, and what is not known stays. @throws it where that is everything */
  #lose(error: unknown): void {
    const isHost = error instanceof ConnectionError || error instanceof LoginError;
    if (!isHost || this.#scan.counts.directories === 0) throw error;
    this.#lost = error.message;
    this.#sorter.fault(this.#sorter.source(""), error.message);
  }

  async #list(from: readonly Next[], signal: AbortSignal): Promise<void> {
    const tellScan = nowAndThen(this.#edges.clock, () => {
      const { directories, source: seen } = this.#scan.counts;
      this.#edges.emit({ event: "scan", directories, seen, ...this.#sorter.planned });
    });
    const tell = async (found: Parameters<Sorter["take"]>[0]) => {
      await this.#sorter.take(found, signal);
      tellScan();
    };
    await this.#scan.run(tell, from, signal);
    await this.#rename(signal);
  }

  #emit(event: CopyEvent): void {
    if (this.#request.permissions && event.event === "transfer" && event.outcome === "succeeded")
      this.#arrived.add(event.target);
    this.#edges.emit(event);
  }

  /** Files that have another name now get it at the target; those that only looked like it are copied. */
  async #rename(signal: AbortSignal): Promise<void> {
    const { appeared, extras } = this.#sorter;
    const found = findRenames(appeared, extras.files);
    const renamed = this.#mayDelete(found.length).kind === "granted" ? found : [];
    const done = new Set<string>();
    for (const one of renamed) {
      if (!this.#request.dryRun && !(await this.#closing.rename(one, signal))) continue;
      const because = `was ${one.from.path}: equal in size and time`;
      this.#sorter.say("rename", this.#sorter.target(one.to.path), because);
      this.#tally.kept += 1;
      done.add(one.from.path).add(one.to.path);
    }
    extras.forget(done);
    for (const file of appeared.splice(0)) if (!done.has(file.path)) await this.#sorter.release(file, signal);
  }

  /** What leads to files, and what speaks of them. */
  async #complete(signal: AbortSignal): Promise<void> {
    if (!this.#request.dryRun) await this.#closing.makeLinks(signal);
    await this.#copyIndexes(signal);
  }

  /** They speak of the other files, and so they come when all of these are in place. */
  async #copyIndexes(signal: AbortSignal): Promise<void> {
    const { indexes } = this.#sorter;
    if (this.#isClean) return this.#copyThese(indexes.splice(0), signal);
    for (const { source } of indexes.splice(0)) {
      this.#tally.skipped += 1;
      this.#sorter.say(
        "skip",
        source.place.at(source.path),
        "left for the next run: not all other files are in place",
      );
    }
  }

  async #copyThese(tasks: readonly FileTask[], signal: AbortSignal): Promise<void> {
    if (tasks.length === 0) return;
    const queue = new TaskQueue(tasks);
    queue.close();
    await this.#crew.work(queue, signal);
    this.#untried += queue.length;
  }

  /** @param renamed files that only the target has, and that get another name */
  #mayDelete(renamed = 0): Permission {
    const { source, target } = this.#scan.counts;
    const { extras } = this.#sorter;
    const faults = this.#tally.failed + this.#untried + (this.#crew.stopped === undefined ? 0 : 1);
    const [deletions, directories] = [extras.files.length - renamed, extras.directories().length];
    const account = { sourceFiles: source, targetFiles: target, deletions, directories, faults };
    return mayDelete(account, this.#request.scan.ceiling);
  }

  /** @returns whether what the target has alone was deleted, where there was something, or why not */
  async #deleteExtras(signal: AbortSignal): Promise<Permission> {
    const permission = this.#mayDelete();
    if (this.#request.dryRun)
      for (const { path } of this.#sorter.extras.files) this.#closing.sayDeleted(path);
    else if (permission.kind === "granted") {
      await this.#edges.confirm?.();
      await this.#closing.deleteExtras(signal);
    }
    this.#sorter.extras.clear();
    return permission;
  }

  /** Whoever reads the target sees by it when it was last made equal to its source. */
  async #writeStamp(signal: AbortSignal): Promise<void> {
    const { stamp, dryRun, target, run } = this.#request;
    if (stamp === undefined || dryRun) return;
    const text = `${new Date(this.#edges.clock.now()).toISOString()} ${run}\n`;
    try {
      await using lent = await connectedOne(this.#pool, target.place, signal);
      await writeStamp(lent.side, joinPath(target.path, stamp), text, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#sorter.fault(this.#sorter.target(stamp), messageOf(error));
    }
  }

  /** What stood in the way is gone now, or will not go. */
  async #resolveConflicts(permission: Permission, signal: AbortSignal): Promise<void> {
    const conflicts = this.#sorter.conflicts.splice(0);
    if (conflicts.length === 0) return;
    if (permission.kind !== "granted") {
      for (const { path } of conflicts)
        this.#sorter.fault(
          this.#sorter.target(path),
          `something else stands in the way: ${permission.because}`,
        );
      return;
    }
    const files = conflicts.flatMap(({ source }) => (source === "directory" ? [] : [source]));
    for (const { path } of this.#request.dryRun ? files : [])
      this.#sorter.say("copy", this.#sorter.source(path), "in place of a directory");
    const tasks = files.map((file) => this.#sorter.taskFor(file, "in place of a directory", false));
    if (!this.#request.dryRun) await this.#copyThese(tasks, signal);
    const directories = conflicts.filter(({ source }) => source === "directory");
    const from = directories.map(
      ({ path }) => ({ path, at: "source", depth: path.split("/").length }) as const,
    );
    if (from.length > 0) await this.#copyAll(from, signal);
    await this.#complete(signal);
  }

  #summarise(ending: Permission, isCancelled: boolean): SummaryEvent {
    const because =
      this.#crew.stopped ?? this.#lost ?? (ending.kind === "granted" ? undefined : ending.because);
    const summary = this.#tally.summary(isCancelled ? 0 : this.#untried, isCancelled, because);
    const isRefused = ending.kind === "refused" && !isCancelled;
    const told: SummaryEvent = isRefused ? { ...summary, outcome: "refused" } : summary;
    this.#edges.emit(told);
    return told;
  }
}
