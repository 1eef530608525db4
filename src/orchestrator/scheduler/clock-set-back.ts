/** Notices that the clock was set back: what is put off until an instant by the clock before would wait for that long. */
export class ClockSetBack {
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @returns whether it was set back since this was last asked */
  since(nowMs: number): boolean {
    const isBack = nowMs < this.#lastMs;
    this.#lastMs = nowMs;
    return isBack;
  }
}
