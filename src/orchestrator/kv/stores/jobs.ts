import { z } from "zod";
import type { RunOutcome } from "../../../batch/events.ts";
import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { findRow, Instant, leaveOut } from "../rows.ts";
import { RunId } from "../../runs/run.ts";
import { OUTCOMES } from "../../runs/run-of.ts";

/** What is known of a job between its runs. */
export interface JobRecord {
  readonly isPaused: boolean;
  readonly lastRun?: string;
  readonly lastOutcome?: RunOutcome;
  readonly lastEndedMs?: number;
  readonly lastGoodMs?: number;
  /** When a scheduler first saw it, with `staleAfter` in its file. */
  readonly knownSinceMs?: number;
  /** When a job that had no `staleAfter` for a while, or no file, had it again. */
  readonly knownAgainMs?: number;
  /** Until when its due times have been handled. */
  readonly handledToMs?: number;
  /** When its schedule was last let go on. */
  readonly resumedMs?: number;
  /** Since when it has no schedule, where it had one. */
  readonly goneMs?: number;
}

/** The fields of a job's hash; one that is not what it should be is as if it were not there. */
const JobFields = z.object({
  paused: z.string().optional().catch(undefined),
  lastRun: RunId.optional().catch(undefined),
  lastOutcome: z.enum(OUTCOMES).optional().catch(undefined),
  lastEnded: Instant.optional().catch(undefined),
  knownSince: Instant.optional().catch(undefined),
  knownAgain: Instant.optional().catch(undefined),
  lastGood: Instant.optional().catch(undefined),
  seenTo: Instant.optional().catch(undefined),
  resumed: Instant.optional().catch(undefined),
  gone: Instant.optional().catch(undefined),
});

/** What is known of jobs between their runs, in Redis. */
export class JobStore {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** The record of a job; of one that nobody has seen yet, too. */
  async get(name: string): Promise<JobRecord> {
    const key = this.#names.job(name);
    const found = await findRow(this.#redis, key, this.#redis.hgetall(key), {});
    const fields = JobFields.parse(found);
    for (const field of Object.keys(fields) as (keyof typeof fields)[])
      if (fields[field] === undefined && found[field] !== undefined)
        leaveOut(this.#redis, `${key} ${field}`, "invalid value");
    return recordOf(fields);
  }

  /** A job has lost its schedule. */
  async noteGone(name: string, nowMs: number): Promise<void> {
    await this.#redis.hset(this.#names.job(name), { gone: nowMs });
  }

  /** Its schedule is there again, or another one: what was due before is nothing that it has missed. */
  async noteBack(name: string, nowMs: number): Promise<void> {
    const key = this.#names.job(name);
    await this.#redis.multi().hdel(key, "gone").hset(key, { resumed: nowMs }).exec();
  }

  async pause(name: string, isPaused: boolean, nowMs: number): Promise<void> {
    const since = isPaused ? {} : { resumed: nowMs };
    await this.#redis.hset(this.#names.job(name), { paused: isPaused ? 1 : 0, ...since });
  }
}

function recordOf(record: z.infer<typeof JobFields>): JobRecord {
  const {
    paused,
    lastRun,
    lastOutcome,
    gone: goneMs,
    knownSince: knownSinceMs,
    knownAgain: knownAgainMs,
  } = record;
  const { lastEnded: lastEndedMs, lastGood: lastGoodMs, seenTo: handledToMs, resumed: resumedMs } = record;
  return {
    isPaused: paused === "1",
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(lastOutcome === undefined ? {} : { lastOutcome }),
    ...(lastEndedMs === undefined ? {} : { lastEndedMs }),
    ...(lastGoodMs === undefined ? {} : { lastGoodMs }),
    ...(knownSinceMs === undefined ? {} : { knownSinceMs }),
    ...(knownAgainMs === undefined ? {} : { knownAgainMs }),
    ...(handledToMs === undefined ? {} : { handledToMs }),
    ...(resumedMs === undefined ? {} : { resumedMs }),
    ...(goneMs === undefined ? {} : { goneMs }),
  };
}
