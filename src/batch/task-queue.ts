import { Condition } from "../shared/waiting/condition.ts";
import { Fifo } from "../shared/fifo.ts";
import type { FileTask } from "./task.ts";

/** From this size on a file would keep its lane busy after all others have ended, were it begun last. Bytes. */
export const LONG = 16 * 2 ** 20;

/**
 * Tasks that wait for a lane. More may come until the queue is closed. So that lanes end together, long files come
 * before all others, the longest first; the others come in the order in which they were added.
 */
export class TaskQueue {
  readonly #long = new Fifo<FileTask>();
  readonly #others = new Fifo<FileTask>();
  readonly #limit: number;
  #isClosed = false;
  /** Whether tasks came or went, or the queue was closed. */
  readonly #condition = new Condition();

  /** @param limit how many may wait before {@link push} says to stop */
  constructor(tasks: readonly FileTask[] = [], limit = Number.POSITIVE_INFINITY) {
    const long = tasks.filter((task) => sizeOf(task) >= LONG);
    // Sorted at once: each put into its place would move all that are shorter.
    for (const task of long.sort((one, two) => sizeOf(two) - sizeOf(one))) this.#long.push(task);
    for (const task of tasks) if (sizeOf(task) < LONG) this.#others.push(task);
    this.#limit = limit;
  }

  /** Those that wait now. */
  get length(): number {
    return this.#long.length + this.#others.length;
  }

  /** The one that comes next, if there is one now. */
  get next(): FileTask | undefined {
    return this.#long.first ?? this.#others.first;
  }

  /** Those that wait now, in the order in which they will be taken unless others come. */
  *upcoming(): Generator<FileTask> {
    for (let index = 0; index < this.#long.length; index += 1) yield this.#long.at(index) as FileTask;
    for (let index = 0; index < this.#others.length; index += 1) yield this.#others.at(index) as FileTask;
  }

  take(): FileTask | undefined {
    const task = this.#long.take() ?? this.#others.take();
    this.#condition.notify();
    return task;
  }

  /** Adds a task, as soon as there is room for it. */
  async push(task: FileTask, signal: AbortSignal): Promise<void> {
    while (this.length >= this.#limit && !this.#isClosed) await this.#condition.changed(signal);
    this.#add(task);
    this.#condition.notify();
  }

  /** Closes the queue. @returns the tasks that nobody has taken */
  abandon(): readonly FileTask[] {
    const left = [...this.#long.drain(), ...this.#others.drain()];
    this.close();
    return left;
  }

  /** No other task will come. */
  close(): void {
    this.#isClosed = true;
    this.#condition.notify();
  }

  /** @returns whether there is a task; false when none will come any more */
  async ready(signal: AbortSignal): Promise<boolean> {
    while (this.length === 0) {
      if (this.#isClosed) return false;
      await this.#condition.changed(signal);
    }
    return true;
  }

  /** Behind those that are as long. */
  #add(task: FileTask): void {
    const size = sizeOf(task);
    if (size < LONG) this.#others.push(task);
    else this.#long.insert(placeFor(this.#long, size), task);
  }
}

function sizeOf({ source }: FileTask): number {
  return source.facts.sizeBytes ?? 0;
}

/** Where the first shorter one is; the longest come first. */
function placeFor(tasks: Fifo<FileTask>, size: number): number {
  let [from, to] = [0, tasks.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const task = tasks.at(middle);
    if (task !== undefined && sizeOf(task) >= size) from = middle + 1;
    else to = middle;
  }
  return from;
}
