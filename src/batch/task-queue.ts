import { Condition } from "../shared/waiting/condition.ts";
import type { FileTask } from "./task.ts";

/** From this size on a file would keep its lane busy after all others have ended, were it begun last. Bytes. */
export const LONG = 16 * 2 ** 20;
/** How many taken places may be left in front before they are given up; from then on at most half are. */
const SPARE = 1_024;

/**
 * Tasks that wait for a lane. More may come until the queue is closed. So that lanes end together, long files come
 * before all others, the longest first; the others come in the order in which they were added.
 */
export class TaskQueue {
  /** In the order in which they are taken; those before the head have been, and are `undefined`. */
  readonly #tasks: (FileTask | undefined)[];
  #head = 0;
  readonly #limit: number;
  #isClosed = false;
  /** Whether tasks came or went, or the queue was closed. */
  readonly #condition = new Condition();

  /** @param limit how many may wait before {@link push} says to stop */
  constructor(tasks: readonly FileTask[] = [], limit = Number.POSITIVE_INFINITY) {
    // Sorted at once: each put into its place would move all that are shorter.
    this.#tasks = tasks.toSorted((one, two) => rankOf(two) - rankOf(one));
    this.#limit = limit;
  }

  /** Those that wait now. */
  get length(): number {
    return this.#tasks.length - this.#head;
  }

  /** The one that comes next, if there is one now. */
  get next(): FileTask | undefined {
    return this.#tasks[this.#head];
  }

  /** Those that wait now, in the order in which they will be taken unless others come. */
  *upcoming(): Generator<FileTask> {
    for (let index = 0; index < this.length; index += 1) yield this.#tasks[this.#head + index] as FileTask;
  }

  /** Takes the one that comes next, unless somebody else has. @returns whether it is the caller's */
  take(task: FileTask): boolean {
    if (this.next !== task) return false;
    this.#tasks[this.#head] = undefined;
    this.#head += 1;
    // Moved all at once, and seldom: `Array.shift` would move those behind each time.
    if (this.#head >= SPARE && this.#head * 2 >= this.#tasks.length) {
      this.#tasks.splice(0, this.#head);
      this.#head = 0;
    }
    this.#condition.notify();
    return true;
  }

  /** Adds a task, as soon as there is room for it. */
  async push(task: FileTask, signal: AbortSignal): Promise<void> {
    while (this.length >= this.#limit && !this.#isClosed) await this.#condition.changed(signal);
    this.#tasks.splice(this.#placeFor(task), 0, task);
    this.#condition.notify();
  }

  /** Closes the queue. @returns the tasks that nobody has taken */
  abandon(): readonly FileTask[] {
    const left = [...this.upcoming()];
    this.#tasks.length = 0;
    this.#head = 0;
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
  #placeFor(task: FileTask): number {
    const rank = rankOf(task);
    if (rank === 0) return this.#tasks.length;
    let [from, to] = [this.#head, this.#tasks.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = this.#tasks[middle];
      if (other !== undefined && rankOf(other) >= rank) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Bytes of a long file; all others come behind those, in the order in which they were added. */
function rankOf({ source }: FileTask): number {
  const { sizeBytes = 0 } = source.facts;
  return sizeBytes < LONG ? 0 : sizeBytes;
}
