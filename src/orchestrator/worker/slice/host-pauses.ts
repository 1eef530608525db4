import type { WorkerDeps } from "../../deps.ts";
import { Later } from "../queue/later.ts";

/** A moment more than a pause lasts, so that it is over for whoever comes back. */
const AFTER_MS = 100;

/** Puts a slice aside while a host that it needs is paused. */
export class HostPauses {
  readonly #deps: Pick<WorkerDeps, "breaker" | "clock">;
  #awaited: readonly string[] | undefined;

  constructor(deps: Pick<WorkerDeps, "breaker" | "clock">) {
    this.#deps = deps;
  }

  /** @throws Later while one of these hosts is paused */
  async requireNone(hosts: readonly string[]): Promise<void> {
    const { breaker, clock } = this.#deps;
    const pause = await breaker.waitFor(hosts, clock.now());
    if (pause !== undefined) throw this.later(hosts, pause);
  }

  /** What a slice ends with that waits for these hosts. */
  later(hosts: readonly string[], { because, untilMs }: { because: string; untilMs: number }): Later {
    this.#awaited = hosts;
    return new Later(because, untilMs - this.#deps.clock.now() + AFTER_MS);
  }

  /** Whether a host that it was put aside for has been released since. */
  async wasReleased(): Promise<boolean> {
    const { breaker, clock } = this.#deps;
    if (this.#awaited === undefined) return false;
    return (await breaker.waitFor(this.#awaited, clock.now())) === undefined;
  }
}
