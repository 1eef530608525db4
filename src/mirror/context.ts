import { askedOf, connectedOne } from "../batch/connected.ts";
import { runnerFor } from "../batch/local-runner.ts";
import type { CopyEvent, SummaryEvent } from "../batch/events.ts";
import type { TaskRunner } from "../batch/contract.ts";
import { OwnPool, type Pool } from "../batch/pool.ts";
import { Tally } from "../batch/tally.ts";
import { TaskQueue } from "../batch/task-queue.ts";
import { joinPath, parentOf } from "../ftp/pathname.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { isoTime } from "../shared/iso-time.ts";
import { Retrier } from "../transfer/retrier.ts";
import type { Side } from "../transfer/sides/side.ts";
import { pathBetween } from "./path-between.ts";
import { Closing } from "./carry/closing.ts";
import { trashFolder } from "./carry/deletions.ts";
import type { PlannedCopy } from "./decide/plan.ts";
import type { MirrorDeps, MirrorRequest } from "./contract.ts";
import { type Permission, SafeguardError } from "./decide/safeguards.ts";
import type { IndexCounts } from "./index/directory-index.ts";
import { writeStamp } from "./carry/stamp.ts";
import { MirrorProgress } from "./progress.ts";
import { Reporter } from "./reporter.ts";
import { memoryOf } from "./carry/written.ts";
import type { FileTask } from "../batch/task.ts";
import { anySignal } from "../shared/any-signal.ts";
import { about } from "../shared/printable.ts";

/** Files that wait to be copied; who finds more waits. */
const AHEAD = 1_000;

/** What a mirror and a plan that is carried out have in common: who copies, who counts, and how it ends. */
export class MirrorContext {
  readonly request: MirrorRequest;
  readonly deps: MirrorDeps;
  readonly pool: Pool;
  readonly tally: Tally;
  readonly runner: TaskRunner;
  readonly reporter: Reporter;
  readonly closing: Closing;
  /** For what fails while it is looked at. */
  readonly retrier: Retrier;
  /** Where goes what this run deletes or overwrites, as a pathname at the target; undefined: nowhere. */
  readonly trash: string | undefined;
  readonly progress = new MirrorProgress();

  constructor(request: MirrorRequest, deps: MirrorDeps) {
    const { clock, written, plan } = deps;
    const { trash, target } = request;
    this.request = request;
    this.deps = deps;
    this.pool = deps.pool ?? new OwnPool();
    this.tally = new Tally(clock);
    this.retrier = new Retrier(request, deps);
    this.trash = trash === undefined ? undefined : trashFolder(trash, clock.now());
    const emit = (event: CopyEvent) => this.#emit(event);
    this.runner = runnerFor({
      options: { ...request, onExists: "overwrite" },
      deps: { ...deps, emit, journal: memoryOf(written, target.path) },
      ...{ pool: this.pool, tally: this.tally },
    });
    this.reporter = new Reporter(request, emit, this.tally, plan);
    this.closing = new Closing(request, this.pool, this.tally, this.reporter, this.trash);
  }

  get isClean(): boolean {
    return this.tally.failed === 0 && this.runner.stopped === undefined;
  }

  /** Whatever went wrong, and may be why something else seems to be missing, counted. */
  get faults(): number {
    const { confined, untried } = this.progress;
    return this.tally.failed - confined + untried + (this.runner.stopped === undefined ? 0 : 1);
  }

