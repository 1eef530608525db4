import type { Clock } from "../shared/clock.ts";
import { isCancellation } from "../shared/errors.ts";
import { retryOfError } from "./errors.ts";
import { pauseBefore, type RetryPolicy } from "./retry.ts";

/** What a retrier needs of the world. */
interface RetryDeps {
  readonly clock: Clock;
  /** From 0 to less than 1. */
  readonly chance: () => number;
}

/** What one who retries wants to say about it. */
interface RetryHooks {
  /** Asked when an attempt has failed; absent: whatever is worth it is tried again. */
  readonly mayRetry?: (error: unknown) => boolean;
  /** Told before the pause. */
  readonly onRetry?: (error: unknown, pauseMs: number) => void;
}

/** Tries again, after a pause, what failed for a reason that may pass; files, listings and logins by one policy. */
export class Retrier {
  readonly #policy: RetryPolicy;
  readonly #deps: RetryDeps;

  constructor(policy: RetryPolicy, deps: RetryDeps) {
    this.#policy = policy;
    this.#deps = deps;
  }

  /**
   * @param attempt is called again until it succeeds or there is no hope; it gives back what it borrowed when it
   * fails, since others may need that during the pause
   * @throws what the last attempt threw
   */
  async run<T>(attempt: () => Promise<T>, signal: AbortSignal, hooks: RetryHooks = {}): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (signal.aborted || isCancellation(error) || hooks.mayRetry?.(error) === false) throw error;
        const pauseMs = pauseBefore(retryOfError(error), tries, this.#policy, this.#deps.chance());
        if (pauseMs === undefined) throw error;
        hooks.onRetry?.(error, pauseMs);
        await this.#deps.clock.sleep(pauseMs, signal);
      }
    }
  }
}
