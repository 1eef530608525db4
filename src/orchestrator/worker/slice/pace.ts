import type { CopyEvent } from "../../../batch/events.ts";

/** A lane that has not moved so many bytes in so many milliseconds, nor ended a file, is slow. */
const SLOW_BYTES = 327_680;
const SLOW_MS = 5_000;

/** How a lane gets on: whether it holds its place for next to nothing. */
export class Pace {
  /** Bytes of the file in flight, as far as that is seen. */
  #bytes = 0;
  #mark: { readonly atMs: number; readonly bytes: number };

  constructor(nowMs: number) {
    this.#mark = { atMs: nowMs, bytes: 0 };
  }

  note(event: CopyEvent, nowMs: number): void {
    if (event.event === "progress") this.#bytes = event.bytes;
    else if (event.event === "start" || event.event === "transfer") this.restart(nowMs);
  }

  /** Counts from now on: it has begun or ended something, or waits for others. */
  restart(nowMs: number): void {
    this.#bytes = 0;
    this.#mark = { atMs: nowMs, bytes: 0 };
  }

  isSlow(nowMs: number): boolean {
    if (this.#bytes - this.#mark.bytes >= SLOW_BYTES) this.#mark = { atMs: nowMs, bytes: this.#bytes };
    return nowMs - this.#mark.atMs >= SLOW_MS;
  }
}
