import { setTimeout as sleep } from "node:timers/promises";
import type { WorkerDeps } from "../deps.ts";
import type { ItemWorker } from "./queue/item-worker.ts";
import { again, isOwn, itemOf, type QueueItem } from "./queue/items.ts";
import { RunPlan } from "./plan/plan-run.ts";
import { LAST_TURN, RUNS, RunItem, SLICES, SliceItem } from "./queue/queues.ts";
import { type LanesOfRun, lanesByRun } from "./lanes.ts";
import { lanesBeside, type Room, pickYielding } from "./room.ts";
import { orFail } from "./slice/slice-fault.ts";
import { RunLogs } from "../runs/run-log.ts";
import { SliceWork } from "./slice/work-slice.ts";

/** A slice that so many workers have lost is given up, though its files were never charged for it one by one. */
const MOST_LOST = 50;
/** How often it is looked whether others wait. */
const FAIR_MS = 500;
/** A slot comes back a moment after the lane that had it. */
const PATIENCE_MS = 200;
/** For so long nobody makes room for what would lack what was lacking. */
const LACKING_MS = 1_000;
/** Slices of the queue that are looked at in one step, and how many in all: those of a run or two may be many. */
const QUEUED_PAGE = 50;
const MOST_QUEUED = 1_000;

interface WorkerOptions {
  /** Runs that are planned at once. */
  readonly runs: number;
  /** Slices that are worked on at once: files in flight. */
  readonly slices: number;
}

/** Without its tasks, which are many. */
const Queued = SliceItem.pick({ run: true, hosts: true });

interface QueuedItem {
  readonly run: string;
  readonly hosts: readonly string[];
  readonly turn: number;
  readonly item: QueueItem<SliceItem>;
}

interface InHand {
  readonly work: SliceWork;
  readonly lane: number;
  readonly turn: number;
  readonly sinceMs: number;
  readonly ended: Promise<void>;
}

