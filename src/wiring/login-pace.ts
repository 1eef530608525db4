import { accountKey, type HostSettings } from "../ftp/settings.ts";
import type { Clock } from "../shared/clock.ts";

const MINUTE_MS = 60_000;

/** Keeps this process's logins within what each host allows in a minute. */
export class LoginPace {
  readonly #clock: Clock;
  /** When the logins of the last minute were, by account. */
  readonly #logins = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits until one more login is allowed, and counts it. */
  async wait(host: HostSettings, signal: AbortSignal): Promise<void> {
    const most = host.limits.loginsPerMinute;
    if (most === undefined) return;
    for (;;) {
      const nowMs = this.#clock.now();
      const recent = (this.#logins.get(accountKey(host)) ?? []).filter((atMs) => atMs > nowMs - MINUTE_MS);
      this.#logins.set(accountKey(host), recent);
      const first = recent.at(-most);
      if (first === undefined) {
        recent.push(nowMs);
        return;
      }
      await this.#clock.sleep(first + MINUTE_MS - nowMs, signal);
    }
  }
}
