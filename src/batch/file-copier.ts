import { TargetLook } from "./target-look.ts";
import { parentOf } from "../ftp/pathname.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { isTargetFull, retryOfError } from "../transfer/errors.ts";
import { FtpSide } from "../transfer/sides/ftp-side.ts";
import { PipeliningKnowledge } from "../transfer/pipelining.ts";
import { pauseBefore } from "../transfer/retry.ts";
import { Route } from "../transfer/move/third-party/route.ts";
import type { Side } from "../transfer/sides/side.ts";
import type { Moved } from "../transfer/policy.ts";
import { transferFile } from "../transfer/file-transfer.ts";
import type { TransferContext } from "../transfer/phases.ts";
import { SelectionError } from "./errors.ts";
import type { TransferEvent } from "./events.ts";
import { isSame, stampOf } from "./journal.ts";
import { judge, type Verdict } from "./on-exists.ts";
import type { Pair, Place, Pool } from "./pool.ts";
import type { Tally } from "./tally.ts";
import type { FileTask } from "./task.ts";
import { freeName } from "./free-name.ts";
import type { BatchDeps, BatchOptions } from "./contract.ts";

/** Directories at the target that are known to stand; the files of one come together. */
const MAX_KNOWN = 10_000;

/** How a file goes along a lane. */
type Passage = Pick<Required<TransferContext>, "lane" | "hasNext" | "carried">;

/** A file on its way. */
interface Flight {
  readonly task: FileTask;
  readonly pair: Pair;
  readonly passage: Passage;
  /** Its pathname at the target. */
  path: string;
  attempts: number;
}

/** Whether nothing more can be found out about the servers. */
function isAcquainted({ source, target }: Pair): boolean {
  return [source, target].every((side) => !(side instanceof FtpSide) || side.isAcquainted);
}

function sourceOf({ task }: Flight): string {
  return task.source.place.at(task.source.path);
}

/** Copies single files of one run, which share routes, directories that were made, and a look at the target. */
export class FileCopier {
  readonly #request: BatchOptions;
  readonly #deps: BatchDeps;
  readonly #tally: Tally;
  readonly #giveUp: (because: string) => void;
  readonly #routes = new Map<string, Promise<Route>>();
  readonly #pipelining = new Map<string, Promise<PipeliningKnowledge>>();
  readonly #made = new Map<string, Promise<void>>();
  /** Names that files of this run were given beside those that were planned. */
  readonly #promised: Set<string>;
  readonly #look: TargetLook;

  /**
   * @param planned pathnames at the target that no other file may be given
   * @param giveUp called when no other file can be copied either
   */
  constructor(
    request: BatchOptions,
    deps: BatchDeps,
    pool: Pool,
    tally: Tally,
    planned: Iterable<string>,
    giveUp: (because: string) => void,
  ) {
    this.#promised = new Set(planned);
    this.#request = request;
    this.#deps = deps;
    this.#look = new TargetLook(pool, request.target.place);
    this.#tally = tally;
    this.#giveUp = giveUp;
  }

