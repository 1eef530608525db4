import { z } from "zod";
import type { Outcome } from "../../../batch/events.ts";
import type { Names } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { findRow, Instant, leaveOut } from "../rows.ts";
import { RunId } from "../../runs/run.ts";
import { OUTCOMES } from "../../runs/run-of.ts";

/** What is known of a job between its runs. */
export interface JobRecord {
  readonly isPaused: boolean;
  readonly lastRun?: string;
  readonly lastOutcome?: Outcome;
  readonly lastEndedMs?: number;
  readonly lastGoodMs?: number;
  /** When a scheduler first saw it, with `staleAfter` in its file. */
  readonly knownSinceMs?: number;
  /** Until when its due times have been seen to. */
  readonly seenToMs?: number;
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
  lastGood: Instant.optional().catch(undefined),
  seenTo: Instant.optional().catch(undefined),
  resumed: Instant.optional().catch(undefined),
  gone: Instant.optional().catch(undefined),
});

export async function readJob(redis: RedisClient, names: Names, name: string): Promise<JobRecord> {
  const key = names.job(name);
  const found = await findRow(redis, key, redis.hgetall(key), {});
  const record = JobFields.parse(found);
  for (const field of Object.keys(record) as (keyof typeof record)[])
    if (record[field] === undefined && found[field] !== undefined)
      leaveOut(redis, `${key} ${field}`, "invalid value");
  const { paused, lastRun, lastOutcome, gone: goneMs, knownSince: knownSinceMs } = record;
  const { lastEnded: lastEndedMs, lastGood: lastGoodMs, seenTo: seenToMs, resumed: resumedMs } = record;
  return {
    isPaused: paused === "1",
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(lastOutcome === undefined ? {} : { lastOutcome }),
    ...(lastEndedMs === undefined ? {} : { lastEndedMs }),
    ...(lastGoodMs === undefined ? {} : { lastGoodMs }),
    ...(knownSinceMs === undefined ? {} : { knownSinceMs }),
    ...(seenToMs === undefined ? {} : { seenToMs }),
    ...(resumedMs === undefined ? {} : { resumedMs }),
    ...(goneMs === undefined ? {} : { goneMs }),
  };
}
