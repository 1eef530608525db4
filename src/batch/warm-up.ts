import type { Clock } from "../shared/clock.ts";
import { isCrowded } from "./connected.ts";
import type { Lent, Place, Pool } from "./pool.ts";

/** How long the next login waits for one that goes on. */
export const STAGGER_MS = 25;

/**
 * Logs in what lanes will need while it is still found out what they are to do: connections that are free, one
 * after the other. At the end they are given back, in whatever state they are. What fails here fails again, and is
 * told, where it is needed.
 */
export class WarmUp implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #held = new Set<Lent>();
  #isOver = false;

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * To be called when somebody was let in there; where logins are counted, none is spent on what may not be needed.
   * @param connections at most so many
   */
  async open(place: Place, connections: number, signal: AbortSignal): Promise<void> {
    if (place.loginsPerMinute !== undefined) return;
    for (let count = 0; count < connections && !this.#isOver && !signal.aborted; count += 1) {
      const lent = this.#pool.spare(place);
      if (lent === undefined) return;
      this.#held.add(lent);
      lent.side.ready(signal).catch((error: unknown) => this.#refused(lent, place, error));
      await this.#clock.sleep(STAGGER_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#held].map((lent) => this.#giveBack(lent)));
  }

  /** A host that lets nobody more in is not asked for so many again. */
  async #refused(lent: Lent, place: Place, error: unknown): Promise<void> {
    if (!this.#held.has(lent)) return;
    this.#isOver = true;
    if (isCrowded(error)) this.#pool.shrink(place, 1);
    await this.#giveBack(lent);
  }

  async #giveBack(lent: Lent): Promise<void> {
    this.#held.delete(lent);
    await lent[Symbol.asyncDispose]();
  }
}
