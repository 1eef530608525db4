import type { TaskRunner } from "../../../batch/contract.ts";
import type { FileEnd } from "../../../batch/follow-up.ts";
import type { Place } from "../../../batch/pool.ts";
import type { Tally } from "../../../batch/tally.ts";
import type { TaskQueue } from "../../../batch/task-queue.ts";
import type { Clock } from "../../../shared/clock.ts";
import { Condition } from "../../../shared/waiting/condition.ts";
import type { SliceStore } from "../../kv/stores/slices.ts";
import { LAST_TURN, type Queues } from "../queue/queues.ts";
import type { RunStore } from "../../kv/stores/runs.ts";
import type { RunProgress } from "./run-progress.ts";
import { SLICE_BYTES, SLICE_FILES, sliceLength, workOf } from "../slice/cut.ts";
import { pack, type PackedTask } from "../slice/tasks.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** How soon others' results are looked for again: first, and at most; each time that none has come it takes twice as long. */
const FIRST_LOOK_MS = 25;
const LOOK_MS = 200;
/** How often slices that have no result are looked for in the queue. */
const CHECK_MS = 10_000;
/** A lane that is idle waits so long for more tasks to come before it gets those that there are. */
const IDLE_LINGER_MS = 50;
/** The same where all lanes are busy, and a slice is cut so that the next one waits for them. */
const LINGER_MS = 500;

interface SliceDeps {
  readonly slices: SliceStore;
  readonly queues: Queues;
  readonly store: RunStore;
  readonly clock: Clock;
}

interface SliceOrder {
  readonly run: string;
  readonly generation: number;
  /** Which of the run's targets they go to, 0 …. */
  readonly part: number;
  readonly sources: readonly Place[];
  /** Keys of all places that its files come from or go to. */
  readonly hosts: readonly string[];
  /** From one of its slices to the next in the queue, 1 …. */
  readonly stride: number;
  /** Of all slices of this generation. */
  readonly sequence: Sequence;
  readonly progress: RunProgress;
  /** Files that may be in flight at once, 1 …. */
  readonly lanes: number;
  /** Called with each file when its slice has ended. */
  readonly ended?: (task: PackedTask, how: FileEnd) => void;
  /** Whether what fails has failed for good. */
  readonly isLast: boolean;
}

/** How many slices there were, and the last one's place in the queue. */
interface Sequence {
  count: number;
  turn: number;
}

/** Whoever works for this Redis: tasks go there in slices, and what came of them comes back. */
export class FleetRunner implements TaskRunner {
  readonly #order: SliceOrder;
  readonly #deps: SliceDeps;
  readonly #tally: Tally;
  /** Slices without a result, and their tasks. */
  readonly #out = new Map<string, readonly PackedTask[]>();
  /** Tasks that are in no slice yet, their work, and since when there is nothing to wait for but more of them. */
  readonly #backlog: PackedTask[] = [];
  #work = 0;
  #lingeringSinceMs = 0;
  /** Whether all tasks are in the backlog, or were. */
  #hasAll = false;
  /** Whether a slice may be due. */
  readonly #changed = new Condition();
  #lookMs = FIRST_LOOK_MS;
  #lookedMs = 0;
  /** Whether there is a result that was not looked for yet. */
  #hasResult = false;
  #checkedMs = 0;
  #stopped: string | undefined;
  #isSpent = false;

  constructor(order: SliceOrder, deps: SliceDeps, tally: Tally) {
    this.#order = order;
    this.#deps = deps;
    this.#tally = tally;
  }

  get stopped(): string | undefined {
    return this.#stopped;
  }

  get isSpent(): boolean {
    return this.#isSpent;
  }

