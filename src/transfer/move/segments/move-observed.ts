import { anySignal } from "../../../shared/any-signal.ts";
import { messageOf } from "../../../shared/errors.ts";
import { AddConnectionsError } from "../../errors.ts";
import type { Started } from "../../phases.ts";
import { moveBytes } from "../choose.ts";
import type { MoveResult, Order } from "../order.ts";
import { rememberedOf } from "./add-what-helps.ts";
import {
  helpsAlone,
  isWorthStopping,
  MEASURED_MS,
  nextStep,
  type ProgressSample,
  type RangeBeside,
  rateWorthRaising,
  type Throughput,
  throughputBeside,
} from "./gain.ts";
import { LARGEST, type Piece } from "./pieces.ts";
import type { ByteRange } from "./ranges.ts";
import { BLOCK } from "./trial.ts";
import { discardTrial, tryAnotherPair } from "./try-pair.ts";

/** Looks that are remembered. */
const MOST_SEEN = 16;

const NOT_TRIED = "its rate could not be seen, or it was over too soon for another one";
const TOO_LITTLE = "too little is left for another one";

/**
 * Moves a file from server to server on one connection, and looks meanwhile how fast it grows. Where that will take long,
 * another pair of connections is tried out beside it, on a file of its own; the one that moves is stopped only when that
 * pair has been seen to do what segments need, and to add to the rate.
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
  /** Ends the trial of another pair that adds nothing. */
  readonly #enough = new AbortController();
  #beside: RangeBeside | undefined;
  /** What the one that moves was seen to move before there was another. */
  #alone: Throughput = { connections: 1, bytesPerSecond: 0 };
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

  get #leftBytes(): number {
    return this.#sizeBytes - (this.#seen.at(-1)?.bytes ?? 0);
  }

  #arrived(bytes: number): void {
    this.#order.progress(bytes);
    this.#seen = [...this.#seen, { atMs: this.#started.clock.now(), bytes }].slice(-MOST_SEEN);
    if (this.#trying !== undefined) return this.#weigh();
    const bytesPerSecond = rateWorthRaising(this.#seen, this.#sizeBytes);
    if (bytesPerSecond === undefined) return;
    this.#alone = { connections: 1, bytesPerSecond };
    const isAlone = helpsAlone(this.#started.route.helpful.of("direct"), bytesPerSecond);
    if (isAlone) this.because = "another one added nothing to an earlier file";
    this.#trying = isAlone ? Promise.resolve() : this.#try();
  }

  /** Throws nothing. */
  async #try(): Promise<void> {
    this.because = TOO_LITTLE;
    const signal = anySignal(this.#signal, this.#over.signal, this.#enough.signal);
    const begin = () => this.#beginBeside();
    const ended = ({ toMs }: Piece) => {
      this.#beside = this.#beside && { ...this.#beside, toMs };
      this.#weigh();
    };
    try {
      await tryAnotherPair(this.#started, this.#sizeBytes, { begin, ended }, signal);
    } catch (error) {
      if (!signal.aborted) this.because = messageOf(error);
    }
  }

  /** A range to which the first connection does not come while it moves; at its rate, as long as a rate is measured. */
  #beginBeside(): ByteRange | undefined {
    const { bytesPerSecond } = this.#alone;
    if (!isWorthStopping(bytesPerSecond, this.#leftBytes)) return undefined;
    const bytes = Math.min(LARGEST, Math.ceil((bytesPerSecond * MEASURED_MS) / 1_000));
    // Neither into the blocks by which writing is tried out.
    const from = Math.max(this.#sizeBytes - this.#leftBytes + bytes, 2 * BLOCK);
    if (from + bytes > this.#sizeBytes - BLOCK) return undefined;
    this.#beside = { bytes, fromMs: this.#started.clock.now(), toMs: undefined };
    return { from, to: from + bytes };
  }

  /** Once it is seen what the other pair adds, one of the two is ended. */
  #weigh(): void {
    const beside = this.#beside;
    const together = beside && throughputBeside(this.#seen, beside);
    if (together === undefined) return;
    const { bytesPerSecond } = this.#alone;
    const { step, because } = nextStep(together, this.#alone, this.#leftBytes);
    if (step !== "drop-last" && beside?.toMs === undefined) return;
    this.#beside = undefined;
    if (step === "drop-last") {
      this.because = because;
      const gain = { connections: 1, isMost: true, aloneBytesPerSecond: bytesPerSecond };
      rememberedOf(this.#started, "direct").saw(gain);
      this.#enough.abort();
    } else if (isWorthStopping(bytesPerSecond, this.#leftBytes))
      this.#stop.abort(new AddConnectionsError({ from: this.#order.from, bytesPerSecond }));
  }
}
