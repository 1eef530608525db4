import { setMaxListeners } from "node:events";
import { ConnectionError, LoginError, ProtectionError } from "../ftp/errors.ts";
import { parentOf } from "../ftp/pathname.ts";
import type { Clock } from "../shared/clock.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { isTargetFull } from "../transfer/errors.ts";
import { Route } from "../transfer/route.ts";
import type { Side } from "../transfer/side.ts";
import { type Moved, type TransferPolicy, transferFile } from "../transfer/transfer.ts";
import type { Emit, SummaryEvent, TransferEvent } from "./events.ts";
import { judge, type OnExists } from "./on-exists.ts";
import { type FileTask, freeName, planCopy, type Source, type Target } from "./plan.ts";
import { type Pair, Pool } from "./pool.ts";
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
  readonly dryRun: boolean;
}

export interface CopyEdges {
  readonly clock: Clock;
  readonly emit: Emit;
  /** Letters and digits that no other run has. */
  readonly runId: string;
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
  readonly #routes = new Map<string, Route>();
  readonly #made = new Map<string, Promise<void>>();
  readonly #tally: Tally;
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
    const queue = [...plan.tasks.entries()];
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
  }

  /** Takes file after file until none is left. */
  async #lane(queue: [number, FileTask][], started: () => void, signal: AbortSignal): Promise<void> {
    while (this.#stop === undefined && !signal.aborted) {
      const next = queue.shift();
      if (next === undefined) return;
      const [index, task] = next;
      try {
        await using pair = await this.#connected(task, signal);
        started();
        await this.#one(task, index, pair, signal);
      } catch (error) {
        // No connection, and none that goes on: no other file can be tried either.
        queue.unshift(next);
        if (!isCancellation(error)) this.#stop ??= { because: messageOf(error) };
        if (this.#tally.tried === 0 && !isCancellation(error)) throw error;
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

  async #one(task: FileTask, index: number, pair: Pair, signal: AbortSignal): Promise<void> {
    const { onExists, dryRun, target } = this.#request;
    const source = task.source.place.at(task.source.path);
    const began = this.#edges.clock.now();
    let path = task.target;
    try {
      const stands = onExists === "overwrite" ? undefined : await pair.target.facts(path, signal);
      const verdict = judge(task.source.facts, stands, onExists);
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
      const moved = await this.#move(task, path, index, pair, signal);
      this.#tally.moved(moved);
      this.#end(source, path, began, { outcome: "succeeded", ...moved });
    } catch (error) {
      const outcome = isCancellation(error) ? "cancelled" : "failed";
      const because = messageOf(error);
      if (outcome === "failed") this.#tally.failedOne();
      if (isTargetFull(error)) this.#stop ??= { because };
      this.#end(source, path, began, {
        outcome,
        by: null,
        method: null,
        bytes: 0,
        protected: false,
        because,
      });
    }
  }

  async #move(task: FileTask, path: string, index: number, pair: Pair, signal: AbortSignal): Promise<Moved> {
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
      route: this.#routeFrom(task.source.place.key),
      nonce: `${this.#edges.runId}${index.toString(36)}`,
      progress: (bytes: number) => this.#edges.emit({ event: "progress", target, bytes }),
    };
    return transferFile(ends, context, signal);
  }

  /** Each directory is made once, whoever needs it first; a failure is told to each who needs it. */
  #makeDirectory(side: Side, path: string, signal: AbortSignal): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    const making = side.makeDirectory(path, signal);
    this.#made.set(path, making);
    making.catch(() => this.#made.delete(path));
    return making;
  }

  #routeFrom(key: string): Route {
    const route = this.#routes.get(key) ?? new Route();
    this.#routes.set(key, route);
    return route;
  }

  #end(
    source: string,
    path: string,
    began: number,
    how: Omit<Moved, "by"> & Pick<TransferEvent, "outcome" | "by">,
  ): void {
    const target = this.#request.target.place.at(path);
    const seconds = (this.#edges.clock.now() - began) / 1000;
    const attempts = 1;
    this.#edges.emit({
      event: "transfer",
      source,
      target,
      ...how,
      resumedFrom: 0,
      digest: null,
      seconds,
      attempts,
    });
  }

  #summarise(untried: number, signal: AbortSignal): SummaryEvent {
    const because = this.#stop?.because;
    const summary = this.#tally.summary(signal.aborted ? 0 : untried, signal.aborted, because);
    this.#edges.emit(summary);
    return summary;
  }
}

/** A server that lets nobody more in; a wrong password or an untrusted certificate is something else. */
function isRefusal(error: unknown): boolean {
  return (
    (error instanceof ConnectionError && !(error instanceof ProtectionError)) || error instanceof LoginError
  );
}
