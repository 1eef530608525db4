import { setMaxListeners } from "node:events";
import { ConnectionError, LoginError, ProtectionError } from "../ftp/errors.ts";
import { parentOf } from "../ftp/pathname.ts";
import type { Clock } from "../shared/clock.ts";
import { AppError, isCancellation, messageOf } from "../shared/errors.ts";
import { isTargetFull, retryOfError } from "../transfer/errors.ts";
import type { Ledger } from "../transfer/ledger.ts";
import type { Memory } from "../transfer/memory.ts";
import { pauseBefore } from "../transfer/retry.ts";
import { Route } from "../transfer/route.ts";
import type { Side } from "../transfer/side.ts";
import { type Moved, type TransferPolicy, transferFile } from "../transfer/transfer.ts";
import type { Look } from "../transfer/watch.ts";
import type { Emit, SummaryEvent, TransferEvent } from "./events.ts";
import { isSame, type Journal, stampOf } from "./journal.ts";
import { judge, type OnExists, type Verdict } from "./on-exists.ts";
import { type FileTask, freeName, planCopy, type Source, type Target } from "./plan.ts";
import { type Pair, type Place, Pool } from "./pool.ts";
import { SelectionError } from "./errors.ts";
import { Tally } from "./tally.ts";

export interface CopyRequest {
  readonly sources: readonly Source[];
  readonly target: Target;
  /** Whether a file, by its path below the pattern's fixed part, is wanted. */
  readonly isWanted: (relative: string) => boolean;
  readonly onExists: OnExists;
  /** Files in flight, 1 … */
  readonly parallel: number;
  readonly transfer: TransferPolicy;
  /** Tries after the first, for each file, 0 …. */
  readonly retries: number;
  readonly dryRun: boolean;
}

