import { setMaxListeners } from "node:events";
import { ConnectionError, LoginError, ReplyError } from "../ftp/errors.ts";
import { AppError, isCancellation, messageOf } from "../shared/errors.ts";
import { Lane } from "../transfer/lane.ts";
import { pauseBefore } from "../transfer/retry.ts";
import type { SummaryEvent } from "./events.ts";
import { FileCopier } from "./file-copier.ts";
import { type FileTask, planCopy } from "./plan.ts";
import { type Pair, type Place, Pool } from "./pool.ts";
import type { CopyEdges, CopyRequest } from "./request.ts";
import { Tally } from "./tally.ts";

/** A run ended before all files were tried, for one reason. */
type Stop = { readonly because: string };

/**
 * Copies files between two places.
 * @returns the summary, which is also the last event
 * @throws what makes the whole copy impossible before the first file: a source that is not there, no login
 */
export async function copy(
  request: CopyRequest,
  edges: CopyEdges,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  // As many listeners as there are connections and waits; not a leak.
  setMaxListeners(0, signal);
  const run = new CopyRun(request, edges);
  try {
    return await run.execute(signal);
  } finally {
    await run.close();
  }
}

class CopyRun {
  readonly #request: CopyRequest;
  readonly #edges: CopyEdges;
  readonly #pool = new Pool();
  readonly #tally: Tally;
  #files: FileCopier | undefined;
  #stop: Stop | undefined;

  constructor(request: CopyRequest, edges: CopyEdges) {
    this.#request = request;
    this.#edges = edges;
    this.#tally = new Tally(edges.clock);
  }

  async execute(signal: AbortSignal): Promise<SummaryEvent> {
    const { sources, target, isWanted, parallel } = this.#request;
    const plan = await planCopy(sources, target, isWanted, this.#pool, this.#edges.emit, signal);
    this.#tally.skipped += plan.skipped;
    this.#tally.failed += plan.faults;
    const bytes = plan.tasks.reduce((sum, { source }) => sum + (source.facts.sizeBytes ?? 0), 0);
    this.#edges.emit({ event: "plan", files: plan.tasks.length, bytes });
    const giveUp = (because: string) => void (this.#stop ??= { because });
    const files = new FileCopier(plan.tasks, this.#request, this.#edges, this.#pool, this.#tally, giveUp);
    this.#files = files;
    const queue = [...plan.tasks];
    const lanes: Promise<void>[] = [];
    for (let lane = 0; lane < Math.min(parallel, plan.tasks.length) && this.#stop === undefined; lane += 1) {
      // One after the other, so that many lanes are no burst of logins.
      await new Promise<void>((started) => {
        const running = this.#lane(files, queue, started, signal).finally(started);
        running.catch(() => {});
        lanes.push(running);
      });
    }
    await Promise.all(lanes);
    return this.#summarise(queue.length, signal);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#files?.settled();
  }

  /** Takes file after file until none is left. What has to be said of one after its octets goes on beside the next. */
  async #lane(files: FileCopier, queue: FileTask[], started: () => void, signal: AbortSignal): Promise<void> {
    let held: Held | undefined;
    let rest = Promise.resolve();
    try {
      while (queue[0] !== undefined && this.#stop === undefined && !signal.aborted) {
        if (held === undefined || !(await isGood(held, queue[0], signal))) {
          await rest;
          await held?.pair[Symbol.asyncDispose]();
          held = undefined;
          held = await this.#hold(queue[0], signal);
        }
        started();
        // Meanwhile another lane may have taken it, and the next one may come from elsewhere.
        if (queue[0]?.source.place !== held.source) continue;
        const task = queue.shift();
        if (task === undefined) return;
        const carried = await carryAlong(files, task, held, queue, signal);
        await rest;
        rest = carried.rest;
      }
    } catch (error) {
      // No connection, and none that goes on: no other file can be tried either.
      if (!isCancellation(error)) this.#stop ??= { because: messageOf(error) };
      if (this.#tally.tried === 0 && !isCancellation(error)) throw error;
    } finally {
      await rest;
      await held?.pair[Symbol.asyncDispose]();
    }
  }

  async #hold(task: FileTask, signal: AbortSignal): Promise<Held> {
    return { pair: await this.#connectedAgain(task, signal), lane: new Lane(), source: task.source.place };
  }

  /** A host that was there before may come back. */
  async #connectedAgain(task: FileTask, signal: AbortSignal): Promise<Pair> {
    const { retries } = this.#request;
    const { clock, chance } = this.#edges;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#connected(task, signal);
      } catch (error) {
        const retry = error instanceof AppError && this.#tally.tried > 0 ? error.retry : "never";
        const pauseMs = signal.aborted ? undefined : pauseBefore(retry, tries, { retries }, chance());
        if (pauseMs === undefined) throw error;
        await clock.sleep(pauseMs, signal);
      }
    }
  }

  /** Both sides, logged in. A host that refuses one connection more than it has is not asked again. */
  async #connected(task: FileTask, signal: AbortSignal): Promise<Pair> {
    const places = [task.source.place, this.#request.target.place] as const;
    for (;;) {
      const pair = await this.#pool.borrow(...places, signal);
      const ends = await Promise.allSettled([pair.source.ready(signal), pair.target.ready(signal)]);
      const refused = ends.findIndex(({ status }) => status === "rejected");
      const [end, place] = [ends[refused], places[refused]];
      if (end?.status !== "rejected" || place === undefined) return pair;
      const needed = places.filter(({ key }) => key === place.key).length;
      const goesOn = isCrowded(end.reason) && this.#pool.shrink(place, needed);
      await pair[Symbol.asyncDispose]();
      if (!goesOn) throw end.reason;
    }
  }

  async #summarise(untried: number, signal: AbortSignal): Promise<SummaryEvent> {
    const because = this.#stop?.because;
    const summary = this.#tally.summary(signal.aborted ? 0 : untried, signal.aborted, because);
    await this.#edges.journal.close(summary.outcome === "succeeded" && !this.#request.dryRun);
    this.#edges.emit(summary);
    return summary;
  }
}

/** Two connected sides that a lane keeps for as long as files come from there. */
interface Held {
  readonly pair: Pair;
  readonly lane: Lane;
  readonly source: Place;
}

/** Copies a file, as far as the lane is needed for it. */
async function carryAlong(
  files: FileCopier,
  task: FileTask,
  { pair, lane }: Held,
  queue: readonly FileTask[],
  signal: AbortSignal,
): Promise<{ readonly rest: Promise<void> }> {
  let free = () => {};
  const carried = new Promise<void>((resolve) => (free = resolve));
  const rest = files.copy(task, pair, { lane, hasNext: () => queue.length > 0, carried: free }, signal);
  await Promise.race([carried, rest]);
  return { rest };
}

async function isGood({ pair, source }: Held, task: FileTask, signal: AbortSignal): Promise<boolean> {
  if (task.source.place !== source) return false;
  const ends = await Promise.allSettled([pair.source.ready(signal), pair.target.ready(signal)]);
  return ends.every(({ status }) => status === "fulfilled");
}

/** A server that says that it lets nobody more in, at the greeting or at the login; silence is something else. */
function isCrowded(error: unknown): boolean {
  if (error instanceof LoginError) return error.retry === "later" || error.reply.code === 421;
  return (
    error instanceof ConnectionError && error.cause instanceof ReplyError && error.cause.reply.code === 421
  );
}
