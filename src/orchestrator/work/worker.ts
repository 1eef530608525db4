import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, WaitingError, Worker } from "bullmq";
import type { Desk } from "../desk.ts";
import { Later } from "./later.ts";
import { RunPlan } from "./plan-run.ts";
import { LAST_TURN, RUNS, type RunItem, SLICES, SliceItem } from "./queues.ts";
import type { Run } from "../runs/run.ts";
import { interruptedBy } from "../runs/wishes.ts";
import { SliceWork } from "./work-slice.ts";

/** How long a queue item is a worker's without a sign of it, and how often the dead are looked for. */
const LOCK_MS = 6_000;
const STALLED_MS = 2_000;
/** How often an item may lose its worker before it is given up. */
const MOST_LOST = 50;
/** How often it is looked whether others wait. */
const FAIR_MS = 500;
/** A slice that was begun so lately is not asked to make room. */
const LEAST_TURN_MS = 1_000;
/** When nothing has been taken for so long, places in the queue are counted from the beginning. */
const TURN_SECONDS = 600;

export interface WorkerOptions {
  /** Runs that are planned at once. */
  readonly runs: number;
  /** Slices that are worked on at once: files in flight. */
  readonly slices: number;
  /** Is told of each run that this worker brought to its end. */
  readonly ended: (run: Run) => Promise<void>;
}

interface InHand {
  readonly work: SliceWork;
  readonly sinceMs: number;
  readonly ended: Promise<void>;
}

/** Takes runs and slices from the queues until it is closed. */
export class FleetWorker {
  readonly #desk: Desk;
  readonly #options: WorkerOptions;
  readonly #runs: Worker<RunItem>;
  readonly #slices: Worker<SliceItem>;
  readonly #inHand = new Set<InHand>();
  readonly #fairness: NodeJS.Timeout;

  constructor(desk: Desk, options: WorkerOptions) {
    this.#desk = desk;
    this.#options = options;
    const common = {
      connection: desk.redis,
      prefix: desk.names.prefix,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MOST_LOST,
    };
    this.#runs = new Worker<RunItem>(RUNS, (job, token, signal) => this.#plan(job, token, signal), {
      ...common,
      concurrency: options.runs,
    });
    this.#slices = new Worker<SliceItem>(SLICES, (job, token, signal) => this.#slice(job, token, signal), {
      ...common,
      concurrency: options.slices,
    });
    for (const worker of [this.#runs, this.#slices]) {
      worker.on("error", (error) => desk.log.warn({ because: error.message }, "queue"));
      worker.on("lockRenewalFailed", (ids: string[]) => {
        for (const id of ids) worker.cancelJob(id, "another worker may have it");
      });
    }
    this.#fairness = setInterval(() => void this.#beFair().catch(() => {}), FAIR_MS);
  }

  /** Whether it takes work. */
  get isRunning(): boolean {
    return this.#runs.isRunning() && this.#slices.isRunning();
  }

  /**
   * Takes nothing more; files in flight may come to their end for so long, then all is handed back.
   * @param graceMs milliseconds
   */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#fairness);
    await Promise.all([this.#runs.pause(true), this.#slices.pause(true)]);
    for (const { work } of this.#inHand) work.yield();
    const patience = new AbortController();
    const late = sleep(graceMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([Promise.allSettled([...this.#inHand].map(({ ended }) => ended)), late]);
    patience.abort();
    // A plan waits for its slices, which others may work on for hours.
    this.#desk.wishes.interruptAll();
    await Promise.all([this.#runs.close(), this.#slices.close()]);
  }

  async #plan(job: Job<RunItem>, token: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const run = await again(job, token, () =>
      new RunPlan(this.#desk, job.data.run).execute(interruptedBy(signal, "obsolete")),
    );
    if (run !== undefined) await this.#options.ended(run);
  }

  async #slice(
    job: Job<SliceItem>,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { redis, names } = this.#desk;
    redis.set(names.turn, job.priority, "EX", TURN_SECONDS).catch(() => {});
    const work = new SliceWork(this.#desk, SliceItem.parse(job.data));
    const ended = again(job, token, () => work.execute(interruptedBy(signal, "obsolete")));
    const inHand = { work, sinceMs: performance.now(), ended };
    this.#inHand.add(inHand);
    try {
      await ended;
    } finally {
      this.#inHand.delete(inHand);
    }
  }

  /** Where all hands are full and another run waits, the run that has most of them gives one up after its file. */
  async #beFair(): Promise<void> {
    if (this.#inHand.size < this.#options.slices) return;
    const waiting = await this.#desk.queues.slices.getPrioritized(0, 50);
    const here = new Map<string, number>();
    for (const { work } of this.#inHand) here.set(work.run, (here.get(work.run) ?? 0) + 1);
    const starved = waiting.find(({ data }) => !here.has(data.run));
    if (starved === undefined) return;
    const [most] = [...here].sort(([, one], [, two]) => two - one)[0] ?? [];
    const oldest = [...this.#inHand]
      .filter(({ work, sinceMs }) => work.run === most && performance.now() - sinceMs > LEAST_TURN_MS)
      .sort((one, two) => one.sinceMs - two.sinceMs)[0];
    oldest?.work.yield(Math.min(starved.priority + 1, LAST_TURN));
  }
}

/** Puts an item back that is to come later; that spends no attempt. */
async function again<T>(job: Job, token: string | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Later)) throw error;
    if (error.afterMs > 0) {
      await job.moveToDelayed(Date.now() + error.afterMs, token);
      throw new DelayedError(error.message);
    }
    if (error.turn !== undefined) await job.changePriority({ priority: error.turn });
    await job.moveToWait(token);
    throw new WaitingError(error.message);
  }
}
