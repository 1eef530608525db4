import { AppError } from "../../shared/errors.ts";

/** What comparing one path with all patterns may cost, in steps of ten nanoseconds or so: some 10 ms in all. */
const MOST_FOR_PATH = 1_000_000;
/** Steps after which others get their turn. */
const TURN = 250_000;

/** A path cannot be compared with the patterns in the time that one path may take. */
export class EffortError extends AppError {
  readonly code = "effort";
  readonly retry = "never";

  constructor() {
    super("matching its name against the rules and patterns takes too long; simplify them");
  }
}

/** Counts the steps that patterns take, so that neither one path nor many in a row hold up everything else. */
export class Effort {
  #left = MOST_FOR_PATH;
  #sinceTurn = 0;

  /** Another path comes. */
  begin(): void {
    this.#sinceTurn += MOST_FOR_PATH - this.#left;
    this.#left = MOST_FOR_PATH;
  }

  /** @throws EffortError when the path has had its share */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new EffortError();
  }

  /** Whether so much was done since the last time this was true that others should have their turn. */
  get isDue(): boolean {
    const spent = this.#sinceTurn + MOST_FOR_PATH - this.#left;
    if (spent < TURN) return false;
    this.#sinceTurn = this.#left - MOST_FOR_PATH;
    return true;
  }
}
