import { onAbort } from "../ftp/connection/abort.ts";
import { hostOf, isCancellation, messageOf } from "../shared/errors.ts";
import { ALMOST_DONE_MS, lingering } from "../shared/waiting/lingering.ts";
import { Lane } from "../transfer/lane.ts";
import { Retrier } from "../transfer/retrier.ts";
import { connectedPair } from "./connected.ts";
import { FileCopier, type FileCopierDeps, type LaneAccess } from "./file/file-copier.ts";
import { isConnected, type Pair, type Place, type Pool } from "./pool.ts";
import { budgetOf, type SoftBudget } from "./soft-end.ts";
import type { Tally } from "./tally.ts";
import type { TaskQueue } from "./task-queue.ts";
import { STAGGER_MS } from "./warm-up.ts";
import type { FileTask } from "./task.ts";
import type { BatchDeps, BatchOptions, TaskRunner } from "./contract.ts";

/** Files of a lane that may still wait for their names while the next one moves. */
const MAX_TRAILING = 3;

/** What a run's files are copied with. */
interface RunnerDeps extends Omit<FileCopierDeps, "planned" | "giveUp"> {
  /** Pathnames at the target that no other file may be given. */
  readonly planned?: Iterable<string>;
}

/** The lanes that work through tasks, each on a pair of connections that it keeps. */
export class LocalRunner implements TaskRunner {
  readonly #options: BatchOptions;
  readonly #deps: BatchDeps;
  readonly #pool: Pool;
  readonly #tally: Tally;
  readonly #files: FileCopier;
  #stopped: string | undefined;
  #stoppedBy: string | undefined;
  /** Whether it was noted that there are fewer lanes than there should be. */
  #hasNotedFewer = false;
  #queue: TaskQueue | undefined;
  #isSpent = false;
  /** Room for files; undefined: there is no limit. */
  readonly #budget: SoftBudget | undefined;
  /** Those that are at work. */
  #lanes = 0;
  /** Whether somebody has been at the target before the first file. */
  #wasTargetReached = false;

  constructor({ options, deps, pool, tally, planned = [] }: RunnerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#pool = pool;
    this.#tally = tally;
    const used = () => ({ bytes: tally.movedBytes, elapsedMs: tally.elapsedMs });
    this.#budget = deps.budget ?? budgetOf(options, used);
    const giveUp = (because: string, host: string) => this.#stop(because, host);
    this.#files = new FileCopier({ options, deps, pool, tally, planned, giveUp });
  }

  /** Why no other file can be tried, where that is so. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /** The name of the host that is the reason, where that is known. */
  get stoppedBy(): string | undefined {
    return this.#stoppedBy;
  }

  /** Whether nothing is wrong with a host: the run has done what its limits allow. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /**
   * Works until the queue is closed and empty, or nothing goes on.
   * @throws what kept the first connection from being made
   */
  async work(queue: TaskQueue, signal: AbortSignal): Promise<void> {
    this.#queue = queue;
    using almost = lingering(signal, ALMOST_DONE_MS);
    // Each file waits for both again and again; a listener that stays is made once, and not for each of these waits.
    const undo = [signal, almost.signal].map((one) => onAbort(one, () => {}));
    const ending = { signal, almostDone: almost.signal };
    const lanes: Promise<void>[] = [];
    try {
      for (let lane = 0; lane < this.#options.parallel && this.#stopped === undefined; lane += 1) {
        // The first shows whether we are let in; the others follow at a distance, so that they are no burst of logins.
        const patience = lane === 0 ? [] : [this.#deps.clock.sleep(STAGGER_MS)];
        await new Promise<void>((started) => {
          const running = this.#lane(queue, started, ending).finally(started);
          running.catch(() => {});
          lanes.push(running);
          void Promise.race(patience).then(started);
        });
      }
      const ends = await Promise.allSettled(lanes);
      for (const end of ends) if (end.status === "rejected") throw end.reason;
    } finally {
      for (const one of undo) one();
    }
  }

  /** Tells that a directory is at the target, so that nobody looks. */
  directoryExists(directory: string): void {
    this.#wasTargetReached = true;
    this.#files.directoryExists(directory);
  }

  /** Until all that was learned of the routes is remembered. */
  async settled(): Promise<void> {
    await this.#files.settled();
  }

  get #wasLetIn(): boolean {
    return this.#wasTargetReached || this.#tally.tried > 0;
  }

