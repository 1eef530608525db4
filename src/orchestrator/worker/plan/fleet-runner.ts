import type { TaskRunner } from "../../../batch/contract.ts";
import type { Place } from "../../../batch/pool.ts";
import type { Tally } from "../../../batch/tally.ts";
import type { TaskQueue } from "../../../batch/task-queue.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { SliceStore } from "../../kv/stores/slices.ts";
import { LAST_TURN, type Queues } from "../queue/queues.ts";
import type { RunStore } from "../../kv/stores/runs.ts";
import type { RunProgress } from "./run-progress.ts";
import { pack, type PackedTask, Slicer } from "../slice/tasks.ts";

/** Slices of one run that wait or are worked on at once; a plan that is ahead of these waits. */
const MAX_OUT = 32;
/** How often results are looked for. */
const LOOK_MS = 200;
/** How often slices that have no result are looked for in the queue. */
const CHECK_MS = 10_000;
/** A slice that is not full goes out when no other task has come for so long. */
const LINGER_MS = 500;

export interface SliceDeps {
  readonly slices: SliceStore;
  readonly queues: Queues;
  readonly store: RunStore;
  readonly clock: Clock;
}

export interface SliceOrder {
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
  /** Whether what fails has failed for good. */
  readonly isLast: boolean;
}

/** How many slices there were, and the last one's place in the queue. */
export interface Sequence {
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
  #checkedMs = 0;
  #stopped: string | undefined;

  constructor(order: SliceOrder, deps: SliceDeps, tally: Tally) {
    this.#order = order;
    this.#deps = deps;
    this.#tally = tally;
  }

  get stopped(): string | undefined {
    return this.#stopped;
  }

  async work(queue: TaskQueue, signal: AbortSignal): Promise<void> {
    this.#checkedMs = this.#deps.clock.now();
    await this.#send(queue, signal);
    while (this.#out.size > 0) await this.#look(signal);
  }

  /** Whoever takes a slice knows it by its tasks: what a mirror has decided has its directory. */
  directoryExists(): void {}

  async settled(): Promise<void> {}

  async #send(queue: TaskQueue, signal: AbortSignal): Promise<void> {
    const slicer = new Slicer();
    while (this.#stopped === undefined) {
      const ready = queue.ready(signal);
      if (!(await isSoon(ready, LINGER_MS))) await this.#add(slicer.rest(), signal);
      if (!(await ready)) break;
      const task = queue.take();
      if (task === undefined) continue;
      const full = slicer.add(pack(task, this.#order.sources, this.#order.part));
      if (full !== undefined) await this.#add(full, signal);
    }
    if (this.#stopped === undefined) await this.#add(slicer.rest(), signal);
    else queue.close();
  }

  async #add(tasks: readonly PackedTask[], signal: AbortSignal): Promise<void> {
    if (tasks.length === 0) return;
    while (this.#out.size >= MAX_OUT) await this.#look(signal);
    const { run, generation, hosts, sequence, progress } = this.#order;
    sequence.count += 1;
    const slice = `${generation}-${sequence.count}`;
    if (sequence.count === 1) await this.#deps.store.noteSlices(run, generation);
    this.#out.set(slice, tasks);
    const item = { run, generation, slice, hosts: [...hosts], tasks: [...tasks] };
    const [priority] = await Promise.all([this.#nextTurn(), progress.send(slice, tasks)]);
    await this.#deps.queues.slices.add("slice", item, { jobId: `${run}_${slice}`, priority });
  }

  async #fail(tasks: readonly PackedTask[]): Promise<void> {
    const { run, generation, isLast } = this.#order;
    if (isLast) await this.#deps.store.addFailed(run, generation, tasks);
  }

  /** Behind this run's last slice, and not before what others have begun: start-time fair queueing. */
  async #nextTurn(): Promise<number> {
    const begun = await this.#deps.slices.lastTurn();
    const { sequence, stride } = this.#order;
    sequence.turn = Math.min(Math.max(begun, sequence.turn + stride), LAST_TURN);
    return sequence.turn;
  }

  /** Takes what has come; waits a moment where nothing has. */
  async #look(signal: AbortSignal): Promise<void> {
    const { slices, clock } = this.#deps;
    const { run, generation } = this.#order;
    const results = await slices.results(run, generation, [...this.#out.keys()]);
    for (const [slice, result] of results) {
      this.#out.delete(slice);
      this.#tally.add(result);
      this.#order.progress.settle(slice, result.copied);
      await this.#fail(result.failures);
      this.#stopped ??= result.stopped;
    }
    if (clock.now() - this.#checkedMs > CHECK_MS) await this.#check();
    if (results.size === 0) await clock.sleep(LOOK_MS, signal);
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
      await this.#fail(tasks);
    }
  }
}

async function isSoon(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), withinMs)));
  const soon = promise.then(
    () => true,
    () => true,
  );
  const first = await Promise.race([soon, late]);
  clearTimeout(timer);
  return first;
}