  #emit(event: CopyEvent): void {
    if (this.request.permissions && event.event === "transfer" && event.outcome === "succeeded")
      this.progress.arrived.add(event.target);
    this.deps.emit(event);
  }

  /**
   * In a tree that lies in the other one, what is copied would be found again, or the source be deleted.
   * @throws SafeguardError where that is so, and no rule leaves the inner one alone
   */
  async requireApart(signal: AbortSignal): Promise<void> {
    const { source, target, scan } = this.request;
    await using pair = await this.pool.borrow(source.place, target.place, signal);
    const { source: from, target: to } = pair;
    if (from.locate("") !== to.locate("")) return;
    // Where a path begins is known after the login.
    await Promise.allSettled([from.ready(signal), to.ready(signal)]);
    const path = pathBetween(from.locate(source.path), to.locate(target.path));
    if (path === undefined || (path !== "" && scan.leaves(path, true) !== undefined)) return;
    const places = `${source.place.at(source.path)} and ${target.place.at(target.path)}`;
    throw new SafeguardError(
      `${places}: source and target overlap; exclude the inner directory, or choose separate ones`,
    );
  }

  /** @throws SafeguardError where a file that must be at the source is not */
  async requireCanary(signal: AbortSignal): Promise<void> {
    const { canary, source } = this.request;
    if (canary === undefined) return;
    const path = joinPath(source.path, canary);
    const ask = (side: Side) => side.facts(path, signal);
    if ((await askedOf(this.pool, source.place, this.retrier, ask, signal)) === undefined)
      throw new SafeguardError(
        about(source.place.at(path), "canary file not found; nothing was changed (--canary)"),
      );
  }

  /** A file of the source, as the task runner is to copy it, be it in place of something that is no directory. */
  taskFor(file: PlannedCopy, because: string, isInPlace: boolean): FileTask {
    const { source, target } = this.request;
    const { peers } = file;
    return {
      source: peers?.from ?? {
        place: source.place,
        path: joinPath(source.path, file.path),
        facts: file.facts,
      },
      target: joinPath(target.path, file.path),
      because: peers === undefined ? because : `${because}; ${peers.because}`,
      ...(isInPlace && this.trash !== undefined ? { aside: joinPath(this.trash, file.path) } : {}),
    };
  }

  /**
   * Copies while more is found to copy.
   * @param fill puts tasks into the queue; its signal is aborted, too, when nobody takes them any more
   * @throws what ended `fill`, where that is not this
   */
  async copyMeanwhile(
    fill: (queue: TaskQueue, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const queue = new TaskQueue([], AHEAD);
    const enough = new AbortController();
    const filling = fill(queue, anySignal(signal, enough.signal))
      .catch((error: unknown) => {
        if (!enough.signal.aborted || !isCancellation(error)) throw error;
      })
      .finally(() => queue.close());
    const working = this.runner.work(queue, signal).finally(() => enough.abort());
    const [filled, worked] = await Promise.allSettled([filling, working]);
    this.progress.addUntried(queue.length);
    signal.throwIfAborted();
    if (worked.status === "rejected") throw worked.reason;
    if (filled.status === "rejected") throw filled.reason;
  }

  async copyThese(tasks: readonly FileTask[], signal: AbortSignal): Promise<void> {
    if (tasks.length === 0) return;
    const queue = new TaskQueue(tasks);
    queue.close();
    await this.runner.work(queue, signal);
    this.progress.addUntried(queue.length);
  }

  /** They speak of the other files, and so they come when all of these are in place. */
  async copyIndexes(tasks: readonly FileTask[], signal: AbortSignal): Promise<void> {
    if (this.isClean) return this.copyThese(tasks, signal);
    const because = "left for the next run because not all other files are in place";
    for (const { source } of tasks) {
      this.tally.skipped += 1;
      this.#emit({ event: "action", action: "skip", path: source.place.at(source.path), because });
    }
  }

  /** Asks whoever is to be asked before these are deleted, and waits until nobody else writes to the target. */
  async approval(
    files: readonly { readonly path: string }[],
    directories: readonly string[],
    signal: AbortSignal,
  ): Promise<Permission> {
    const { approve, confirm } = this.deps;
    if (approve !== undefined && files.length + directories.length > 0) {
      const isToTrash = this.trash !== undefined;
      const paths = { files: files.map(({ path }) => path), directories };
      if (!(await approve({ target: this.request.target.shown, ...paths, isToTrash }, signal)))
        return { kind: "refused", because: "the deletions were declined; nothing was deleted" };
    }
    await confirm?.();
    return { kind: "granted" };
  }

  /** Whoever reads the target sees by it when it was last made equal to its source. */
  async writeStamp(signal: AbortSignal): Promise<void> {
    const { stamp, dryRun, target, run } = this.request;
    if (stamp === undefined || dryRun) return;
    const text = `${isoTime(this.deps.clock.now())} ${run}\n`;
    try {
      await using lent = await connectedOne(this.pool, target.place, signal);
      const path = joinPath(target.path, stamp);
      if (parentOf(stamp) !== "") await lent.side.makeDirectory(parentOf(path), signal);
      await writeStamp(lent.side, path, text, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.reporter.fault("target", stamp, messageOf(error));
    }
  }

  /**
   * @param lost why not all could be looked at, where that is one reason
   * @param index how it is known of directories that nothing was to be done in them, where there is an index
   */
  summarise(
    ending: Permission,
    lost: string | undefined,
    isCancelled: boolean,
    index?: IndexCounts,
  ): SummaryEvent {
    const because = this.runner.stopped ?? lost ?? (ending.kind === "granted" ? undefined : ending.because);
    const untried = isCancelled ? 0 : this.progress.untried;
    const summary = this.tally.summary(untried, isCancelled, because, this.runner.isSpent);
    const isShort = ending.kind === "put-off" || this.runner.stopped !== undefined;
    // What was left undone is no success, whatever became of the files.
    const outcome = isShort && summary.outcome === "succeeded" ? "partial" : summary.outcome;
    const isRefused = ending.kind === "refused" && !isCancelled;
    const event: SummaryEvent = {
      ...summary,
      outcome: isRefused ? "refused" : outcome,
      ...(index && { directories: { ...index } }),
    };
    this.deps.emit(event);
    return event;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
    await this.runner.settled();
  }
}
