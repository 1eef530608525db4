import type { Role } from "../role.ts";
import type { Ends } from "../move/relay.ts";
import type { TransferPolicy } from "../policy.ts";
import type { FileFacts } from "../sides/side.ts";

/** Questions about a file that are written behind its transfer commands, and their answers. */
export class EarlyFacts {
  readonly #ends: Ends;
  readonly #policy: TransferPolicy;
  readonly #signal: AbortSignal;
  #answers: Partial<Record<Role, Promise<FileFacts | undefined>>> = {};

  /** @param ends the source and the temporary file */
  constructor(ends: Ends, policy: TransferPolicy, signal: AbortSignal) {
    this.#ends = ends;
    this.#policy = policy;
    this.#signal = signal;
  }

  /** Asks one side, where the file is to be verified. */
  ask(role: Role): void {
    const { verify, preserveTimes } = this.#policy;
    if (verify !== "off")
      this.#answers[role] = glanceAt(this.#ends, role, preserveTimes, () => {}, this.#signal);
  }

  /** What was asked until now is not about what moves next. */
  forget(): void {
    this.#answers = {};
  }

  /** Undefined where that side was not asked; a promise of undefined where its answer is no good. */
  answer(role: Role): Promise<FileFacts | undefined> | undefined {
    return this.#answers[role];
  }
}

/**
 * Asks one side; undefined for an answer that is no good.
 * @param setsTime whether the target is given the source's time
 * @param written called when the question is on its way
 */
export function glanceAt(
  ends: Ends,
  role: Role,
  setsTime: boolean,
  written: () => void,
  signal: AbortSignal,
): Promise<FileFacts | undefined> {
  const { side, path } = ends[role];
  // The time that the target has by itself is of no use where it gets another.
  const isTimed = role === "source" || !setsTime;
  return side.glance(path, isTimed, written, signal).catch(() => undefined);
}
