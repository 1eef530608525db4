import { createHash } from "node:crypto";
import { z } from "zod";
import type { Link } from "./links.ts";
import type { RedisClient } from "../kv/client.ts";
import type { Names } from "../kv/names.ts";
import { findRow, Instant, readRow } from "../kv/rows.ts";

/** How long the last examination of two hosts is kept. */
const KEPT_SECONDS = 35 * 86_400;

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

/** What was last found out about the ways between two hosts, for each pair of them. */
export class Examinations {
  readonly #redis: RedisClient;
  readonly #names: Names;

  constructor(redis: RedisClient, names: Names) {
    this.#redis = redis;
    this.#names = names;
  }

  async write(examination: LinkExamination): Promise<void> {
    const { seenMs } = examination;
    const digest = digestOf(examination);
    const { examined } = this.#names;
    const row = this.#names.examination(digest);
    await this.#redis.set(row, JSON.stringify(examination), "EX", KEPT_SECONDS);
    await this.#redis.zadd(examined, seenMs, digest);
    await this.#redis.zremrangebyscore(examined, 0, seenMs - KEPT_SECONDS * 1_000);
  }

  /** Those that went on or ended since then. */
  async since(fromMs: number): Promise<readonly LinkExamination[]> {
    const { examined } = this.#names;
    const digests = await findRow(
      this.#redis,
      examined,
      this.#redis.zrangebyscore(examined, fromMs, "+inf"),
      [],
    );
    if (digests.length === 0) return [];
    const rows = digests.map((digest) => this.#names.examination(digest));
    const texts = await Promise.all(rows.map((row) => findRow(this.#redis, row, this.#redis.get(row), null)));
    return texts.flatMap((text, at) =>
      text === null ? [] : (readRow(this.#redis, rows[at] ?? "", text, Row) ?? []),
    );
  }

  async of(link: Link): Promise<LinkExamination | undefined> {
    const row = this.#names.examination(digestOf(link));
    const text = await findRow(this.#redis, row, this.#redis.get(row), null);
    return text === null ? undefined : readRow(this.#redis, row, text, Row);
  }
}

function digestOf({ source, target }: Link): string {
  const digest = createHash("sha256").update(JSON.stringify([source, target]));
  return digest.digest("hex").slice(0, 16);
}
