import type { FileTask } from "./plan.ts";

/** Tasks that wait for a lane. More may come until the queue is closed. */
export class TaskQueue {
  readonly #tasks: FileTask[];
  readonly #limit: number;
  #isClosed = false;
  #changed: (() => void)[] = [];

  /** @param limit how many may wait before {@link push} is told to */
  constructor(tasks: readonly FileTask[] = [], limit = Number.POSITIVE_INFINITY) {
    this.#tasks = [...tasks];
    this.#limit = limit;
  }

  /** Those that wait now. */
  get length(): number {
    return this.#tasks.length;
  }

  /** The one that comes next, if there is one now. */
  get next(): FileTask | undefined {
    return this.#tasks[0];
  }

  take(): FileTask | undefined {
    const task = this.#tasks.shift();
    this.#wake();
    return task;
  }

  /** Adds a task, as soon as there is room for it. */
  async push(task: FileTask, signal: AbortSignal): Promise<void> {
    while (this.#tasks.length >= this.#limit && !this.#isClosed) await this.#change(signal);
    this.#tasks.push(task);
    this.#wake();
  }

  /** Closes the queue. @returns the tasks that nobody has taken */
  abandon(): readonly FileTask[] {
    const left = this.#tasks.splice(0);
    this.close();
    return left;
  }

  /** No other task will come. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** @returns whether there is a task; false when none will come any more */
  async ready(signal: AbortSignal): Promise<boolean> {
    while (this.#tasks.length === 0) {
      if (this.#isClosed) return false;
      await this.#change(signal);
    }
    return true;
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason as Error);
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      this.#changed.push(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
    });
  }
}
