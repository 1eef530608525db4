import type { Journal } from "../../../batch/journal.ts";
import type { Clock } from "../../../shared/clock.ts";
import { LinkCounts } from "../../history/links.ts";
import type { RedisClient } from "../client.ts";
import { MeasureCounts } from "../../history/measures.ts";
import type { Names } from "../names.ts";
import { leaveOut } from "../rows.ts";
import { DueTimes } from "./due-times.ts";
import { InFlight } from "./in-flight.ts";
import { redisWritten } from "./memory.ts";
import { Outbox } from "./outbox.ts";
import { runJournal } from "./run-journal.ts";
import type { RunStore } from "./runs.ts";
import { Skips } from "./skips.ts";
import { SliceStore } from "./slices.ts";
import { StoredFiles } from "./stored-files.ts";
import { Watches } from "./watches.ts";

/** All that is kept of an installation beside its runs, by what it is; the one way to it for who works or schedules. */
export class Stores {
  readonly slices: SliceStore;
  readonly skips: Skips;
  readonly dueTimes: DueTimes;
  readonly watches: Watches;
  readonly outbox: Outbox;
  readonly #redis: RedisClient;
  readonly #names: Names;

  constructor(redis: RedisClient, names: Names, runs: RunStore) {
    this.#redis = redis;
    this.#names = names;
    this.slices = new SliceStore(redis, names);
    this.skips = new Skips(redis, names);
    this.dueTimes = new DueTimes(redis, names, runs);
    this.watches = new Watches(redis, names, runs);
    this.outbox = new Outbox(redis, names);
  }

  /** The files that a run has stored. */
  storedFiles(run: string): StoredFiles {
    return new StoredFiles(this.#redis, this.#names, run);
  }

  /** What a slice of a run copies now; it is to be disposed of. */
  inFlight(run: string, clock: Clock): InFlight {
    return new InFlight(this.#redis, this.#names, run, clock);
  }

  /** What was finished of a copy at these targets. */
  journal(run: string, targets: readonly string[]): Promise<Journal> {
    return runJournal(this.#redis, this.#names, run, targets);
  }

  /** What a job has written to a target that keeps no times. @param key the job, and the target where it has many */
  written(key: string): ReturnType<typeof redisWritten> {
    return redisWritten(this.#redis, this.#names, key);
  }

  /** Counts what goes over links, until it is written down. */
  linkCounts(): LinkCounts {
    return new LinkCounts(this.#redis, this.#names);
  }

  /** Counts durations, failures and replies, until they are written down. */
  measureCounts(): MeasureCounts {
    return new MeasureCounts(this.#redis, this.#names);
  }

  /** Leaves out what stands in Redis and is not what it should be, with one warning. @param row what leads to it */
  leaveOut(row: string, because: string): undefined {
    return leaveOut(this.#redis, row, because);
  }
}
