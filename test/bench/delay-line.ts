/** How much too early a delivery may be: timers count whole milliseconds. */
const TOLERANCE_MS = 0.5;

/** One direction of one connection: what goes in comes out in the same order, a fixed time later. */
export class DelayLine {
  readonly #delayMs: number;
  #waiting: { readonly dueMs: number; readonly deliver: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Nothing is serialised: what is pushed at once is due at once, however much it is. */
  push(deliver: () => void, delayMs = this.#delayMs): void {
    this.#waiting.push({ dueMs: performance.now() + delayMs, deliver });
    if (this.#timer === undefined) this.#deliverDue();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #deliverDue(): void {
    this.#timer = undefined;
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      const waitMs = first.dueMs - performance.now();
      if (waitMs > TOLERANCE_MS) {
        this.#timer = setTimeout(() => this.#deliverDue(), waitMs);
        return;
      }
      this.#waiting.shift();
      first.deliver();
    }
  }
}
