import { parentOf } from "../../ftp/pathname.ts";
import { hostOf } from "../../shared/errors.ts";
import { formatBytes } from "../../shared/units.ts";
import { isTargetFull } from "../../transfer/errors.ts";
import { transferFile } from "../../transfer/file-transfer.ts";
import type { TransferContext, UpcomingFile } from "../../transfer/phases.ts";
import type { Route } from "../../transfer/move/third-party/route.ts";
import type { Moved } from "../../transfer/policy.ts";
import { Retrier } from "../../transfer/retrier.ts";
import { requireConvertible } from "../../transfer/sides/conversion.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { BatchDeps, BatchOptions } from "../contract.ts";
import type { FileEnd } from "../follow-up.ts";
import { SelectionError } from "../errors.ts";
import { extraSides } from "./extra-sides.ts";
import { fileFingerprintOf } from "../journal.ts";
import type { Pair, Pool } from "../pool.ts";
import type { Tally } from "../tally.ts";
import type { FileTask } from "../task.ts";
import { LocalRates, type RateLimits } from "../../transfer/rate-limit.ts";
import { rateFor } from "./rate-for.ts";
import { freeName } from "../../transfer/sides/free-name.ts";
import { decidedBefore, decideNow, SETTLED_BEFORE } from "./decide.ts";
import { FileEvents } from "./file-events.ts";
import { SourceSteps } from "./source-steps.ts";
import { isAcquainted, ServerKnowledge } from "./server-knowledge.ts";
import { TargetDirectories } from "./target-directories.ts";
import { TargetLook } from "./target-look.ts";
import { resultOfError, resultOfKept, resultOfMoved } from "./transfer-result.ts";

/** The lane that a file goes along, and what is said to it. */
export interface LaneAccess
  extends Pick<Required<TransferContext>, "lane" | "hasNext" | "onLaneFree" | "almostDone"> {
  /** The tasks that wait for any lane of this run. */
  readonly upcoming: () => Iterable<FileTask>;
}

/** What copying single files needs. */
export interface FileCopierDeps {
  readonly options: BatchOptions;
  readonly deps: BatchDeps;
  readonly pool: Pool;
  readonly tally: Tally;
  /** Pathnames at the target that no other file may be given. */
  readonly planned: Iterable<string>;
  /** Called when no other file can be copied either. `host`: the name of the one that is the reason. */
  readonly giveUp: (because: string, host: string) => void;
}

/** A file that is being copied. */
interface FileCopy {
  readonly task: FileTask;
  readonly pair: Pair;
  readonly access: LaneAccess;
  /** Its pathname at the target. */
  path: string;
  attempts: number;
  /** By the clock of the run. */
  readonly began: number;
}

/** Copies single files of one run, which share what is known of routes, servers and directories. */
export class FileCopier {
  readonly #options: BatchOptions;
  readonly #deps: BatchDeps;
  readonly #tally: Tally;
  readonly #pool: Pool;
  readonly #giveUp: FileCopierDeps["giveUp"];
  readonly #retrier: Retrier;
  readonly #servers: ServerKnowledge;
  readonly #directories = new TargetDirectories();
  /** Names that no other file may be given: those that are planned, and those that were given beside them. */
  readonly #taken: Set<string>;
  readonly #look: TargetLook;
  readonly #sources: SourceSteps;
  readonly #rates: RateLimits;
  #tree: string | undefined;
  readonly #events: FileEvents;

  constructor({ options, deps, pool, tally, planned, giveUp }: FileCopierDeps) {
    const { place } = options.target;
    this.#options = options;
    this.#deps = deps;
    this.#events = new FileEvents(options, deps);
    this.#rates = deps.rates ?? new LocalRates(deps.clock);
    this.#tally = tally;
    this.#pool = pool;
    this.#giveUp = giveUp;
    this.#retrier = new Retrier(options, deps);
    this.#servers = new ServerKnowledge(place, deps);
    this.#taken = new Set(planned);
    this.#look = new TargetLook(pool, place);
    this.#sources = new SourceSteps(options, deps, this.#retrier);
  }

  /** Until all that was learned of routes and servers is remembered. */
  async settled(): Promise<void> {
    await this.#servers.settled();
  }

  /** Notes that a directory exists at the target, so that nobody asks for it. */
  directoryExists(directory: string): void {
    this.#directories.exists(directory);
  }

