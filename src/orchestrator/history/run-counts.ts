import type { Names } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { LinkCounts } from "./links.ts";
import { MeasureCounts } from "./measures.ts";

/** While others of the run go on, what is counted is written so often at most. Milliseconds. */
const WRITE_MS = 1_000;

/** What one of several counts who count for the same run. */
export interface RunCounts {
  readonly links: LinkCounts;
  readonly measures: MeasureCounts;
  /** It counts nothing more. Of a run that nobody counts for any more all is written, or cannot be. */
  close(nowMs: number): Promise<void>;
}

/** What slices count that people look at, one for all slices of a run in this process. */
export class CountsByRun {
  readonly #redis: RedisClient;
  readonly #names: Names;
  readonly #open = new Map<string, Pick<RunCounts, "links" | "measures"> & { users: number; atMs: number }>();

  constructor(redis: RedisClient, names: Names) {
    this.#redis = redis;
    this.#names = names;
  }

  of(run: string): RunCounts {
    const links = new LinkCounts(this.#redis, this.#names);
    const measures = new MeasureCounts(this.#redis, this.#names);
    const shared = this.#open.get(run) ?? { links, measures, users: 0, atMs: 0 };
    this.#open.set(run, shared);
    shared.users += 1;
    return {
      links: shared.links,
      measures: shared.measures,
      close: async (nowMs) => {
        shared.users -= 1;
        if (shared.users === 0) this.#open.delete(run);
        else if (nowMs - shared.atMs < WRITE_MS) return;
        shared.atMs = nowMs;
        await shared.links.write(nowMs).catch(() => {});
        await shared.measures.write().catch(() => {});
      },
    };
  }
}
