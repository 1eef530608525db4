import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { findRow } from "../kv/rows.ts";

/** Upper bounds of what durations are counted in, in seconds; what takes longer is in the last one, without bound. */
export const BOUNDS = {
  file: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 7_200],
  run: [1, 10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400],
} as const;
export type Histogram = keyof typeof BOUNDS;

/** Why files fail, in so few words that each may be a series of its own. */
export const FAILURES = ["reply_4yz", "reply_5yz", "connection", "verification", "local", "other"] as const;
export type FailureKind = (typeof FAILURES)[number];

/** The kind of failure that a sentence is about. */
export function failureKindOf(because: string): FailureKind {
  const [, digit] = /(?:^|: )([45])\d\d(?:[ -]|$)/.exec(because) ?? [];
  if (digit !== undefined) return digit === "4" ? "reply_4yz" : "reply_5yz";
  if (/\bE(NOSPC|ACCES|NOENT|PERM|IO|ROFS|DQUOT)\b|permission denied|no space left/i.test(because))
    return "local";
  if (/digest|bytes arrived|while it was being copied|more than its size|SHA|MD5|CRC/.test(because))
    return "verification";
  if (/connection|no reply|no data|timed out|closed|reset|TLS|greeting/i.test(because)) return "connection";
  return "other";
}

/** What is counted of many things, on its way to Redis: each field by how much more there is. */
export class MeasureCounts {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  #fields = new Map<string, number>();

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** Something took so long. */
  took(what: Histogram, ms: number): void {
    const seconds = ms / 1_000;
    const bucket = BOUNDS[what].findIndex((bound) => seconds <= bound);
    this.#add(`${what}:${bucket === -1 ? "more" : bucket}`, 1);
    this.#add(`${what}:ms`, Math.max(0, Math.round(ms)));
  }

  failed(because: string): void {
    this.#add(`failure:${failureKindOf(because)}`, 1);
  }

  /** @param code 100 to 599 */
  replied(code: number, count: number): void {
    const digit = Math.floor(code / 100);
    if (digit >= 1 && digit <= 5) this.#add(`reply:${digit}`, count);
  }

  /** It is for those who look on: what cannot be written is lost. */
  async write(): Promise<void> {
    const fields = this.#fields;
    this.#fields = new Map();
    if (fields.size === 0) return;
    const pipeline = this.#redis.pipeline();
    for (const [field, by] of fields) pipeline.hincrby(this.#names.measures, field, by);
    await pipeline.exec();
  }

  #add(field: string, by: number): void {
    this.#fields.set(field, (this.#fields.get(field) ?? 0) + by);
  }
}

/** What was counted, by field. */
export async function readMeasures(
  redis: RedisClient,
  names: KeyNames,
): Promise<Readonly<Record<string, number>>> {
  const fields = await findRow(redis, names.measures, redis.hgetall(names.measures), {});
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, text]) => {
      const count = Number(text);
      return Number.isSafeInteger(count) && count >= 0 ? [[field, count] as const] : [];
    }),
  );
}

/** How long a run took; one that was never begun took no time. */
export async function measureRun(
  redis: RedisClient,
  names: KeyNames,
  id: string,
  endedMs: number,
): Promise<void> {
  const started = Number(await redis.hget(names.run(id), "started"));
  if (!Number.isFinite(started) || started <= 0) return;
  const counts = new MeasureCounts(redis, names);
  counts.took("run", Math.max(0, endedMs - started));
  await counts.write();
}