/** Takes runs and slices from the queues until it is closed. */
export class FleetWorker {
  readonly #deps: WorkerDeps;
  readonly #options: WorkerOptions;
  readonly #runs: ItemWorker<RunItem>;
  readonly #slices: ItemWorker<SliceItem>;
  readonly #inHand = new Set<InHand>();
  readonly #logs: RunLogs;
  /** When something was last found lacking. */
  readonly #lacking = new Map<string, number>();
  readonly #fairness: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(deps: WorkerDeps, options: WorkerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#logs = new RunLogs(deps.store, deps.clock);
    const { queues, log } = deps;
    this.#runs = queues.take<RunItem>(RUNS, (job, token, signal) => this.#plan(job, token, signal), {
      log,
      concurrency: options.runs,
    });
    this.#slices = queues.take<SliceItem>(SLICES, (job, token, signal) => this.#slice(job, token, signal), {
      log,
      concurrency: options.slices,
      mostLost: MOST_LOST,
    });
    this.#fairness = setInterval(() => void this.#look(), FAIR_MS);
  }

  /** Whether it takes work. */
  get isRunning(): boolean {
    return this.#runs.isRunning && this.#slices.isRunning;
  }

  /** How many of its lanes work on each run now, and how many wait for what they need. */
  get busy(): readonly LanesOfRun[] {
    return lanesByRun([...this.#inHand].map(({ work }) => work));
  }

  /**
   * Takes nothing more; files in flight may come to their end for so long, then all is handed back.
   * @param graceMs milliseconds
   */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#fairness);
    await Promise.all([this.#runs.pause(), this.#slices.pause()]);
    for (const { work } of this.#inHand) work.yield();
    const patience = new AbortController();
    const late = sleep(graceMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([Promise.allSettled([...this.#inHand].map(({ ended }) => ended)), late]);
    patience.abort();
    // A plan waits for its slices, which others may work on for hours.
    this.#deps.requested.interruptAll();
    await Promise.all([this.#runs.close(), this.#slices.close()]);
  }

  async #plan(job: QueueItem<RunItem>, token: string, signal: AbortSignal): Promise<void> {
    const item = itemOf(this.#deps.kv, job, RunItem);
    if (item === undefined) return;
    const plan = new RunPlan(this.#deps, item.run);
    // A wake-up that came while it was still being worked on had no effect.
    const delayed = async () => void ((await plan.wasWoken()) && (await job.promote()));
    await again(this.#deps.clock, job, token, () => plan.execute(signal), delayed);
  }

  async #slice(job: QueueItem<SliceItem>, token: string, signal: AbortSignal): Promise<void> {
    const item = itemOf(this.#deps.kv, job, SliceItem);
    if (item === undefined || !isOwn(this.#deps.kv, job, item)) return;
    const times = job.attemptsStarted;
    // Who had it before has died with nothing left to do but to tell the queue.
    if (times > 1 && (await this.#deps.kv.slices.hasResult(item))) return;
    this.#deps.kv.slices.noteTurn(job.priority).catch(() => {});
    const waiting = () => void setTimeout(() => void this.#look(), PATIENCE_MS).unref();
    const lane = this.#freeLane();
    const work = new SliceWork(this.#deps, item, { times, lane }, this.#logs, waiting);
    // A release of its host that came while it was still being worked on had no effect.
    const delayed = async () => void ((await work.pauses.wasReleased()) && (await job.promote()));
    const act = () => orFail(this.#deps, item, times, signal, () => work.execute(signal));
    const ended = again(this.#deps.clock, job, token, act, delayed);
    const inHand = { work, lane, turn: job.priority, sinceMs: this.#deps.elapsedMs(), ended };
    this.#inHand.add(inHand);
    try {
      await ended;
    } finally {
      this.#inHand.delete(inHand);
    }
  }

  /** The lowest number that no slice under way has. */
  #freeLane(): number {
    const taken = new Set([...this.#inHand].map(({ lane }) => lane));
    for (let lane = 1; ; lane += 1) if (!taken.has(lane)) return lane;
  }

  #look(): Promise<void> {
    this.#looking ??= this.#makeRoom()
      .catch(() => {})
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Where all lanes are busy, one of them may be of more use to others. */
  async #makeRoom(): Promise<void> {
    if (this.#inHand.size < this.#options.slices) return this.#slices.widen(0);
    const running = [...this.#inHand].map(({ work, turn, sinceMs }) => {
      const { run, lack, isYielding } = work;
      return { run, lack, isYielding, turn, sinceMs, work };
    });
    const nowMs = this.#deps.elapsedMs();
    const lacks = this.#lacks(nowMs);
    if (!(await this.#mayMakeRoom(nowMs))) return this.#slices.widen(0);
    const queue: QueuedItem[] = [];
    let room: Room<(typeof running)[number], QueuedItem> | undefined;
    // Behind many that lack the same there may be one that need not wait.
    for (let from = 0; room === undefined && from < MOST_QUEUED; from += QUEUED_PAGE) {
      const found = await this.#deps.queues.slices.getPrioritized(from, from + QUEUED_PAGE - 1);
      queue.push(...found.flatMap(queuedOf));
      room = pickYielding(running, queue, lacks, nowMs);
      if (found.length < QUEUED_PAGE) break;
    }
    await this.#beside(queue, nowMs);
    if (room === undefined) return;
    const { work, turn, ahead } = room;
    await ahead?.item.changePriority({ priority: work.turn, lifo: true });
    work.work.yield(Math.min(turn, LAST_TURN));
  }

  /** Whether a slice here waits or is slow, or one in the queue is of a run that has none here: the names say that. */
  async #mayMakeRoom(nowMs: number): Promise<boolean> {
    const works = [...this.#inHand].map(({ work }) => work);
    if (works.some((work) => work.lack !== undefined || work.isSlow(nowMs))) return true;
    const queued = await this.#deps.queues.slices.getRanges(["prioritized"], 0, MOST_QUEUED - 1, true);
    return !queued.every((id) => works.some(({ run }) => id.startsWith(`${run}_`)));
  }

  /** Where slow files hold all lanes, others get lanes beside them. */
  async #beside(queue: readonly QueuedItem[], nowMs: number): Promise<void> {
    const running = [...this.#inHand].map(({ work }) => ({ hosts: work.hosts, isSlow: work.isSlow(nowMs) }));
    const { lanes, ahead } = lanesBeside(running, queue, this.#options.slices);
    const [first] = queue;
    if (ahead !== undefined && first !== undefined && ahead !== first)
      await ahead.item.changePriority({ priority: first.turn, lifo: true });
    this.#slices.widen(lanes);
  }

  /** What somebody here waits for, or did a moment ago. */
  #lacks(nowMs: number): ReadonlySet<string> {
    for (const { work } of this.#inHand) if (work.lack !== undefined) this.#lacking.set(work.lack, nowMs);
    for (const [lack, sinceMs] of this.#lacking) if (nowMs - sinceMs > LACKING_MS) this.#lacking.delete(lack);
    return new Set(this.#lacking.keys());
  }
}

/** What is no slice is passed over. */
function queuedOf(item: QueueItem<SliceItem>): readonly QueuedItem[] {
  const read = Queued.safeParse(item.data);
  return read.success ? [{ ...read.data, turn: item.priority, item }] : [];
}
