import { PairChoice } from "./move/third-party/diagnose/choice.ts";

/** The right to move bytes on a lane; given back when they have moved. */
export interface DataTurn {
  /** How the lane's two servers can move files between them. */
  readonly choice: PairChoice;
  /**
   * Waits until all is written that has to be said of earlier files; for a long file also until nothing more will
   * be, since it would have to wait for that one's end. From now on bytes move.
   */
  begin(isLong: boolean): Promise<void>;
  /** Harmless when it was given back already. */
  end(): void;
}

/** What is said of a file after its last byte, question by question, while other files move. */
export interface ControlTurn {
  /** Waits until no bytes move and nobody else speaks; so it is until {@link yield}. */
  begin(): Promise<void>;
  /** What could be said now is written; what follows depends on the answer. */
  yield(): void;
  /** Says something more and waits for what comes of it. The lane cannot be taken for that: who has it may wait for us. */
  speak<T>(act: () => Promise<T>): Promise<T>;
  /** Nothing more will be said. */
  end(): void;
}

/**
 * Two connected sides that carry one file after the other. One file's bytes move at a time; what is said of a
 * file after its last byte is written in the gaps between the next ones, so that it costs no turn-around of its
 * own: commands in the middle of a transfer are more than some servers can take. In a pause one file's commands come
 * after the other's: RNFR and RNTO must not change places.
 */
export class Lane {
  /** Whether somebody has the turn, and who comes next. */
  #isTaken = false;
  readonly #queue: (() => void)[] = [];
  readonly #choice = new PairChoice();
  #isMoving = false;
  /** The files of which something more will be said, those that wait for a pause or have it, and the one that has it. */
  readonly #open = new Set<ControlTurn>();
  readonly #eager = new Set<ControlTurn>();
  #speaker: ControlTurn | undefined;
  #waiting: (() => void)[] = [];

  /** Waits until no other file's bytes move. */
  take(): Promise<DataTurn> {
    if (this.#isTaken) return new Promise((resolve) => this.#queue.push(() => resolve(this.#taken())));
    this.#isTaken = true;
    return Promise.resolve(this.#taken());
  }

  #taken(): DataTurn {
    let hasEnded = false;
    return {
      choice: this.#choice,
      begin: (isLong) => this.#begin(isLong),
      end: () => {
        if (hasEnded) return;
        hasEnded = true;
        this.#stop();
        const pass = this.#queue.shift();
        if (pass === undefined) this.#isTaken = false;
        else pass();
      },
    };
  }

  /** Does something while no bytes move and nobody speaks; nothing for a file that has a {@link ControlTurn}. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    const turn = await this.take();
    try {
      await turn.begin(false);
      return await act();
    } finally {
      turn.end();
    }
  }

  /** To be called before the turn of a file ends of which more is to be said; no other begins before it is heard. */
  controlTurn(): ControlTurn {
    const controlTurn: ControlTurn = {
      begin: async () => {
        this.#eager.add(controlTurn);
        while (this.#isMoving || (this.#speaker ?? controlTurn) !== controlTurn) await this.#change();
        this.#speaker = controlTurn;
      },
      yield: () => {
        this.#eager.delete(controlTurn);
        if (this.#speaker === controlTurn) this.#speaker = undefined;
        this.#wake();
      },
      speak: async (act) => {
        await controlTurn.begin();
        try {
          return await act();
        } finally {
          controlTurn.yield();
        }
      },
      end: () => {
        this.#open.delete(controlTurn);
        controlTurn.yield();
      },
    };
    this.#open.add(controlTurn);
    this.#eager.add(controlTurn);
    return controlTurn;
  }

  async #begin(isLong: boolean): Promise<void> {
    // An attempt before this one has come to nothing.
    this.#stop();
    while (this.#eager.size > 0 || (isLong && this.#open.size > 0)) await this.#change();
    this.#isMoving = true;
  }

  #stop(): void {
    this.#isMoving = false;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
