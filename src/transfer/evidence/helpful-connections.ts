import { z } from "zod";
import type { Clock } from "../../shared/clock.ts";
import { type Evidence, stillCounts } from "./evidence.ts";

/** How long it counts how many connections helped, in milliseconds: by then a server's limits, or the way to it, may be others. */
const COUNTS_FOR_MS = 24 * 3_600_000;

/** How the bytes of a file went: from server to server, or through this process. */
export type HelpedWay = "direct" | "relayed";

const Gain = z.object({
  /** How many connections helped one file: 1, where no other one did. */
  connections: z.int().min(1),
  /** Whether one more was seen to add nothing, or no more are tried. */
  isMost: z.boolean(),
  /** What one connection moved. */
  aloneBytesPerSecond: z.number(),
  /** Milliseconds since 1970. */
  atMs: z.number(),
});
export type Gain = z.infer<typeof Gain>;

/** By the way of the bytes; what cannot be read is forgotten. */
export const Gains = z.record(z.string(), Gain).catch({});
type Gains = z.infer<typeof Gains>;

const WAYS: Readonly<Record<string, string>> = {
  direct: "segments, third-party",
  relayed: "segments, through this machine",
};

/** What is remembered of it, as evidence. */
export function evidenceOfGains(gains: Gains): readonly (Evidence & { atMs: number; untilMs: number })[] {
  return Object.entries(gains).map(([way, { connections, isMost, atMs }]) => ({
    about: WAYS[way] ?? way,
    is: connections === 1 ? "no gain" : `${connections} connections`,
    because: isMost && connections > 1 ? "one more added nothing" : null,
    atMs,
    untilMs: atMs + COUNTS_FOR_MS,
  }));
}

/** How many connections helped one large file between two hosts, or between a host and this machine. */
export class HelpfulConnections {
  readonly #clock: Clock;
  readonly #changed: () => void;
  #gains: Gains;

  /** @param changed called when there is something else to be remembered */
  constructor(known: Gains, clock: Clock, changed: () => void) {
    [this.#gains, this.#clock, this.#changed] = [known, clock, changed];
  }

  get known(): Gains {
    return this.#gains;
  }

  /** Undefined where nothing is known, or it was too long ago. */
  of(way: HelpedWay): Gain | undefined {
    const gain = this.#gains[way];
    return gain && stillCounts(gain.atMs, COUNTS_FOR_MS, this.#clock.now()) ? gain : undefined;
  }

  saw(way: HelpedWay, gain: Omit<Gain, "atMs">): void {
    this.#gains = { ...this.#gains, [way]: { ...gain, atMs: this.#clock.now() } };
    this.#changed();
  }

  /** It was seen to be otherwise now. */
  forget(way: HelpedWay): void {
    const { [way]: _, ...others } = this.#gains;
    this.#gains = others;
    this.#changed();
  }
}
