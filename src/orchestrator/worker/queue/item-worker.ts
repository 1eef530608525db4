import { WAITS } from "../../../shared/waits.ts";
import { type Job, WaitingError, Worker } from "bullmq";
import type { Logger } from "../../../shared/logger.ts";
import { Complaints } from "../../complaints.ts";
import type { RedisClient } from "../../kv/client.ts";
import { isRedisOutage } from "../../kv/faults.ts";
import { Interruption } from "../../runs/requested-state.ts";
import { doPiece } from "./piece-of-work.ts";

/** How long a queue item is a worker's without a sign of it. */
export const LOCK_MS = WAITS.queueLock.ms;
/** An item whose lock has expired is found after two of these at most; a lock is renewed as often. */
const CHECKS_PER_LOCK = 3;
/** How soon a command is sent again that Redis has refused. */
const AGAIN_MS = 1_000;

/** Does what an item asks for. The signal is aborted (`obsolete`) once the item may be another's. */
export type ItemHandler<T> = (job: Job<T>, token: string, signal: AbortSignal) => Promise<void>;

export interface ItemWorkerOptions {
  readonly connection: RedisClient;
  readonly prefix: string;
  /** Items that are handled at once. */
  readonly concurrency: number;
  readonly log: Logger;
  /** Milliseconds; {@link LOCK_MS} where absent. */
  readonly lockMs?: number;
  /** How often an item may lose its worker before the queue gives it up; absent: no limit. */
  readonly mostLost?: number;
}

/** Asks for the next item a moment later where Redis refuses to give one; BullMQ would ask again at once, and again. */
class PatientWorker<T> extends Worker<T> {
  protected override async moveToActive(token: string, name?: string): Promise<Job<T>> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (isRedisOutage(error) && this.closing === undefined) await this.delay(AGAIN_MS);
      throw error;
    }
  }
}

/** An item while its handler runs. */
interface HeldItem {
  readonly id: string;
  readonly token: string;
  readonly lost: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Takes items of one queue and passes each to a handler. The locks are renewed here, by token, until the handler
 * has ended: BullMQ's own lock manager knows items by id alone, so that where a process that was stopped for a while
 * takes its own item again, the end of the first handler stops the renewal for the second one, and the item is lost
 * again, without end. For the same reason an item is handled here by one handler at a time.
 */
export class ItemWorker<T> {
  readonly #queue: string;
  readonly #options: ItemWorkerOptions;
  #worker: Worker<T>;
  readonly #spare: Worker<T>[] = [];
  #isClosing = false;
  readonly #handle: ItemHandler<T>;
  readonly #lockMs: number;
  readonly #log: Logger;
  readonly #complaints: Complaints;
  readonly #held = new Set<HeldItem>();
  readonly #renewing: NodeJS.Timeout;
  #isRenewing = false;

  constructor(queue: string, handle: ItemHandler<T>, options: ItemWorkerOptions) {
    const { concurrency, log, lockMs = LOCK_MS } = options;
    this.#queue = queue;
    this.#options = options;
    this.#handle = handle;
    this.#lockMs = lockMs;
    this.#log = log;
    this.#complaints = new Complaints(log);
    this.#worker = this.#workerOf(concurrency);
    this.#renewing = setInterval(() => void this.#renew(), lockMs / CHECKS_PER_LOCK);
  }