  /** @param spent why the run begins no other file, if that is so; those in flight come to their end */
  #endsSoftly(spent: string | undefined): boolean {
    if (spent === undefined) return false;
    this.#isSpent = true;
    this.#stop(spent, undefined);
    return true;
  }

  #stop(because: string, host: string | undefined): void {
    if (this.#stopped === undefined) [this.#stopped, this.#stoppedBy] = [because, host];
    this.#queue?.close();
  }

  /** What goes on with fewer lanes is slower than was asked for; once is enough. */
  #noteFewer(because: string): void {
    if (this.#hasNotedFewer) return;
    this.#hasNotedFewer = true;
    const { parallel } = this.#options;
    this.#deps.emit({
      event: "note",
      because: `continuing with fewer than ${parallel} parallel transfers: ${because}`,
    });
  }

  /** Takes file after file until none is left. What has to be said of one after its bytes goes on beside the next. */
  async #lane(queue: TaskQueue, started: () => void, ending: Ending): Promise<void> {
    const { signal } = ending;
    let held: Held | undefined;
    const rests: Promise<void>[] = [];
    this.#lanes += 1;
    try {
      while (this.#stopped === undefined && !signal.aborted) {
        if (queue.length === 0) {
          // Whoever fills the queue may need the connections for that.
          await Promise.all(rests);
          await held?.pair[Symbol.asyncDispose]();
          held = undefined;
          if (!(await queue.ready(signal))) break;
        }
        await this.#deps.followUp?.room(signal);
        const { next } = queue;
        if (next === undefined || this.#stopped !== undefined) continue;
        const nextBytes = next.source.facts.sizeBytes;
        if (this.#endsSoftly(this.#budget?.spent(nextBytes))) continue;
        if (held === undefined || !(await isGood(held, next, signal))) {
          await Promise.all(rests);
          await held?.pair[Symbol.asyncDispose]();
          held = undefined;
          held = await this.#hold(next, queue, ending);
        }
        started();
        // Meanwhile another lane may have taken it.
        const isOurs =
          this.#budget === undefined
            ? queue.take(next)
            : await this.#takeWithin(this.#budget, next, queue, signal);
        if (!isOurs) continue;
        const { pair, access } = held;
        // Until its bytes have moved.
        await new Promise<void>((onLaneFree) => {
          const rest = this.#files
            .copy(next, pair, { ...access, onLaneFree }, signal)
            .finally(() => this.#budget?.release(nextBytes));
          // Whoever waits for the rest gets its error.
          rest.then(onLaneFree, onLaneFree);
          rests.push(rest);
        });
        if (rests.length > MAX_TRAILING) await rests.shift();
      }
    } catch (error) {
      // No connection, and no other lane that has one: no other file can be tried either.
      if (isCancellation(error)) return;
      if (this.#lanes > 1) return this.#noteFewer(messageOf(error));
      this.#stop(messageOf(error), hostOf(error));
      if (!this.#wasLetIn) throw error;
    } finally {
      this.#lanes -= 1;
      await Promise.all(rests);
      await held?.pair[Symbol.asyncDispose]();
    }
  }

  /** @returns whether the file was taken, with room for it; else the queue is to be looked at again */
  async #takeWithin(
    budget: SoftBudget,
    task: FileTask,
    queue: TaskQueue,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { sizeBytes } = task.source.facts;
    const spent = await budget.take(sizeBytes, signal);
    const isStopped = this.#stopped !== undefined;
    if (spent !== undefined) {
      // Meanwhile another lane may have taken it.
      if (!isStopped && queue.next === task) this.#endsSoftly(spent);
      return false;
    }
    if (!isStopped && queue.take(task)) return true;
    budget.release(sizeBytes);
    return false;
  }

  async #hold(task: FileTask, queue: TaskQueue, { signal, almostDone }: Ending): Promise<Held> {
    const hasNext = () => queue.length > 0;
    const upcoming = () => queue.upcoming();
    const pair = await this.#connectedAgain(task, signal);
    const access = { lane: new Lane(), hasNext, upcoming, almostDone };
    return { pair, source: task.source.place, access };
  }

  /** A host that was there before may come back. */
  #connectedAgain(task: FileTask, signal: AbortSignal): Promise<Pair> {
    const { retries, target } = this.#options;
    const fewer = (_place: Place, because: string) => this.#noteFewer(because);
    const connect = () => connectedPair(this.#pool, task.source.place, target.place, signal, fewer);
    return new Retrier({ retries }, this.#deps).run(connect, signal, { mayRetry: () => this.#wasLetIn });
  }
}

/** The runner that was given for a run, or one of its own. */
export function runnerFor(parts: RunnerDeps): TaskRunner {
  return parts.deps.runner?.(parts.tally) ?? new LocalRunner(parts);
}

/** What ends a run's work, at once and for what is almost done. */
interface Ending {
  readonly signal: AbortSignal;
  readonly almostDone: AbortSignal;
}

/** Two connected sides that a lane keeps for as long as files come from there. */
interface Held {
  readonly pair: Pair;
  readonly source: Place;
  readonly access: Omit<LaneAccess, "onLaneFree">;
}

async function isGood({ pair, source }: Held, task: FileTask, signal: AbortSignal): Promise<boolean> {
  if (task.source.place !== source) return false;
  if (isConnected(pair.source) && isConnected(pair.target)) return true;
  const ends = await Promise.allSettled([pair.source.ready(signal), pair.target.ready(signal)]);
  return ends.every(({ status }) => status === "fulfilled");
}