  async work(queue: TaskQueue, signal: AbortSignal): Promise<void> {
    this.#checkedMs = this.#deps.clock.now();
    this.#hasAll = false;
    using _telling = this.#deps.slices.onResult(this.#order.run, () => {
      this.#hasResult = true;
      this.#changed.notify();
    });
    await Promise.all([this.#collect(queue, signal), this.#send(queue, signal)]);
  }

  /** Whoever takes a slice knows it by its tasks: what a mirror has decided has its directory. */
  directoryExists(): void {}

  async settled(): Promise<void> {}

  /** Takes tasks out of the queue, as far ahead as slices are cut evenly from. */
  async #collect(queue: TaskQueue, signal: AbortSignal): Promise<void> {
    const { lanes, sources, part } = this.#order;
    while (this.#stopped === undefined && (await queue.ready(signal))) {
      if (this.#backlog.length >= 2 * lanes * SLICE_FILES) {
        await this.#changed.changed(signal);
        continue;
      }
      const { next: task } = queue;
      if (task === undefined || !queue.take(task)) continue;
      const packed = pack(task, sources, part);
      if (this.#backlog.length === 0) this.#lingeringSinceMs = this.#deps.clock.now();
      this.#backlog.push(packed);
      this.#work += workOf(packed);
      if (this.#backlog.length === 1 || this.#isDue) this.#changed.notify();
    }
    this.#hasAll = true;
    this.#changed.notify();
  }

  /** Sends slices, and takes what comes of them, until there is nothing of either any more. */
  async #send(queue: TaskQueue, signal: AbortSignal): Promise<void> {
    while (this.#out.size > 0 || this.#backlog.length > 0 || !this.#hasAll) {
      if (this.#stopped !== undefined) await this.#giveUp(queue);
      else if (this.#isDue) await this.#cut();
      else await this.#pause(signal);
      signal.throwIfAborted();
      if (this.#out.size > 0 && this.#looksInMs <= 0) await this.#look();
      if (this.#stopped !== undefined && this.#out.size > 0) await this.#pause(signal);
    }
  }

  /** Nothing else is sent: what was is waited for. */
  async #giveUp(queue: TaskQueue): Promise<void> {
    queue.close();
    const left = this.#backlog.splice(0);
    this.#work = 0;
    for (const _ of left) this.#tally.failedOne();
    this.#ended(left, left);
    if (this.#isSpent) this.#tally.left += left.length;
    await this.#fail(left);
    this.#changed.notify();
  }

  /** How long until results are looked for. */
  get #looksInMs(): number {
    return this.#hasResult ? 0 : this.#lookedMs + this.#lookMs - this.#deps.clock.now();
  }

  /** How long until what waits goes out without waiting for more. */
  get #lingerMs(): number {
    return this.#out.size < this.#order.lanes ? IDLE_LINGER_MS : LINGER_MS;
  }

  /** Whether a slice is to go out now: one for each lane to work on, and one for each to go on with. */
  get #isDue(): boolean {
    const { lanes } = this.#order;
    if (this.#backlog.length === 0 || this.#out.size >= 2 * lanes) return false;
    const isFull = this.#backlog.length >= 2 * lanes * SLICE_FILES || this.#work >= 2 * lanes * SLICE_BYTES;
    return this.#hasAll || isFull || this.#deps.clock.now() - this.#lingeringSinceMs >= this.#lingerMs;
  }

  async #cut(): Promise<void> {
    const { run, generation, hosts, sequence, progress, lanes } = this.#order;
    const length = sliceLength(this.#backlog, this.#work, { lanes, out: this.#out.size });
    const tasks = this.#backlog.splice(0, length);
    this.#work = tasks.reduce((work, task) => work - workOf(task), this.#work);
    // All lanes have one: what is left may grow until they have ended theirs.
    if (this.#out.size + 1 === lanes) this.#lingeringSinceMs = this.#deps.clock.now();
    sequence.count += 1;
    const slice = `${generation}-${sequence.count}`;
    if (sequence.count === 1) await this.#deps.store.noteSlices(run, generation);
    this.#out.set(slice, tasks);
    this.#changed.notify();
    const item = { run, generation, slice, hosts: [...hosts], tasks };
    const [priority] = await Promise.all([this.#nextTurn(), progress.send(slice, tasks)]);
    await this.#deps.queues.slices.add("slice", item, { jobId: `${run}_${slice}`, priority });
  }

  /** Until results are to be looked for, or a slice may be due. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const looks = this.#out.size > 0 ? this.#looksInMs : LOOK_MS;
    const lingers = this.#lingeringSinceMs + this.#lingerMs - clock.now();
    const canCut = this.#backlog.length > 0 && this.#out.size < 2 * this.#order.lanes;
    const over = new AbortController();
    const either = anySignal(signal, over.signal);
    const ends = [
      clock.sleep(Math.max(1, canCut ? Math.min(looks, lingers) : looks), either),
      this.#changed.changed(either),
    ];
    for (const end of ends) end.catch(() => {});
    await Promise.race(ends).finally(() => over.abort());
  }

  async #fail(tasks: readonly PackedTask[]): Promise<void> {
    const { run, generation, isLast } = this.#order;
    if (isLast) await this.#deps.store.failed.add(run, generation, tasks);
  }

  /** Behind this run's last slice, and not before what others have begun: start-time fair queueing. */
  async #nextTurn(): Promise<number> {
    const begun = await this.#deps.slices.lastTurn();
    const { sequence, stride } = this.#order;
    sequence.turn = Math.min(Math.max(begun, sequence.turn + stride), LAST_TURN);
    return sequence.turn;
  }

  /** Takes what has come. */
  async #look(): Promise<void> {
    const { slices, clock } = this.#deps;
    const { run, generation } = this.#order;
    this.#hasResult = false;
    const results = await slices.results(run, generation, [...this.#out.keys()]);
    for (const [slice, result] of results) {
      this.#ended(this.#out.get(slice) ?? [], result.failures, result.untouched);
      this.#out.delete(slice);
      this.#tally.add(result);
      this.#order.progress.settle(slice, result.copied);
      await this.#fail(result.failures);
      if (this.#stopped === undefined) this.#isSpent = result.left !== undefined;
      this.#stopped ??= result.stopped;
    }
    this.#lookedMs = clock.now();
    this.#lookMs = results.size > 0 ? FIRST_LOOK_MS : Math.min(2 * this.#lookMs, LOOK_MS);
    if (this.#lookedMs - this.#checkedMs > CHECK_MS) await this.#check();
  }

  #ended(
    tasks: readonly PackedTask[],
    failures: readonly PackedTask[],
    untouched: readonly number[] = [],
  ): void {
    const { ended } = this.#order;
    if (ended === undefined) return;
    const [failed, left] = [new Set(failures.map(({ t }) => t)), new Set(untouched)];
    for (const [index, task] of tasks.entries())
      ended(task, failed.has(task.t) ? "failed" : left.has(index) ? "left" : "copied");
  }

  /** A slice that the queue has given up, or has not any more, has failed. */
  async #check(): Promise<void> {
    this.#checkedMs = this.#deps.clock.now();
    const { queues, slices } = this.#deps;
    const { run, generation } = this.#order;
    for (const [slice, tasks] of this.#out) {
      const state = await queues.slices.getJobState(`${run}_${slice}`);
      if (state !== "failed" && state !== "unknown") continue;
      if ((await slices.results(run, generation, [slice])).size > 0) continue;
      this.#out.delete(slice);
      for (const _ of tasks) this.#tally.failedOne();
      this.#ended(tasks, tasks);
      await this.#fail(tasks);
    }
  }
}
