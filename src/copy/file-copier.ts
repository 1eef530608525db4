import { parentOf } from "../ftp/pathname.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { isTargetFull, retryOfError } from "../transfer/errors.ts";
import { pauseBefore } from "../transfer/retry.ts";
import { Route } from "../transfer/route.ts";
import type { Side } from "../transfer/side.ts";
import type { Moved } from "../transfer/policy.ts";
import { type TransferContext, transferFile } from "../transfer/transfer.ts";
import type { Look } from "../transfer/watch.ts";
import { SelectionError } from "./errors.ts";
import type { TransferEvent } from "./events.ts";
import { isSame, stampOf } from "./journal.ts";
import { judge, type Verdict } from "./on-exists.ts";
import { type FileTask, freeName } from "./plan.ts";
import type { Pair, Place, Pool } from "./pool.ts";
import type { CopyEdges, CopyRequest } from "./request.ts";
import type { Tally } from "./tally.ts";

/** How a file goes along a lane. */
type Passage = Pick<Required<TransferContext>, "lane" | "hasNext" | "carried">;

/** Copies single files of one run, which share routes, directories that were made, and a look at the target. */
export class FileCopier {
  readonly #request: CopyRequest;
  readonly #edges: CopyEdges;
  readonly #pool: Pool;
  readonly #tally: Tally;
  readonly #giveUp: (because: string) => void;
  readonly #routes = new Map<string, Promise<Route>>();
  readonly #made = new Map<string, Promise<void>>();
  /** Whether the target lets us in once more, to look at what grows. */
  #mayLook = true;

  /** @param giveUp called when no other file can be copied either */
  constructor(
    request: CopyRequest,
    edges: CopyEdges,
    pool: Pool,
    tally: Tally,
    giveUp: (because: string) => void,
  ) {
    this.#request = request;
    this.#edges = edges;
    this.#pool = pool;
    this.#tally = tally;
    this.#giveUp = giveUp;
  }

  /** Until all that was learned of the routes is remembered. */
  async settled(): Promise<void> {
    for (const route of this.#routes.values()) await (await route).settled();
  }

  /** Copies one file, or decides not to; whatever comes of it is an event and counted. Throws nothing. */
  async copy(task: FileTask, pair: Pair, passage: Passage, signal: AbortSignal): Promise<void> {
    const { onExists, dryRun, target } = this.#request;
    const source = task.source.place.at(task.source.path);
    const began = this.#edges.clock.now();
    const counter = { attempts: 1 };
    let path = task.target;
    try {
      const verdict = await passage.lane.alone(() => this.#judge(task, pair, signal));
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
      if (verdict.action === "copy-aside")
        path = await passage.lane.alone(() => freeName(pair.target, task.target, signal));
      const because = onExists === "overwrite" ? "asked for" : verdict.because;
      this.#edges.emit({ event: "action", action: "copy", path: source, because });
      if (dryRun) return this.#tally.leave("copy");
      const moved = await this.#moveAgain(task, path, pair, passage, counter, signal);
      this.#tally.moved(moved);
      this.#note(task, path, moved);
      this.#end(source, path, began, counter.attempts, { outcome: "succeeded", ...moved });
    } catch (error) {
      const outcome = isCancellation(error) ? "cancelled" : "failed";
      const because = messageOf(error);
      if (outcome === "failed") this.#tally.failedOne();
      if (isTargetFull(error)) this.#giveUp(because);
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
    passage: Passage,
    counter: { attempts: number },
    signal: AbortSignal,
  ): Promise<Moved> {
    const { retries, target } = this.#request;
    const { clock, chance, emit } = this.#edges;
    for (;;) {
      try {
        return await this.#move(task, path, pair, passage, signal);
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

  async #move(
    task: FileTask,
    path: string,
    pair: Pair,
    passage: Passage,
    signal: AbortSignal,
  ): Promise<Moved> {
    const { place } = this.#request.target;
    const target = place.at(path);
    await passage.lane.alone(() => this.#makeDirectory(pair.target, parentOf(path), signal));
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
      ...passage,
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
}

const NOT_MOVED = {
  by: null,
  method: null,
  bytes: 0,
  resumedFrom: 0,
  protected: false,
  digest: null,
} as const;
