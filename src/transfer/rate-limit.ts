import type { Clock } from "../shared/clock.ts";
import { type Bucket, FULL, giveBack, take } from "../shared/rate/bucket.ts";
import { minuteOfWeek, rateAt, type RateTimetable } from "../shared/rate/timetable.ts";

/** How fast bytes may move; shared by all who are given the same one. */
export interface RateLimit {
  /** Bytes a second now; undefined: no limit. */
  current(): number | undefined;
  /** Waits until so many bytes may move. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
  /** Gives back what was taken and has not moved. */
  giveBack(bytes: number): void;
}

/** One limit for each key, in this process or shared with others. */
export interface RateLimits {
  of(key: string, timetable: RateTimetable): RateLimit;
}

/** Limits of this process. */
export class LocalRates implements RateLimits {
  readonly #clock: Clock;
  readonly #limits = new Map<string, LocalRate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(key: string, timetable: RateTimetable): RateLimit {
    const known = this.#limits.get(key);
    if (known !== undefined) return known;
    const limit = new LocalRate(timetable, this.#clock);
    this.#limits.set(key, limit);
    return limit;
  }
}

class LocalRate implements RateLimit {
  readonly #timetable: RateTimetable;
  readonly #clock: Clock;
  #bucket: Bucket = FULL;

  constructor(timetable: RateTimetable, clock: Clock) {
    this.#timetable = timetable;
    this.#clock = clock;
  }

  current(): number | undefined {
    return rateAt(this.#timetable, minuteOfWeek(this.#clock.now()));
  }

  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const rate = this.current();
    if (rate === undefined) return;
    const { bucket, waitMs } = take(this.#bucket, bytes, rate, this.#clock.now());
    this.#bucket = bucket;
    if (waitMs > 0)
      await this.#clock.sleep(waitMs, signal).catch((error: unknown) => {
        this.giveBack(bytes);
        throw error;
      });
  }

  giveBack(bytes: number): void {
    const rate = this.current();
    if (rate !== undefined) this.#bucket = giveBack(this.#bucket, bytes, rate);
  }
}

/** Several limits that all hold; undefined for none. */
export function allOf(limits: readonly RateLimit[]): RateLimit | undefined {
  const [only, ...more] = limits;
  if (only === undefined || more.length === 0) return only;
  return {
    current: () => lowest(limits.map((limit) => limit.current())),
    take: async (bytes, signal) => void (await Promise.all(limits.map((one) => one.take(bytes, signal)))),
    giveBack: (bytes) => {
      for (const limit of limits) limit.giveBack(bytes);
    },
  };
}

function lowest(rates: readonly (number | undefined)[]): number | undefined {
  const known = rates.filter((rate) => rate !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

const LARGEST_PIECE = 65_536;
const SMALLEST_PIECE = 512;

/** Bytes that are passed on at once: a twentieth of a second, so that a new rate holds soon. */
export function pieceBytes(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return LARGEST_PIECE;
  return Math.max(SMALLEST_PIECE, Math.min(LARGEST_PIECE, Math.round(bytesPerSecond / 20)));
}

/** The same bytes, as fast as a limit lets them pass. */
export async function* paced(
  from: AsyncIterable<Buffer>,
  limit: RateLimit,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const chunk of from) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + pieceBytes(limit.current()));
      await limit.take(piece.length, signal);
      yield piece;
      at += piece.length;
    }
  }
}
