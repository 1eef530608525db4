import type { Logger } from "../shared/logger.ts";
import { messageOf } from "../shared/errors.ts";
import { reasonOf } from "../shared/system-error.ts";
import { redisWords } from "./kv/faults.ts";

/** Logs what goes wrong again and again once, and that it works again, instead of a line for each time. */
export class Complaints {
  readonly #log: Logger;
  /** What is wrong with what now. */
  readonly #complaints = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param what goes wrong, for the log */
  tell(what: string, error: unknown, fields: object = {}): void {
    const because = redisWords(error) ?? reasonOf(error);
    // The first word of an answer of Redis is its kind; what follows may differ from one command to the next.
    const kind = /^[A-Z]{2,}\b/.exec(messageOf(error))?.[0] ?? because;
    if (this.#complaints.get(what) === kind) return;
    this.#complaints.set(what, kind);
    this.#log.warn({ ...fields, because }, `${what}: failed; will retry`);
  }

  /** @param what has gone well */
  over(what: string): void {
    if (this.#complaints.delete(what)) this.#log.info({}, `${what}: works again`);
  }
}