  /** Copies one file, or decides not to; the result is an event and counted. Throws nothing. */
  async copy(task: FileTask, pair: Pair, access: LaneAccess, signal: AbortSignal): Promise<void> {
    const began = this.#deps.clock.now();
    const file: FileCopy = { task, pair, access, path: task.target, attempts: 1, began };
    const attempt = async () => {
      if (!(await this.#decide(file, signal))) return undefined;
      if (!this.#isPrepared(file)) await access.lane.alone(() => this.#prepare(file, signal));
      const { place, path } = task.source;
      this.#deps.emit({
        ...{ event: "start", source: place.at(path), target: this.#options.target.place.at(file.path) },
        size: task.source.facts.sizeBytes ?? null,
      });
      const context = this.#contextOf(file, await this.#servers.routeFrom(place));
      const ends = { source: { side: pair.source, path }, target: { side: pair.target, path: file.path } };
      return transferFile(ends, context, signal);
    };
    try {
      const moved = await this.#retrier.run(attempt, signal, {
        // A full target would be given more and more by those who wait, and by all other lanes.
        mayRetry: (error) => !isTargetFull(error),
        onRetry: (error, pauseMs) => {
          file.attempts += 1;
          this.#events.retry(file, error, pauseMs);
        },
      });
      if (moved === undefined) this.#ended(file, "left");
      else this.#copied(file, moved);
    } catch (error) {
      this.#failed(file, error, signal);
    }
  }

