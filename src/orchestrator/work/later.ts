/** A queue item that is to come again, since nothing can be done for it now. It spends no attempt. */
export class Later extends Error {
  override readonly name = "Later";
  /** Milliseconds from now; 0: as soon as somebody has time. */
  readonly afterMs: number;
  /** Its place in the queue from now on; absent: the same. */
  readonly turn: number | undefined;

  constructor(because: string, afterMs: number, turn?: number) {
    super(because);
    this.afterMs = afterMs;
    this.turn = turn;
  }
}