export interface CopyEdges {
  readonly clock: Clock;
  readonly emit: Emit;
  /** From 0 to less than 1. */
  readonly chance: () => number;
  readonly memory: Memory;
  readonly ledger: Ledger;
  readonly journal: Journal;
}

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
  readonly #routes = new Map<string, Promise<Route>>();
  readonly #made = new Map<string, Promise<void>>();
  readonly #tally: Tally;
  /** Whether the target lets us in once more, to look at what grows. */
  #mayLook = true;
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
    const queue = [...plan.tasks];
    const lanes: Promise<void>[] = [];
    for (let lane = 0; lane < Math.min(parallel, plan.tasks.length) && this.#stop === undefined; lane += 1) {
      // One after the other, so that many lanes are no burst of logins.
      await new Promise<void>((started) => {
        const running = this.#lane(queue, started, signal).finally(started);
        running.catch(() => {});
        lanes.push(running);
      });
    }
    await Promise.all(lanes);
    return this.#summarise(queue.length, signal);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    for (const route of this.#routes.values()) await (await route).settled();
  }

  /** Takes file after file until none is left. */
  async #lane(queue: FileTask[], started: () => void, signal: AbortSignal): Promise<void> {
    while (this.#stop === undefined && !signal.aborted) {
      const task = queue.shift();
      if (task === undefined) return;
      try {
        await using pair = await this.#connectedAgain(task, signal);
        started();
        await this.#one(task, pair, signal);
      } catch (error) {
        // No connection, and none that goes on: no other file can be tried either.
        queue.unshift(task);
        if (!isCancellation(error)) this.#stop ??= { because: messageOf(error) };
        if (this.#tally.tried === 0 && !isCancellation(error)) throw error;
      }
    }
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
      const goesOn = isRefusal(end.reason) && this.#pool.shrink(place) >= needed;
      await pair[Symbol.asyncDispose]();
      if (!goesOn) throw end.reason;
    }
  }

  async #one(task: FileTask, pair: Pair, signal: AbortSignal): Promise<void> {
    const { onExists, dryRun, target } = this.#request;
    const source = task.source.place.at(task.source.path);
    const began = this.#edges.clock.now();
    const counter = { attempts: 1 };
    let path = task.target;
    try {
      const verdict = await this.#judge(task, pair, signal);
      if (verdict.action === "fail") throw new SelectionError(`${target.place.at(path)}: ${verdict.because}`);
      if (verdict.action === "keep" || verdict.action === "skip") {
        this.#tally.leave(verdict.action);
        return this.#edges.emit({
          event: "action",
          action: verdict.action,
          path: source,
          because: verdict.because,
        });
      }
      if (verdict.action === "copy-aside") path = await freeName(pair.target, path, signal);
      const because = onExists === "overwrite" ? "asked for" : verdict.because;
      this.#edges.emit({ event: "action", action: "copy", path: source, because });
      if (dryRun) return this.#tally.leave("copy");
      const moved = await this.#moveAgain(task, path, pair, counter, signal);
      this.#tally.moved(moved);
      this.#note(task, path, moved);
      this.#end(source, path, began, counter.attempts, { outcome: "succeeded", ...moved });
    } catch (error) {
      const outcome = isCancellation(error) ? "cancelled" : "failed";
      const because = messageOf(error);
      if (outcome === "failed") this.#tally.failedOne();
      if (isTargetFull(error)) this.#stop ??= { because };
      this.#end(source, path, began, counter.attempts, { outcome, ...NOT_MOVED, because });
    }
  }

  /** What an interrupted run of this copy has finished is not copied again, whatever is done with others. */
  async #judge(task: FileTask, { target }: Pair, signal: AbortSignal): Promise<Verdict> {
    const { onExists } = this.#request;
    const finished = this.#edges.journal.finished(task.target);
    const isAsked = onExists !== "overwrite" || finished !== undefined;
    const stands = isAsked ? await target.facts(task.target, signal) : undefined;
    const isDone =
      finished !== undefined &&
      stands !== undefined &&
      isSame(finished.source, stampOf(task.source.facts)) &&
      isSame(finished.stored, stampOf(stands));
    if (isDone) return { action: "keep", because: "copied before this copy was interrupted, and unchanged" };
    return judge(task.source.facts, onExists === "overwrite" ? undefined : stands, onExists);
  }

  #note({ source }: FileTask, target: string, { stored }: Moved): void {
    if (stored === undefined) return;
    this.#edges.journal.note({ target, source: stampOf(source.facts), stored: stampOf(stored) });
  }

  /** Tries until the file is there, or until trying again is of no use. */
  async #moveAgain(
    task: FileTask,
    path: string,
    pair: Pair,
    counter: { attempts: number },
    signal: AbortSignal,
  ): Promise<Moved> {
    const { retries, target } = this.#request;
    const { clock, chance, emit } = this.#edges;
    for (;;) {
      try {
        return await this.#move(task, path, pair, signal);
      } catch (error) {
        const retry = retryOfError(error);
        const pauseMs = signal.aborted
          ? undefined
          : pauseBefore(retry, counter.attempts, { retries }, chance());
        if (pauseMs === undefined) throw error;
        counter.attempts += 1;
        emit({
          event: "retry",
          source: task.source.place.at(task.source.path),
          target: target.place.at(path),
          because: messageOf(error),
          afterSeconds: pauseMs / 1_000,
          attempt: counter.attempts,
        });
        await clock.sleep(pauseMs, signal);
      }
    }
  }

  async #move(task: FileTask, path: string, pair: Pair, signal: AbortSignal): Promise<Moved> {
    const { place } = this.#request.target;
    const target = place.at(path);
    await this.#makeDirectory(pair.target, parentOf(path), signal);
    const size = task.source.facts.sizeBytes ?? null;
    this.#edges.emit({ event: "start", source: task.source.place.at(task.source.path), target, size });
    const ends = {
      source: { side: pair.source, path: task.source.path },
      target: { side: pair.target, path },
    };
    const context = {
      policy: this.#request.transfer,
      route: await this.#routeFrom(task.source.place),
      ledger: this.#edges.ledger,
      clock: this.#edges.clock,
      listed: task.source.facts,
      progress: (bytes: number) => this.#edges.emit({ event: "progress", target, bytes }),
      look: this.#look,
    };
    return transferFile(ends, context, signal);
  }

  /** On a connection that no lane needs now; a target that lets nobody more in is not asked again. */
  readonly #look: Look = async (path, signal) => {
    const spare = this.#mayLook ? this.#pool.spare(this.#request.target.place) : undefined;
    if (spare === undefined) return undefined;
    await using lent = spare;
    try {
      return (await lent.side.facts(path, signal))?.sizeBytes;
    } catch {
      this.#mayLook = signal.aborted;
      return undefined;
    }
  };

  /** Each directory is made once, whoever needs it first; a failure is told to each who needs it. */
  #makeDirectory(side: Side, path: string, signal: AbortSignal): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    const making = side.makeDirectory(path, signal);
    this.#made.set(path, making);
    making.catch(() => this.#made.delete(path));
    return making;
  }

  #routeFrom({ key }: Place): Promise<Route> {
    const { memory, clock } = this.#edges;
    const route =
      this.#routes.get(key) ?? Route.recall(`route ${key} ${this.#request.target.place.key}`, memory, clock);
    this.#routes.set(key, route);
    return route;
  }

  #end(
    source: string,
    path: string,
    began: number,
    attempts: number,
    how: Omit<TransferEvent, "event" | "source" | "target" | "seconds" | "attempts"> & Pick<Moved, "stored">,
  ): void {
    const { stored: _, ...told } = how;
    const target = this.#request.target.place.at(path);
    const seconds = (this.#edges.clock.now() - began) / 1000;
    this.#edges.emit({ event: "transfer", source, target, ...told, seconds, attempts });
  }

  async #summarise(untried: number, signal: AbortSignal): Promise<SummaryEvent> {
    const because = this.#stop?.because;
    const summary = this.#tally.summary(signal.aborted ? 0 : untried, signal.aborted, because);
    await this.#edges.journal.close(summary.outcome === "succeeded" && !this.#request.dryRun);
    this.#edges.emit(summary);
    return summary;
  }
}

const NOT_MOVED = {
  by: null,
  method: null,
  bytes: 0,
  resumedFrom: 0,
  protected: false,
  digest: null,
} as const;

/** A server that lets nobody more in; a wrong password or an untrusted certificate is something else. */
function isRefusal(error: unknown): boolean {
  return (
    (error instanceof ConnectionError && !(error instanceof ProtectionError)) || error instanceof LoginError
  );
}