  /** Until all that was learned of routes and servers is remembered. */
  async settled(): Promise<void> {
    for (const learned of [...this.#routes.values(), ...this.#pipelining.values()])
      await (await learned).settled();
  }

  /** Tells that a directory stands at the target, so that nobody looks. */
  stands(directory: string): void {
    this.#know(directory, Promise.resolve());
  }

  /** Copies one file, or decides not to; whatever comes of it is an event and counted. Throws nothing. */
  async copy(task: FileTask, pair: Pair, passage: Passage, signal: AbortSignal): Promise<void> {
    const began = this.#deps.clock.now();
    const flight: Flight = { task, pair, passage, path: task.target, attempts: 1 };
    try {
      const moved = await this.#again(flight, signal);
      if (moved === undefined) return;
      this.#tally.moved(moved);
      this.#end(flight, began, "succeeded", moved);
      this.#note(flight, moved);
    } catch (error) {
      // Work that is cancelled ends in many words; a refusal that no later try would change is one all the same.
      const isCancelled = isCancellation(error) || (signal.aborted && retryOfError(error) !== "never");
      const outcome = isCancelled ? "cancelled" : "failed";
      const because = isCancelled ? reasonOf(signal.aborted ? signal.reason : error) : messageOf(error);
      if (outcome === "failed") this.#tally.failedOne();
      if (isTargetFull(error)) this.#giveUp(because);
      this.#end(flight, began, outcome, { ...NOT_MOVED, because });
    }
  }

  /** Tries until the file is there or is to be left alone, or until trying again is of no use. */
  async #again(flight: Flight, signal: AbortSignal): Promise<Moved | undefined> {
    const { retries, target } = this.#request;
    const { clock, chance, emit } = this.#deps;
    for (;;) {
      try {
        return await this.#once(flight, signal);
      } catch (error) {
        // A full target would be given more and more by those who wait, and by all other lanes.
        const isOver = signal.aborted || isTargetFull(error);
        const pauseMs = isOver
          ? undefined
          : pauseBefore(retryOfError(error), flight.attempts, { retries }, chance());
        if (pauseMs === undefined) throw error;
        flight.attempts += 1;
        emit({
          event: "retry",
          source: sourceOf(flight),
          target: target.place.at(flight.path),
          because: messageOf(error),
          afterSeconds: pauseMs / 1_000,
          attempt: flight.attempts,
        });
        await clock.sleep(pauseMs, signal);
      }
    }
  }

  /** @returns undefined where the file is left alone */
  async #once(flight: Flight, signal: AbortSignal): Promise<Moved | undefined> {
    const { onExists, dryRun, target } = this.#request;
    const { task, pair, passage } = flight;
    const verdict = this.#given(flight) ?? (await passage.lane.alone(() => this.#judge(flight, signal)));
    if (verdict.action === "fail")
      throw new SelectionError(`${target.place.at(task.target)}: ${verdict.because}`);
    if (verdict.action === "keep" || verdict.action === "skip") {
      this.#tally.leave(verdict.action);
      this.#decide(verdict.action, flight, verdict.because);
      return undefined;
    }
    if (verdict.action === "copy-aside" && flight.path === task.target) {
      flight.path = await passage.lane.alone(() =>
        freeName(pair.target, task.target, this.#promised, signal),
      );
      this.#promised.add(flight.path);
    }
    if (flight.attempts === 1) {
      const isAsked = onExists === "overwrite" && task.because === undefined;
      this.#decide("copy", flight, isAsked ? "requested" : verdict.because);
    }
    if (!dryRun) return this.#move(flight, signal);
    this.#tally.leave("copy");
    return undefined;
  }

  #decide(action: "copy" | "keep" | "skip", flight: Flight, because: string): void {
    this.#deps.emit({ event: "action", action, path: sourceOf(flight), because });
  }