  #copied(file: FileCopy, moved: Moved): void {
    const result = resultOfMoved(moved);
    this.#tally.moved(moved);
    if (moved.sourceAfter !== undefined) this.#tally.source(moved.sourceAfter);
    if (result.outcome === "partial") this.#tally.failedOne();
    this.#events.result(file, file.began, result);
    this.#events.notes(moved, file.pair);
    this.#noteFinished(file, moved);
    this.#ended(file, result.outcome === "partial" ? "failed" : "copied");
  }

  #failed(file: FileCopy, error: unknown, signal: AbortSignal): void {
    const result = resultOfError(error, signal);
    if (result.outcome === "failed") this.#tally.failedOne();
    if (isTargetFull(error)) this.#giveUp(result.because, hostOf(error) ?? this.#options.target.place.name);
    this.#events.result(file, file.began, result);
    if (result.outcome === "failed") this.#ended(file, "failed");
  }

  #ended({ path }: FileCopy, how: FileEnd): void {
    const directory = this.#options.target.place.at(parentOf(path));
    this.#deps.followUp?.directories.ended(directory, how);
  }

  /** @returns whether its bytes are to be moved; what is left alone is done with, and so is all in a dry run */
  async #decide(file: FileCopy, signal: AbortSignal): Promise<boolean> {
    const { onExists, dryRun, target } = this.#options;
    const { task, pair, access } = file;
    requireConvertible(pair.source, pair.target, task.source.path, file.path);
    const hasSourceStep = this.#options.sourceAfter !== undefined;
    const deciding = { onExists, journal: this.#deps.journal, hasSourceStep };
    const verdict =
      decidedBefore(task, deciding) ??
      (await access.lane.alone(() => decideNow(task, file.path, pair, deciding, signal)));
    if (verdict.action === "fail")
      throw new SelectionError(`${target.place.at(task.target)}: ${verdict.because}`);
    if (verdict.action === "keep" || verdict.action === "skip") {
      await this.#leave(verdict.action, file, verdict.because, signal);
      return false;
    }
    requireRoom(task, this.#options);
    if (verdict.action === "copy-aside" && file.path === task.target) {
      file.path = await access.lane.alone(() => freeName(pair.target, task.target, this.#taken, 1, signal));
      this.#taken.add(file.path);
    }
    if (dryRun)
      await access.lane.alone(() => this.#directories.look(pair.target, parentOf(file.path), signal));
    if (file.attempts === 1) {
      const isAsked = onExists === "overwrite" && task.because === undefined;
      this.#events.action("copy", file, isAsked ? "requested" : verdict.because);
    }
    if (dryRun) this.#tally.leave("copy");
    return !dryRun;
  }

  /** Leaves what is at the target as it is; what becomes of the source is seen to all the same. */
  async #leave(action: "keep" | "skip", file: FileCopy, because: string, signal: AbortSignal): Promise<void> {
    const { task, pair, access } = file;
    const isDone = this.#options.dryRun || because === SETTLED_BEFORE;
    const sourceAfter = isDone
      ? undefined
      : await this.#sources.kept(task, action, pair, access.lane, signal);
    if (sourceAfter !== undefined) this.#tally.source(sourceAfter);
    this.#tally.leave(action);
    if (sourceAfter?.outcome === "failed") {
      this.#tally.failedOne();
      this.#events.result(file, this.#deps.clock.now(), resultOfKept(sourceAfter));
      return;
    }
    this.#events.action(action, file, because, sourceAfter);
  }

  /** What the transfer of a file needs beside both ends. */
  #contextOf(file: FileCopy, route: Route): TransferContext {
    const { task, pair, access, path, attempts } = file;
    const { source, aside } = task;
    const target = this.#options.target.place.at(path);
    return {
      lane: access.lane,
      hasNext: access.hasNext,
      almostDone: access.almostDone,
      run: { tree: this.#treeOf(pair.target), upcoming: () => this.#surelyNext(file) },
      policy: this.#options.transfer,
      route,
      ledger: this.#deps.ledger,
      clock: this.#deps.clock,
      // What the listing said may be what the try before failed for.
      listed: attempts === 1 ? source.facts : undefined,
      aside,
      progress: (bytes, from) => this.#deps.emit({ event: "progress", target, bytes, from }),
      onMethod: (moved) => this.#events.method(target, moved, pair),
      onLaneFree: () => {
        this.#deps.emit({ event: "sent", target });
        access.onLaneFree();
      },
      look: this.#look.at,
      extra: (until) => extraSides(this.#pool, pair, [source.place, this.#options.target.place], until),
      sourceStep: this.#sources.copied(file.task, path),
      rate: rateFor(this.#options, this.#rates, source.place),
    };
  }

  /** All that this run writes, as the target, which is logged in, calls it. */
  #treeOf(target: Side): string {
    this.#tree ??= target.locate(this.#options.target.path);
    return this.#tree;
  }

  /** Those of the waiting files that come from the same source, and of which it is decided that they are copied. */
  *#surelyNext({ task, access }: FileCopy): Generator<UpcomingFile> {
    const deciding = { onExists: this.#options.onExists, journal: this.#deps.journal };
    for (const next of access.upcoming()) {
      const { place, path, facts } = next.source;
      if (place === task.source.place && decidedBefore(next, deciding)?.action === "copy")
        yield { source: path, target: next.target, listed: facts };
    }
  }

  /** Whether nothing has to be asked or made before the first byte; so it is for most files. */
  #isPrepared({ task: { aside }, pair, access, path }: FileCopy): boolean {
    const isKnown = !access.hasNext() || isAcquainted(pair);
    return isKnown && this.#directories.isThere(parentOf(path)) && aside === undefined;
  }

  /** What has to be known and to exist before the first byte. */
  async #prepare({ task, pair, access, path }: FileCopy, signal: AbortSignal): Promise<void> {
    const { source, aside } = task;
    // For the last file of a lane it saves nothing.
    if (access.hasNext() && !isAcquainted(pair)) await this.#servers.acquaint(pair, source.place, signal);
    await this.#directories.make(pair.target, parentOf(path), signal);
    if (aside !== undefined) await this.#directories.make(pair.target, parentOf(aside), signal);
  }

  /** That it cannot be noted loses nothing but time, in a next run. */
  #noteFinished({ path, task }: FileCopy, { sent, stored }: Moved): void {
    const { journal, emit } = this.#deps;
    if (sent === undefined || stored === undefined || path !== task.target || journal.fault !== undefined)
      return;
    journal.note({ target: path, source: fileFingerprintOf(sent), stored: fileFingerprintOf(stored) });
    if (journal.fault !== undefined) emit({ event: "fault", path: "journal", because: journal.fault });
  }
}

/** @throws SelectionError for a file for which no run has room */
function requireRoom({ source, target }: FileTask, { maxTransfer, target: to }: BatchOptions): void {
  const { sizeBytes } = source.facts;
  if (maxTransfer === undefined || sizeBytes === undefined || sizeBytes <= maxTransfer) return;
  const limit = `${formatBytes(maxTransfer)} (--max-transfer)`;
  throw new SelectionError(
    `${to.place.at(target)}: larger (${formatBytes(sizeBytes)}) than the limit of ${limit} for the run`,
  );
}
