import { z } from "zod";
import { type HostLink, linkDigest } from "./links.ts";
import type { RedisClient } from "../kv/client.ts";
import type { KeyNames } from "../kv/names.ts";
import { findRow, Instant, readRow } from "../kv/rows.ts";
import { redisTimeMs } from "../kv/time.ts";

/** How long the last examination of two hosts is kept. */
const KEPT_SECONDS = 35 * 86_400;

/** How often one that goes on is to be written down anew, so that it is known to go on. Milliseconds. */
export const EXAMINATION_BEAT_MS = 5_000;
/** From then on one that has not been written down again is lost. */
const LOST_MS = 4 * EXAMINATION_BEAT_MS;

const Tried = z.object({
  method: z.string(),
  outcome: z.enum(["works", "refused", "failed", "not-tried"]),
  because: z.string().optional(),
  seconds: z.number().nonnegative().optional(),
});

/** How far the examination of two hosts has come, or what it has found. */
const Row = z.object({
  source: z.string(),
  target: z.string(),
  /** Who asked for it. */
  by: z.string(),
  startedMs: Instant,
  /** When it was last known to go on, or ended. */
  seenMs: Instant,
  /** Server software of the source and the target, once they are known. */
  software: z.tuple([z.string(), z.string()]).optional(),
  tried: z.array(Tried),
  /** Absent while it goes on. */
  verdict: z
    .object({
      outcome: z.enum(["succeeded", "failed", "cancelled"]),
      works: z.array(z.string()),
      advice: z.array(z.string()),
      left: z.array(z.string()),
      because: z.string().optional(),
    })
    .optional(),
});
export type LinkExamination = z.infer<typeof Row>;
/** As whoever examines it reports it: its times are Redis' own, since the clocks of two machines may differ. */
type Reported = Omit<LinkExamination, "startedMs" | "seenMs"> & Partial<Pick<LinkExamination, "startedMs">>;
/** As it is found: whether whoever examined is gone. */
export type FoundExamination = LinkExamination & { readonly isLost: boolean };

/** What was last found out about the ways between two hosts, for each pair of them. */
export class Examinations {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** @returns what is written, with its times; one without a beginning begins now */
  async write(reported: Reported): Promise<LinkExamination> {
    const seenMs = await redisTimeMs(this.#redis);
    const examination = { ...reported, startedMs: reported.startedMs ?? seenMs, seenMs };
    const digest = linkDigest(examination);
    const { examined } = this.#names;
    const row = this.#names.examination(digest);
    await this.#redis.set(row, JSON.stringify(examination), "EX", KEPT_SECONDS);
    await this.#redis.zadd(examined, seenMs, digest);
    await this.#redis.zremrangebyscore(examined, 0, seenMs - KEPT_SECONDS * 1_000);
    return examination;
  }

  /** Those that went on or ended within the last so many milliseconds. */
  async lately(forMs: number): Promise<readonly FoundExamination[]> {
    const { examined } = this.#names;
    const nowMs = await redisTimeMs(this.#redis);
    const digests = await findRow(
      this.#redis,
      examined,
      this.#redis.zrangebyscore(examined, nowMs - forMs, "+inf"),
      [],
    );
    if (digests.length === 0) return [];
    const rows = digests.map((digest) => this.#names.examination(digest));
    const texts = await Promise.all(rows.map((row) => findRow(this.#redis, row, this.#redis.get(row), null)));
    return texts.flatMap((text, at) =>
      text === null ? [] : (this.#found(rows[at] ?? "", text, nowMs) ?? []),
    );
  }

  async of(link: HostLink): Promise<FoundExamination | undefined> {
    const row = this.#names.examination(linkDigest(link));
    const text = await findRow(this.#redis, row, this.#redis.get(row), null);
    return text === null ? undefined : this.#found(row, text, await redisTimeMs(this.#redis));
  }

  #found(row: string, text: string, nowMs: number): FoundExamination | undefined {
    const found = readRow(this.#redis, row, text, Row);
    if (found === undefined) return undefined;
    return { ...found, isLost: found.verdict === undefined && nowMs - found.seenMs > LOST_MS };
  }
}