  /** The verdict on a file that stands without a look. */
  #given({ task }: Flight): Verdict | undefined {
    if (task.decide !== undefined) return undefined;
    if (task.because !== undefined) return { action: "copy", because: task.because };
    const isAsked = this.#request.onExists !== "overwrite";
    const isFinished = this.#deps.journal.finished(task.target) !== undefined;
    return isAsked || isFinished ? undefined : judge(task.source.facts, undefined, "overwrite");
  }

  /** What an interrupted run of this copy has finished is not copied again, whatever is done with others. */
  async #judge({ task, pair, path }: Flight, signal: AbortSignal): Promise<Verdict> {
    const { onExists } = this.#request;
    if (task.decide !== undefined) return task.decide(pair, signal);
    const finished = this.#deps.journal.finished(task.target);
    const stands = await pair.target.facts(path, signal);
    if (finished !== undefined && stands !== undefined && isSame(finished.stored, stampOf(stands))) {
      const source = await pair.source.facts(task.source.path, signal);
      if (source !== undefined && isSame(finished.source, stampOf(source)))
        return { action: "keep", because: "already copied before the interruption, and unchanged since" };
    }
    return judge(task.source.facts, onExists === "overwrite" ? undefined : stands, onExists);
  }

  /** That it cannot be noted loses nothing but time, in a next run. */
  #note({ path, task }: Flight, { sent, stored }: Moved): void {
    const { journal, emit } = this.#deps;
    if (sent === undefined || stored === undefined || path !== task.target || journal.fault !== undefined)
      return;
    journal.note({ target: path, source: stampOf(sent), stored: stampOf(stored) });
    if (journal.fault !== undefined) emit({ event: "fault", path: "journal", because: journal.fault });
  }

  async #move({ task, pair, passage, path, attempts }: Flight, signal: AbortSignal): Promise<Moved> {
    const { place } = this.#request.target;
    const target = place.at(path);
    const { aside } = task;
    await passage.lane.alone(async () => {
      // For the last file of a lane it saves nothing.
      if (passage.hasNext() && !isAcquainted(pair)) await this.#acquaint(pair, task.source.place, signal);
      await this.#makeDirectory(pair.target, parentOf(path), signal);
      if (aside !== undefined) await this.#makeDirectory(pair.target, parentOf(aside), signal);
    });
    const size = task.source.facts.sizeBytes ?? null;
    this.#deps.emit({ event: "start", source: task.source.place.at(task.source.path), target, size });
    const ends = {
      source: { side: pair.source, path: task.source.path },
      target: { side: pair.target, path },
    };
    const context: TransferContext = {
      policy: this.#request.transfer,
      route: await this.#routeFrom(task.source.place),
      ledger: this.#deps.ledger,
      clock: this.#deps.clock,
      // What the listing said may be what the try before failed for.
      listed: attempts === 1 ? task.source.facts : undefined,
      aside,
      progress: (bytes: number) => this.#deps.emit({ event: "progress", target, bytes }),
      look: this.#look.at,
      lane: passage.lane,
      hasNext: passage.hasNext,
      carried: passage.carried,
    };
    return transferFile(ends, context, signal);
  }

  /** Each directory is made once, whoever needs it first; a failure is told to each who needs it. */
  #makeDirectory(side: Side, path: string, signal: AbortSignal): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    const making = side.makeDirectory(path, signal);
    this.#know(path, making);
    making.catch(() => this.#made.delete(path));
    return making;
  }

  /** The oldest is forgotten where they become too many: it is asked for again, should it be needed. */
  #know(directory: string, made: Promise<void>): void {
    this.#made.set(directory, made);
    const [oldest] = this.#made.keys();
    if (this.#made.size > MAX_KNOWN && oldest !== undefined) this.#made.delete(oldest);
  }

  async #acquaint({ source, target }: Pair, from: Place, signal: AbortSignal): Promise<void> {
    const sides = [
      [source, from],
      [target, this.#request.target.place],
    ] as const;
    const acquainted = sides.map(async ([side, { key }]) => {
      if (side instanceof FtpSide) await side.acquaint(await this.#mannersOf(key), signal);
    });
    await Promise.all(acquainted);
  }

  #mannersOf(account: string): Promise<PipeliningKnowledge> {
    const { memory, clock } = this.#deps;
    const pipelining = this.#pipelining.get(account) ?? PipeliningKnowledge.recall(account, memory, clock);
    this.#pipelining.set(account, pipelining);
    return pipelining;
  }

  #routeFrom({ key }: Place): Promise<Route> {
    const { memory, clock } = this.#deps;
    const route =
      this.#routes.get(key) ?? Route.recall(`route ${key} ${this.#request.target.place.key}`, memory, clock);
    this.#routes.set(key, route);
    return route;
  }

  #end(
    { task, path, attempts }: Flight,
    began: number,
    outcome: TransferEvent["outcome"],
    told: Reported,
  ): void {
    const source = task.source.place.at(task.source.path);
    const target = this.#request.target.place.at(path);
    const seconds = (this.#deps.clock.now() - began) / 1000;
    this.#deps.emit({
      event: "transfer",
      source,
      target,
      outcome,
      by: told.by,
      method: told.method,
      bytes: told.bytes,
      resumedFrom: told.resumedFrom,
      protected: told.protected,
      digest: told.digest,
      because: told.because,
      seconds,
      attempts,
    });
  }
}

/** What a transfer's event says of how it went. */
type Reported = Pick<
  TransferEvent,
  "by" | "method" | "bytes" | "resumedFrom" | "protected" | "digest" | "because"
>;

/** The platform's own words for what was cancelled say nothing of who was. */
function reasonOf(error: unknown): string {
  return isCancellation(error) && error instanceof DOMException ? "interrupted" : messageOf(error);
}

const NOT_MOVED = {
  by: null,
  method: null,
  bytes: 0,
  resumedFrom: 0,
  protected: false,
  digest: null,
} as const;
