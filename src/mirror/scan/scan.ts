import { setMaxListeners } from "node:events";
import { connectedOne, connectedPair } from "../../batch/connected.ts";
import { LimitError } from "../../copy/limits.ts";
import { ConnectionError, LoginError } from "../../ftp/errors.ts";
import { refusesName } from "../decide/spelling.ts";
import { Condition } from "../../shared/waiting/condition.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { Retrier } from "../../transfer/retrier.ts";
import { SafeguardError } from "../decide/safeguards.ts";
import { type Prepared, ScanAhead } from "./ahead.ts";
import { DirectoryVisit } from "./visit.ts";
import type {
  ScanCounts,
  ScanResult,
  ListedAhead,
  Next,
  ScanDeps,
  ScanOrder,
  OpenSides,
  ScanListener,
} from "../contract.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** What keeps us from a host; where it comes before a directory is asked for, no other one can be known either. */
const AWAY = [ConnectionError, LoginError];

/** What keeps anything more from being known, whichever directory it was found in. */
function isFinal(error: unknown): boolean {
  return error instanceof SafeguardError || error instanceof LimitError;
}

/**
 * Lists two trees side by side, several directories at once, and tells what there is to do, directory by
 * directory. What is held in memory is a few directories' entries and the names of those that are still to be entered.
 * A directory that cannot be listed is a fault, and nothing is reported of what is below it.
 */
export class Scan {
  readonly #order: ScanOrder;
  readonly #deps: ScanDeps;
  readonly #visit: DirectoryVisit;
  readonly #retrier: Retrier;
  readonly #ahead: ScanAhead | undefined;
  readonly #waiting: Next[] = [];
  #open = 0;
  /** Whether a directory is waiting, or none will come. */
  readonly #condition = new Condition();

  constructor(order: ScanOrder, deps: ScanDeps) {
    this.#order = order;
    this.#deps = deps;
    this.#visit = new DirectoryVisit(order, deps);
    this.#retrier = new Retrier(order, deps);
    // Listings that others use as well would need the same doubt from them.
    const { status, listings } = deps;
    this.#ahead = status && listings === undefined ? new ScanAhead(order, status, deps) : undefined;
  }

  /** Files found so far at each side, whatever becomes of them. */
  get counts(): ScanCounts {
    return this.#visit.counts;
  }

  /**
   * @param tell is waited for: a slow listener slows the scan down
   * @param from where to begin
   * @throws what keeps the roots from being listed, or a host from being reached
   */
  async run(tell: ScanListener, from: readonly Next[], signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const both = anySignal(signal, failed.signal);
    // As many listeners as there are connections and waits; not a leak.
    setMaxListeners(0, both);
    for (const next of from) this.#waiting.push(next);
    const worker = async () => {
      try {
        await this.#work(tell, both);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: this.#order.parallel }, worker));
    signal.throwIfAborted();
    const reasons = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
    const first = reasons.find((reason) => !isCancellation(reason)) ?? reasons[0];
    if (first !== undefined) throw first;
  }

  async #work(tell: ScanListener, signal: AbortSignal): Promise<void> {
    for (;;) {
      const first = await this.#next(signal);
      if (first === undefined) return;
      for (const [next, ahead] of await this.#prepared(first, signal)) {
        try {
          // Only now, when what was borrowed is given back: who holds one connection must not wait for another.
          const found = await this.#supplied(next, await this.#enter(next, ahead, signal), signal);
          for (const one of found) if (one.step !== "enter") await tell(one);
          this.#deps.listed?.(next.path);
          // The first one last, since the last one is entered first.
          if (this.#order.isAfterwards !== true)
            for (const one of found.toReversed()) if (one.step === "enter") this.#waiting.push(one.next);
        } finally {
          this.#open -= 1;
          this.#condition.notify();
        }
      }
    }
  }

  /** This directory, and others that wait, with what could be listed of them at once. */
  async #prepared(first: Next, signal: AbortSignal): Promise<readonly Prepared[]> {
    if (this.#ahead?.mayHelp(first) !== true) return [[first, {}]];
    try {
      await using lent = await this.#sidesFor(first, signal);
      const soon = this.#waiting.filter(({ at }) => at === first.at).toReversed();
      return await this.#ahead.prepare(lent, first, soon, (count) => this.#takeLike(first, count), signal);
    } catch (error) {
      if (signal.aborted || isCancellation(error)) throw error;
      // It fails again where it is counted and reported.
      return [[first, {}]];
    }
  }

  /** Up to so many of those that wait, and are on the same sides. */
  #takeLike({ at }: Next, count: number): readonly Next[] {
    const taken: Next[] = [];
    while (taken.length < count && this.#waiting.at(-1)?.at === at) {
      const next = this.#waiting.pop();
      if (next !== undefined) taken.push(next);
    }
    this.#open += taken.length;
    return taken;
  }

  /** The directory to enter next: the one found last, so that few wait. Undefined when all have been. */
  async #next(signal: AbortSignal): Promise<Next | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const next = this.#waiting.pop();
      if (next !== undefined) {
        this.#open += 1;
        return next;
      }
      if (this.#open === 0) return undefined;
      await this.#condition.changed(signal);
    }
  }

  async #supplied(
    { path }: Next,
    found: readonly ScanResult[],
    signal: AbortSignal,
  ): Promise<readonly ScanResult[]> {
    return (await this.#deps.peers?.choose(path, found, signal)) ?? found;
  }

  /** Looks at a directory, again where that may help; one that cannot be known in the end is a fault. */
  async #enter(next: Next, ahead: ListedAhead, signal: AbortSignal): Promise<readonly ScanResult[]> {
    let isConnected = false;
    let known = ahead;
    const attempt = async () => {
      isConnected = false;
      const listed = known;
      known = {};
      await using lent = await this.#sidesFor(next, signal);
      isConnected = true;
      return await this.#visit.look(next, lent, listed, signal);
    };
    try {
      return await this.#retrier.run(attempt, signal);
    } catch (error) {
      if (signal.aborted || isCancellation(error)) throw error;
      const isAway = !isConnected && AWAY.some((kind) => error instanceof kind);
      // Nor can anything be known without the roots, or with what was asked for impossible.
      if (next.path === "" || isAway || isFinal(error)) throw error;
      const refused = next.at === "source" && refusesName(error) ? { isRefusedName: true as const } : {};
      return [{ step: "fault", path: next.path, because: messageOf(error), ...refused }];
    }
  }

  async #sidesFor({ at }: Next, signal: AbortSignal): Promise<OpenSides & AsyncDisposable> {
    const { source, target, makesDirectories } = this.#order;
    const { pool } = this.#deps;
    if (at === "both" || (at === "source" && makesDirectories))
      return connectedPair(pool, source.place, target.place, signal);
    const lent = await connectedOne(pool, (at === "source" ? source : target).place, signal);
    return {
      ...(at === "source" ? { source: lent.side } : { target: lent.side }),
      [Symbol.asyncDispose]: () => lent[Symbol.asyncDispose](),
    };
  }
}
