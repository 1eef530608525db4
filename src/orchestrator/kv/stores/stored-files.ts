import { createHash } from "node:crypto";
import { z } from "zod";
import type { Names } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { Script } from "../script.ts";

/** Entries of the one hash that small runs have, and how many hashes there are for what does not fit into it. */
export const FIRST_BUCKET = 400;
export const BUCKETS = 4_096;
/** Entries that are read in one step. */
const PAGE = 1_000;

/** How a file's bytes went, as one letter. */
const WAYS = { "third-party": "t", relay: "r", "server-side": "s" } as const;
type Way = keyof typeof WAYS;

/** A file that a run has stored. */
export interface StoredFile {
  readonly key: FileKey;
  /** Null where that is not known, or where nothing had to move. */
  readonly by: Way | null;
  /** Bytes that were moved: without those that an earlier try had left. */
  readonly bytes: number;
  readonly resumedFrom: number;
}

/** A file of a run in few letters: 52 bits, so that a number holds it. */
export type FileKey = string;

/**
 * @param part which of the run's targets it goes to, 0 …
 * @param target its pathname there
 */
export function fileKey(part: number, target: string): FileKey {
  const digest = createHash("sha256").update(`${part}\0${target}`).digest("hex");
  return Number.parseInt(digest.slice(0, 13), 16).toString(36);
}

/**
 * Lua: `forgetStored(run)` deletes what is known of a run's files.
 */
export const FORGET_STORED = `
local function forgetStored(run)
  local stored = run .. ':stored'
  if redis.call('HLEN', stored) >= ${FIRST_BUCKET} then
    for at = 0, ${BUCKETS - 1} do redis.call('UNLINK', stored .. ':' .. at) end
  end
  redis.call('UNLINK', stored, run .. ':sent', run .. ':finished')
end
`;

/** Lua: `raisePlanned(run)`: what was copied or has failed was planned. */
export const RAISE_PLANNED = `
local function raisePlanned(run)
  local function sum(...)
    local sum = 0
    for _, value in ipairs(redis.call('HMGET', run, ...)) do sum = sum + (tonumber(value) or 0) end
    return sum
  end
  for planned, done in pairs({
    files = sum('copied', 'failed'), bytes = sum('thirdParty', 'relayed', 'serverSide', 'resumed')
  }) do
    if done > sum(planned) then redis.call('HSET', run, planned, string.format('%.0f', done)) end
  end
end
`;

/**
 * Notes that a file is stored, and counts it for its run: once, with the bytes of the last time.
 * KEYS: run, totals, stored. ARGV: key, bucket, way, bytes, resumed.
 */
const NOTE = new Script(`${RAISE_PLANNED}
local run, totals, stored = unpack(KEYS)
local key, way, bytes, resumed = ARGV[1], ARGV[3], ARGV[4], ARGV[5]
local counters = {t = 'thirdParty', r = 'relayed', s = 'serverSide'}
local state = redis.call('HGET', run, 'state')
if not state then return 0 end
local bucket = stored .. ':' .. ARGV[2]
local old = redis.call('HGET', stored, key)
local at = stored
if not old and redis.call('HLEN', stored) >= ${FIRST_BUCKET} then
  at = bucket
  old = redis.call('HGET', bucket, key)
end
if old then
  local oldWay, oldBytes, oldResumed = string.match(old, '^(.)(%d+)%+(%d+)$')
  local function less(text) return string.format('%.0f', 0 - tonumber(text)) end
  if counters[oldWay] then redis.call('HINCRBY', run, counters[oldWay], less(oldBytes)) end
  redis.call('HINCRBY', run, 'resumed', less(oldResumed))
else
  redis.call('HINCRBY', run, 'copied', 1)
  redis.call('HINCRBY', totals, 'copied', 1)
end
if counters[way] then
  redis.call('HINCRBY', run, counters[way], bytes)
  redis.call('HINCRBY', totals, counters[way], bytes)
end
redis.call('HINCRBY', run, 'resumed', resumed)
redis.call('HINCRBY', totals, 'resumed', resumed)
raisePlanned(run)
-- One that ends just now has no further beginning that would have to know.
if state ~= 'ended' then redis.call('HSET', at, key, way .. bytes .. '+' .. resumed) end
return 1
`);

