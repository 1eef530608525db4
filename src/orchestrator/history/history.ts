import { z } from "zod";
import type { RunOutcome } from "../../batch/events.ts";
import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { findRow, leaveOut, readRow } from "../kv/rows.ts";
import { RunId } from "../runs/run.ts";
import { OUTCOMES } from "../runs/run-of.ts";

/** A run of a job, as it is known when its record has been deleted. */
export interface HistoryEntry {
  readonly run: string;
  readonly outcome: RunOutcome;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** Undefined where it never began. */
  readonly startedMs?: number;
  readonly endedMs: number;
  readonly files: Readonly<Record<"copied" | "kept" | "deleted" | "skipped" | "failed", number>>;
  readonly bytes: Readonly<Record<"thirdParty" | "relayed" | "serverSide" | "resumed", number>>;
  /** Why it did not go well, or why most of its failed files failed. */
  readonly cause?: string;
}

/** All runs of a job that ended within one day. */
export interface HistoryDay {
  /** Midnight in UTC, milliseconds since 1970. */
  readonly atMs: number;
  readonly runs: number;
  readonly succeeded: number;
  readonly copied: number;
  readonly failed: number;
  /** Bytes moved. */
  readonly bytes: number;
  /** Of all its runs together. */
  readonly durationMs: number;
}

const DAY_MS = 86_400_000;
const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const Row = z
  .tuple([RunId, z.enum(OUTCOMES), amount, amount, amount])
  .rest(z.union([amount, z.string().max(1_000)]));
const Day = z.string().regex(/^\d{1,16}(,\d{1,16}){5}$/);

/** What is kept of runs for years: an entry each for the last ones of a job, and sums for each day. */
export class RunHistory {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** The last runs of a job, the latest first. */
  async runs(job: string, limit: number): Promise<readonly HistoryEntry[]> {
    return (await this.runsOfAll([job], limit)).get(job) ?? [];
  }

  /** The same of many jobs, asked for together. */
  async runsOfAll(
    jobs: readonly string[],
    limit: number,
  ): Promise<ReadonlyMap<string, readonly HistoryEntry[]>> {
    const pipeline = this.#redis.pipeline();
    for (const job of jobs) pipeline.lrange(this.#names.history(job), -limit, -1);
    const answers = (await pipeline.exec()) ?? [];
    const found = jobs.map(async (job, at) => {
      const [error, texts] = answers[at] ?? [null, []];
      const key = this.#names.history(job);
      const asked = error === null ? Promise.resolve(texts as readonly string[]) : Promise.reject(error);
      const entries = (await findRow(this.#redis, key, asked, [])).flatMap((text) => {
        const row = readRow(this.#redis, key, text, Row);
        return row === undefined ? [] : [entryOf(row)];
      });
      return [job, entries.reverse()] as const;
    });
    return new Map(await Promise.all(found));
  }

  /** Days on which runs of a job ended, the earliest first. @param sinceMs milliseconds since 1970 */
  async days(job: string, sinceMs: number): Promise<readonly HistoryDay[]> {
    const key = this.#names.days(job);
    const fields = Object.entries(await findRow(this.#redis, key, this.#redis.hgetall(key), {}));
    return fields
      .flatMap(([day, text]) => {
        const isRight = /^\d{1,7}$/.test(day) && Day.safeParse(text).success;
        if (!isRight) return leaveOut(this.#redis, `${key} ${day}`, "these are no sums of a day") ?? [];
        const [runs = 0, succeeded = 0, copied = 0, failed = 0, bytes = 0, durationMs = 0] = text
          .split(",")
          .map(Number);
        return [{ atMs: Number(day) * DAY_MS, runs, succeeded, copied, failed, bytes, durationMs }];
      })
      .filter(({ atMs }) => atMs + DAY_MS > sinceMs)
      .sort((one, two) => one.atMs - two.atMs);
  }
}

function entryOf([run, outcome, createdMs, startedMs, endedMs, ...rest]: z.infer<typeof Row>): HistoryEntry {
  const numbers = rest.filter((value) => typeof value === "number");
  const [copied = 0, kept = 0, deleted = 0, skipped = 0, failed = 0] = numbers;
  const [thirdParty = 0, relayed = 0, serverSide = 0, resumed = 0] = numbers.slice(5);
  const cause = rest.find((value) => typeof value === "string");
  return {
    run,
    outcome,
    createdMs,
    ...(startedMs === 0 ? {} : { startedMs }),
    endedMs,
    files: { copied, kept, deleted, skipped, failed },
    bytes: { thirdParty, relayed, serverSide, resumed },
    ...(cause === undefined ? {} : { cause }),
  };
}
