/**
 * Something that several wait for until it changes, such as room in a queue. Whoever waits looks again at what it
 * waits for, since another one may have been faster.
 */
export class Condition {
  readonly #waiting = new Set<() => void>();

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Wakes all who wait now. */
  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /**
   * Waits until the next {@link notify}.
   * @throws the signal's reason
   */
  changed(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        this.#waiting.delete(wake);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted === true) return abort();
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(wake);
    });
  }
}