/** Files that are on their way: key, then bytes where they are known. */
const Sent = z.array(z.union([z.tuple([z.string()]), z.tuple([z.string(), z.number()])]));

/**
 * The files that a run has stored, so that each counts once, whatever of the run dies and is begun anew. It takes
 * some twenty bytes of Redis a file, until the run has ended.
 */
export class StoredFiles {
  readonly #redis: RedisClient;
  readonly #names: Names;
  readonly #run: string;

  constructor(redis: RedisClient, names: Names, run: string) {
    this.#redis = redis;
    this.#names = names;
    this.#run = run;
  }

  async note({ key, by, bytes, resumedFrom }: StoredFile): Promise<void> {
    const names = this.#names;
    const keys = [names.run(this.#run), names.totals, names.stored(this.#run)];
    const way = by === null ? "-" : WAYS[by];
    await NOTE.run(this.#redis, keys, [key, bucketOf(key), way, bytes, resumedFrom]);
  }

  /** These are decided to be copied; who stores one may die before that is noted. */
  async send(
    slice: string,
    files: readonly { key: FileKey; sizeBytes?: number | undefined }[],
  ): Promise<void> {
    const sent = files.map(({ key, sizeBytes }) => (sizeBytes === undefined ? [key] : [key, sizeBytes]));
    await this.#redis.hset(this.#names.sent(this.#run), slice, JSON.stringify(sent));
  }

  /** All that was stored of a slice is noted. */
  async settle(slice: string): Promise<void> {
    await this.#redis.hdel(this.#names.sent(this.#run), slice);
  }

  /** What earlier beginnings of the run have done. */
  async earlier(): Promise<EarlierFiles> {
    const stored = this.#names.stored(this.#run);
    const keys: number[] = [];
    await this.#collect(stored, keys);
    if (keys.length >= FIRST_BUCKET)
      for (let at = 0; at < BUCKETS; at += 1) await this.#collect(`${stored}:${at}`, keys);
    const sent = new Map<FileKey, number | undefined>();
    for (const text of await this.#redis.hvals(this.#names.sent(this.#run))) {
      const files = Sent.safeParse(safeJson(text));
      for (const [key, sizeBytes] of files.data ?? []) sent.set(key, sizeBytes);
    }
    return new EarlierFiles(Float64Array.from(keys).sort(), sent);
  }

  async #collect(hash: string, keys: number[]): Promise<void> {
    let cursor = "0";
    do {
      const [next, fields] = await this.#redis.hscan(hash, cursor, "COUNT", PAGE);
      for (let at = 0; at < fields.length; at += 2) keys.push(numberOf(fields[at] ?? ""));
      cursor = next;
    } while (cursor !== "0");
  }
}

/** What earlier beginnings of a run have stored, in eight bytes a file. */
export class EarlierFiles {
  readonly #stored: Float64Array;
  readonly #sent: ReadonlyMap<FileKey, number | undefined>;

  constructor(stored: Float64Array, sent: ReadonlyMap<FileKey, number | undefined>) {
    this.#stored = stored;
    this.#sent = sent;
  }

  get count(): number {
    return this.#stored.length;
  }

  /** Whether it was noted. */
  hasStored(key: FileKey): boolean {
    const wanted = numberOf(key);
    let [low, high] = [0, this.#stored.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#stored[middle] ?? 0;
      if (found === wanted) return true;
      if (found < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  /** Whether it was decided to be copied: where it is there by now, this run has stored it. */
  hasSent(key: FileKey): boolean {
    return this.#sent.has(key);
  }
}

export const nothingEarlier = new EarlierFiles(new Float64Array(0), new Map());

function numberOf(key: FileKey): number {
  return Number.parseInt(key, 36);
}

function bucketOf(key: FileKey): number {
  return numberOf(key) % BUCKETS;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
