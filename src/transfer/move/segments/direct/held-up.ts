import { anySignal } from "../../../../shared/any-signal.ts";
import type { Clock } from "../../../../shared/clock.ts";
import { TransferError } from "../../../errors.ts";
import type { Segment } from "../board.ts";

/** A range that takes so many times what its bytes took one connection before is held up; two that share a line take twice as long. */
const TIMES = 2.5;
/** Of more ranges than these on their way each may be that slow because they share a line. */
const MOST_MOVING = 2;
/** What is over sooner is never held up. Milliseconds. */
const LEAST_MS = 3_000;

/** How ranges that are held up are told of. */
export const HELD_UP = `a range took over ${TIMES} times as long as its bytes did before; one connection takes the rest`;

/** A range on its way. */
interface Moving {
  readonly from: number;
  readonly stop: AbortController;
}

/**
 * Notices a source that holds ranges up: ProFTPD with `TransferRate` lets each take as long as all that follows its
 * beginning. All but the first range on their way are then broken off, for one range from the second one on to the
 * end is done sooner.
 */
export class RangeWatch {
  readonly #aloneBytesPerSecond: number | undefined;
  readonly #clock: Clock;
  readonly #found: () => void;
  readonly #moving = new Set<Moving>();
  #isHeldUp = false;

  /**
   * @param aloneBytesPerSecond what one connection was seen to move; absent: nothing is noticed
   * @param found called when ranges are held up
   */
  constructor(aloneBytesPerSecond: number | undefined, clock: Clock, found: () => void) {
    [this.#aloneBytesPerSecond, this.#clock, this.#found] = [aloneBytesPerSecond, clock, found];
  }

  get isHeldUp(): boolean {
    return this.#isHeldUp;
  }

  /** Moves a range, which may be broken off. */
  async during<T>(
    { at, end }: Segment,
    signal: AbortSignal,
    move: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const alone = this.#aloneBytesPerSecond;
    if (alone === undefined || alone <= 0 || this.#isHeldUp) return move(signal);
    const [one, over]: [Moving, AbortController] = [
      { from: at, stop: new AbortController() },
      new AbortController(),
    ];
    this.#moving.add(one);
    const limitMs = Math.max(LEAST_MS, (TIMES * (end - at) * 1_000) / alone);
    void this.#look(one, limitMs, anySignal(signal, over.signal));
    try {
      return await move(anySignal(signal, one.stop.signal));
    } finally {
      this.#moving.delete(one);
      over.abort();
    }
  }

  /** Throws nothing. */
  async #look(one: Moving, limitMs: number, until: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(limitMs, until);
    } catch {
      return;
    }
    if (until.aborted || this.#moving.size > MOST_MOVING) return;
    this.#isHeldUp = true;
    this.#found();
    const others = [...this.#moving].filter((other) => other !== one);
    const isFirst = others.every(({ from }) => one.from < from);
    if (others.length === 0 || !isFirst) one.stop.abort(new TransferError(HELD_UP, "new-connection"));
  }
}