  /**
   * Handles so many items more at once than usual; those that are handled already go on. Each is taken by a worker of
   * BullMQ's of its own: one that is busy does not notice that it may take more.
   */
  widen(more: number): void {
    while (this.#spare.length < more && !this.#isClosing) this.#spare.push(this.#workerOf(1));
    for (const [index, worker] of this.#spare.entries()) {
      if (index >= more || this.#isClosing) worker.pause(true).catch(() => {});
      else if (worker.isPaused()) worker.resume().catch(() => {});
    }
  }

  #workerOf(concurrency: number): Worker<T> {
    const { connection, prefix, mostLost = Number.MAX_SAFE_INTEGER } = this.#options;
    const worker = new PatientWorker<T>(this.#queue, (job, token) => this.#take(job, token ?? ""), {
      connection,
      prefix,
      concurrency,
      lockDuration: this.#lockMs,
      skipLockRenewal: true,
      stalledInterval: Math.ceil(this.#lockMs / CHECKS_PER_LOCK), // Redis takes whole milliseconds only
      maxStalledCount: mostLost,
      runRetryDelay: AGAIN_MS,
    });
    worker.on("error", (error) => this.#complaints.tell(`reading the queue of ${this.#queue}`, error));
    worker.waitUntilReady().catch(() => {
      setTimeout(() => this.#replaceUnbegun(worker, concurrency), AGAIN_MS).unref();
    });
    worker.on("active", () => this.#complaints.over(`reading the queue of ${this.#queue}`));
    return worker;
  }

  /** Where its connection is lost while it is made, BullMQ's worker keeps that failure for ever, and takes nothing. */
  #replaceUnbegun(worker: Worker<T>, concurrency: number): void {
    const spare = this.#spare.indexOf(worker);
    const isOurs = worker === this.#worker || spare >= 0;
    if (!isOurs || this.#isClosing) return;
    const fresh = this.#workerOf(concurrency);
    if (spare >= 0) this.#spare[spare] = fresh;
    else this.#worker = fresh;
    worker.close(true).catch(() => {});
  }

  /** Whether it takes items. */
  get isRunning(): boolean {
    return this.#worker.isRunning() && !this.#worker.isPaused();
  }

  /** Takes nothing more. */
  async pause(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([this.#worker, ...this.#spare].map((worker) => worker.pause(true)));
  }

  /** Waits for the handlers; they are to be asked to end first. */
  async close(): Promise<void> {
    this.#isClosing = true;
    try {
      await Promise.all([this.#worker, ...this.#spare].map((worker) => worker.close()));
    } finally {
      clearInterval(this.#renewing);
    }
  }

  async #take(job: Job<T>, token: string): Promise<void> {
    const id = job.id ?? "";
    const lost = new AbortController();
    const before = [...this.#held].filter((one) => one.id === id);
    // The item is given to nobody while it is locked: who had it before has lost it.
    for (const one of before) this.#lose(one);
    const handled = this.#handleAfter(before, job, token, lost.signal);
    const held = { id, token, lost, ended: handled.catch(() => {}) };
    this.#held.add(held);
    try {
      await handled;
    } catch (error) {
      if (!lost.signal.aborted) throw error;
    } finally {
      this.#held.delete(held);
    }
    // Tells BullMQ to leave this item alone: another worker has it.
    if (lost.signal.aborted) throw new WaitingError("lost the lock on this item");
  }

  async #handleAfter(
    before: readonly HeldItem[],
    job: Job<T>,
    token: string,
    lost: AbortSignal,
  ): Promise<void> {
    await Promise.all(before.map(({ ended }) => ended));
    if (lost.aborted) return;
    await doPiece(`${this.#worker.name} ${job.id}`, lost, (signal) => this.#handle(job, token, signal));
  }

  #lose({ id, lost }: HeldItem): void {
    if (lost.signal.aborted) return;
    this.#log.warn(
      { item: id },
      "this worker was stopped, or cut off from Redis, for too long; another worker may have taken over its work",
    );
    lost.abort(new Interruption("obsolete"));
  }

  async #renew(): Promise<void> {
    const held = [...this.#held].filter(({ lost }) => !lost.signal.aborted);
    if (this.#isRenewing || held.length === 0) return;
    this.#isRenewing = true;
    try {
      const [ids, tokens] = [held.map(({ id }) => id), held.map(({ token }) => token)];
      const failed = new Set(await this.#worker.extendJobLocks(ids, tokens, this.#lockMs));
      // One that has just been given back has no lock any more, and nothing left to stop.
      for (const one of held) if (failed.has(one.id) && this.#held.has(one)) this.#lose(one);
    } catch {
      // Redis is away, which its client tells; the locks are as they were.
    } finally {
      this.#isRenewing = false;
    }
  }
}
