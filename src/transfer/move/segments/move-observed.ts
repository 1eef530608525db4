import { anySignal } from "../../../shared/any-signal.ts";
import { messageOf } from "../../../shared/errors.ts";
import { AddConnectionsError } from "../../errors.ts";
import type { Started } from "../../phases.ts";
import { moveBytes } from "../choose.ts";
import type { MoveResult, Order } from "../order.ts";
import { helpsAlone, isWorthStopping, rateWorthRaising, type ProgressSample } from "./gain.ts";
import { discardTrial, tryAnotherPair } from "./try-pair.ts";

/** Looks that are remembered. */
const MOST_SEEN = 16;

const NOT_TRIED = "its rate could not be seen, or it was over too soon for another one";
const TOO_LITTLE = "too little is left for another one";

/**
 * Moves a file from server to server on one connection, and looks meanwhile how fast it grows. Where that will take long,
 * another pair of connections is tried out beside it, on a file of its own; the one that moves is stopped only when that
 * pair has been seen to do what segments need.
 * @throws AddConnectionsError when it has been stopped for that; else as {@link moveBytes} does
 */
export async function moveObserved(started: Started, order: Order, signal: AbortSignal): Promise<MoveResult> {
  const observed = new ObservedMove(started, order, signal);
  const sent = await observed.move();
  return { ...sent, because: `${sent.because}; on one connection: ${observed.because}` };
}

class ObservedMove {
  /** Why there is no other connection. */
  because = NOT_TRIED;
  readonly #started: Started;
  readonly #order: Order;
  readonly #sizeBytes: number;
  readonly #signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #stop = new AbortController();
  #seen: readonly ProgressSample[] = [];
  #trying: Promise<void> | undefined;

  constructor(started: Started, order: Order, signal: AbortSignal) {
    [this.#started, this.#order, this.#signal] = [started, order, signal];
    const { sizeBytes } = order;
    if (sizeBytes === undefined) throw new RangeError("expected a file whose size is known");
    this.#sizeBytes = sizeBytes;
  }

  async move(): Promise<MoveResult> {
    // An earlier try may have ended in the middle of a trial.
    if (this.#started.claim.begun !== undefined) await discardTrial(this.#started);
    const order: Order = { ...this.#order, progress: (bytes) => this.#arrived(bytes) };
    try {
      return await moveBytes(order, anySignal(this.#signal, this.#stop.signal));
    } finally {
      this.#over.abort();
      await this.#trying;
    }
  }

  #arrived(bytes: number): void {
    this.#order.progress(bytes);
    this.#seen = [...this.#seen, { atMs: this.#started.clock.now(), bytes }].slice(-MOST_SEEN);
    if (this.#trying !== undefined) return;
    const bytesPerSecond = rateWorthRaising(this.#seen, this.#sizeBytes);
    if (bytesPerSecond === undefined) return;
    const isAlone = helpsAlone(this.#started.route.helpful.of("direct"), bytesPerSecond);
    if (isAlone) this.because = "another one added nothing to an earlier file";
    this.#trying = isAlone ? Promise.resolve() : this.#try(bytesPerSecond);
  }

  /** Throws nothing. */
  async #try(bytesPerSecond: number): Promise<void> {
    this.because = TOO_LITTLE;
    const signal = anySignal(this.#signal, this.#over.signal);
    try {
      await tryAnotherPair(this.#started, this.#sizeBytes, signal);
    } catch (error) {
      if (!signal.aborted) this.because = messageOf(error);
      return;
    }
    const leftBytes = this.#sizeBytes - (this.#seen.at(-1)?.bytes ?? 0);
    if (!isWorthStopping(bytesPerSecond, leftBytes)) return;
    this.#stop.abort(new AddConnectionsError({ from: this.#order.from, bytesPerSecond }));
  }
}
