import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import type { Clock } from "../../shared/clock.ts";
import { LinkCounts } from "./links.ts";
import { MeasureCounts } from "./measures.ts";

/** What is counted is written so often: a worker that is killed takes no more away with it. Milliseconds. */
const WRITE_MS = 5_000;

/** What one of several counts who count for the same run. */
export interface RunCounts {
  readonly links: LinkCounts;
  readonly measures: MeasureCounts;
  /** It counts nothing more. Of a run that nobody counts for any more all is written, or cannot be. */
  close(): Promise<void>;
}

interface SharedCounts extends Pick<RunCounts, "links" | "measures"> {
  /** How many count for the run. */
  users: number;
  timer?: NodeJS.Timeout;
}

/** What slices count that people look at, one for all slices of a run in this process. */
export class CountsByRun {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #open = new Map<string, SharedCounts>();

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  of(run: string, clock: Clock): RunCounts {
    const shared = this.#open.get(run) ?? this.#begin(run);
    shared.users += 1;
    const write = async () => {
      await shared.links.write(clock.now()).catch(() => {});
      await shared.measures.write().catch(() => {});
    };
    shared.timer ??= setInterval(() => void write(), WRITE_MS).unref();
    return {
      links: shared.links,
      measures: shared.measures,
      close: async () => {
        shared.users -= 1;
        if (shared.users > 0) return;
        this.#open.delete(run);
        clearInterval(shared.timer);
        await write();
      },
    };
  }

  #begin(run: string): SharedCounts {
    const links = new LinkCounts(this.#redis, this.#names);
    const measures = new MeasureCounts(this.#redis, this.#names);
    const shared = { links, measures, users: 0 };
    this.#open.set(run, shared);
    return shared;
  }
}
