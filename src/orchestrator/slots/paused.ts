import { z } from "zod";

/** Where it is published that a host is paused, or goes on: its key, and for how long from now, in milliseconds. */
export function pausedChannel(prefix: string): string {
  return `${prefix}:slots:paused`;
}

export const PausedMessage = z.tuple([z.string(), z.number()]);

/** Which hosts are paused, as far as messages say so. */
export class PausedHosts {
  readonly #elapsedMs: () => number;
  readonly #untilMs = new Map<string, number>();

  /** @param elapsedMs milliseconds from any instant on */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** @param forMs 0: it goes on */
  note(host: string, forMs: number): void {
    if (forMs > 0) this.#untilMs.set(host, this.#elapsedMs() + forMs);
    else this.#untilMs.delete(host);
  }

  isPaused(host: string): boolean {
    const isOver = this.#elapsedMs() >= (this.#untilMs.get(host) ?? 0);
    if (isOver) this.#untilMs.delete(host);
    return !isOver;
  }
}
