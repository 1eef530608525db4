import type { TaskQueue } from "./task-queue.ts";

/** Those who carry tasks out. */
export interface TaskRunner {
  /** Why no other file can be tried, where that is so. */
  readonly stopped: string | undefined;
  /**
   * Works until the queue is closed and empty, or nothing goes on.
   * @throws what kept the first connection from being made
   */
  work(queue: TaskQueue, signal: AbortSignal): Promise<void>;
  /** Is told that a directory stands at the target, so that nobody looks. */
  directoryExists(directory: string): void;
  /** Until all that was learned on the way is remembered. */
  settled(): Promise<void>;
}
