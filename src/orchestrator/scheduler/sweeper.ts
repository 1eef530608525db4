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
/** Items that were put aside are looked up so many at a time. */
const PAGE = 500;

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
  /** Also at the start: the clock may have been set back while no scheduler ran. */
  #hasToPromote = true;
  #offset = 0;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    const { queues, retention, clock } = this.#deps;
    if (this.#setBack.since(clock.now())) this.#hasToPromote = true;
    if (this.#hasToPromote) {
      await promoteAll(queues.runs, signal);
      await promoteAll(queues.slices, signal);
      this.#hasToPromote = false;
    }
    await this.#requeue();
    await retention.forget(clock.now(), signal);
  }

  async #requeue(): Promise<void> {
    const { store, queues, clock } = this.#deps;
    const runs = await store.openFrom(this.#offset, MOST_RUNS);
    this.#offset = runs.length < MOST_RUNS ? 0 : this.#offset + MOST_RUNS;
    for (const { id, createdMs } of runs) {
      const ageMs = clock.now() - createdMs;
      // One that is still to come was made before the clock was set back: when is not known.
      if (ageMs >= 0 && ageMs < LEFT_MS) continue;
      const state = await queues.runs.getJobState(id);
      if (state === "unknown") {
        const run = await store.get(id);
        if (run !== undefined && run.state !== "ended") await enqueue(queues, run);
      }
      if (state === "completed" || state === "failed") await (await queues.runs.getJob(id))?.retry(state);
    }
  }
}

/** What was put aside by the clock before looks by itself whether its time has come, and is put aside again. */
async function promoteAll(queue: Queues["runs" | "slices"], signal?: AbortSignal): Promise<void> {
  const ids: string[] = [];
  // The last ones first: those that come and go meanwhile are the next ones, and move no others.
  for (let isMore = true; isMore; ) {
    const found = await queue.getRanges(["delayed"], ids.length, ids.length + PAGE - 1, false);
    ids.push(...found);
    isMore = found.length === PAGE;
  }
  for (const id of ids) {
    signal?.throwIfAborted();
    const item = await queue.getJob(id);
    await item?.promote().catch(async (error: unknown) => {
      // One that was taken meanwhile waits no more.
      if (await item.isDelayed()) throw error;
    });
  }
}
