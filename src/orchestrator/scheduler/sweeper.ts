import type { Clock } from "../../shared/clock.ts";
import type { RunRetention } from "../kv/stores/retention.ts";
import type { RunStore } from "../kv/stores/runs.ts";
import type { Queues } from "../worker/queue/queues.ts";
import { ClockSetBack } from "./clock-set-back.ts";
import { enqueue } from "../runs/dispatch.ts";

/** A run that waits for so long without being in the queue was left behind by a crash. */
const LEFT_MS = 5_000;
/** Runs that are looked at in one sweep; further ones have their turn in the next, so that thousands cost no more. */
const MOST_RUNS = 100;

interface SweeperDeps {
  readonly store: RunStore;
  readonly queues: Queues;
  readonly retention: RunRetention;
  readonly clock: Clock;
}

/** Puts runs back into the queue that were left behind, and forgets old ones. */
export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #setBack = new ClockSetBack();
  #offset = 0;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    const { retention, clock } = this.#deps;
    if (this.#setBack.since(clock.now())) await this.#promoteAll();
    await this.#requeue();
    await retention.forget(clock.now(), signal);
  }

  /** What was put aside by the clock before looks by itself whether its time has come, and is put aside again. */
  async #promoteAll(): Promise<void> {
    const { runs, slices } = this.#deps.queues;
    for (const item of [...(await runs.getDelayed()), ...(await slices.getDelayed())])
      await item.promote().catch(() => {});
  }

  async #requeue(): Promise<void> {
    const { store, queues, clock } = this.#deps;
    const runs = await store.openFrom(this.#offset, MOST_RUNS);
    this.#offset = runs.length < MOST_RUNS ? 0 : this.#offset + MOST_RUNS;
    for (const { id, createdMs } of runs) {
      if (clock.now() - createdMs < LEFT_MS) continue;
      const state = await queues.runs.getJobState(id);
      if (state === "unknown") {
        const run = await store.get(id);
        if (run !== undefined && run.state !== "ended") await enqueue(queues, run);
      }
      if (state === "completed" || state === "failed") await (await queues.runs.getJob(id))?.retry(state);
    }
  }
}
