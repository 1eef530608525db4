import { createHash } from "node:crypto";
import { z } from "zod";
import { parentOf } from "../../../../ftp/pathname.ts";
import type { Names } from "../../names.ts";
import type { RedisClient } from "../../client.ts";
import { Script } from "../../script.ts";

/** Entries of the one hash that small runs have, and how many hashes there are for what does not fit into it. */
const FIRST_BUCKET = 400;
const BUCKETS = 4_096;
/** Buckets that are forgotten in one step. */
const UNLINKED = 1_024;
/** Entries that are read in one step. */
const PAGE = 1_000;

/** Files that are noted in one step. */
const MOST_NOTED = 200;

/** How a file's bytes went, as one letter. */
const WAYS = { "third-party": "t", relay: "r", "server-side": "s" } as const;
type Way = keyof typeof WAYS;

/** A file that a run has stored. */
export interface StoredFile {
  readonly key: FileKey;
  /** The same for files that are stored together, as {@link bucketFor} says; absent: one by the key. */
  readonly bucket?: number;
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

/** Where a file is noted: files of one directory, which are stored one after the other, in one place. */
export function bucketFor(part: number, target: string): number {
  const digest = createHash("sha256")
    .update(`${part}\0${parentOf(target)}`)
    .digest();
  return digest.readUInt16BE(0) % BUCKETS;
}

/**
 * Lua: `forgetStored(run)` deletes what is known of a run's files.
 */
export const FORGET_STORED = `
local function forgetStored(run)
  local stored = run .. ':stored'
  if redis.call('HLEN', stored) >= ${FIRST_BUCKET} then
    for from = 0, ${BUCKETS - 1}, ${UNLINKED} do
      local buckets = {}
      for at = from, from + ${UNLINKED - 1} do buckets[#buckets + 1] = stored .. ':' .. at end
      redis.call('UNLINK', unpack(buckets))
    end
  end
  redis.call('UNLINK', stored, run .. ':sent', run .. ':finished')
end
`;

/** Lua: `countersOf(run)` reads its counters and its state; `raisePlanned(run)`: what was copied or has failed was planned. */
export const RAISE_PLANNED = `
local function countersOf(run)
  local names = {'files', 'bytes', 'copied', 'failed', 'thirdParty', 'relayed', 'serverSide', 'resumed'}
  local found = redis.call('HMGET', run, 'state', unpack(names))
  local is = {}
  for at, name in ipairs(names) do is[name] = tonumber(found[at + 1]) or 0 end
  return is, found[1]
end

local function setCounters(run, is, changed)
  local files, bytes = is.copied + is.failed, is.thirdParty + is.relayed + is.serverSide + is.resumed
  if files > is.files then is.files, changed.files = files, true end
  if bytes > is.bytes then is.bytes, changed.bytes = bytes, true end
  local fields = {}
  for name in pairs(changed) do
    fields[#fields + 1] = name
    fields[#fields + 1] = string.format('%.0f', is[name])
  end
  if #fields > 0 then redis.call('HSET', run, unpack(fields)) end
end

local function raisePlanned(run)
  setCounters(run, countersOf(run), {})
end
`;

/**
 * Notes that files are stored, and counts them for their run: each once, with the bytes of the last time.
 * KEYS: run, totals, stored. ARGV: for each file its key, bucket, way, bytes, resumed.
 */
const NOTE = new Script(`${RAISE_PLANNED}
local run, totals, stored = unpack(KEYS)
local is, state = countersOf(run)
if not state then return 0 end
local counters = {t = 'thirdParty', r = 'relayed', s = 'serverSide'}
local added, forTotals = {}, {}
local function add(to, name, amount) to[name] = (to[name] or 0) + amount end

-- What was noted of each before, and where: once the first hash is full, in that of its bucket.
local noted, place = {}, {}
local function look(hash, keys)
  for at, old in ipairs(redis.call('HMGET', hash, unpack(keys))) do
    if old then noted[keys[at]], place[keys[at]] = old, hash end
  end
end
local all = {}
for at = 1, #ARGV, 5 do all[#all + 1] = ARGV[at] end
look(stored, all)
local room = ${FIRST_BUCKET} - redis.call('HLEN', stored)
if room <= 0 then
  local keysOf = {}
  for at = 1, #ARGV, 5 do
    if not noted[ARGV[at]] then
      local bucket = stored .. ':' .. ARGV[at + 1]
      keysOf[bucket] = keysOf[bucket] or {}
      table.insert(keysOf[bucket], ARGV[at])
    end
  end
  for bucket, keys in pairs(keysOf) do look(bucket, keys) end
end

local written = {}
for at = 1, #ARGV, 5 do
  local key, way, bytes, resumed = ARGV[at], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local old = noted[key]
  if old then
    local oldWay, oldBytes, oldResumed = string.match(old, '^(.)(%d+)%+(%d+)$')
    if counters[oldWay] then add(added, counters[oldWay], -tonumber(oldBytes)) end
    add(added, 'resumed', -tonumber(oldResumed or 0))
  else
    add(added, 'copied', 1)
    add(forTotals, 'copied', 1)
  end
  if counters[way] then
    add(added, counters[way], tonumber(bytes))
    add(forTotals, counters[way], tonumber(bytes))
  end
  add(added, 'resumed', tonumber(resumed))
  add(forTotals, 'resumed', tonumber(resumed))
  if not place[key] then
    place[key] = room > 0 and stored or stored .. ':' .. ARGV[at + 1]
    room = room - 1
  end
  noted[key] = way .. bytes .. '+' .. resumed
  local hash = place[key]
  written[hash] = written[hash] or {}
  table.insert(written[hash], key)
  table.insert(written[hash], noted[key])
end
local changed = {}
for name, amount in pairs(added) do
  if amount ~= 0 then is[name], changed[name] = is[name] + amount, true end
end
setCounters(run, is, changed)
local names = {}
for name, amount in pairs(forTotals) do
  if amount ~= 0 then names[#names + 1] = name end
end
if #names > 0 then
  local sums = {}
  for at, sum in ipairs(redis.call('HMGET', totals, unpack(names))) do
    sums[#sums + 1] = names[at]
    sums[#sums + 1] = string.format('%.0f', (tonumber(sum) or 0) + forTotals[names[at]])
  end
  redis.call('HSET', totals, unpack(sums))
end
-- One that ends just now has no further beginning that would have to know.
if state ~= 'ended' then
  for hash, entries in pairs(written) do redis.call('HSET', hash, unpack(entries)) end
end
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

  note(file: StoredFile): Promise<void> {
    return this.noteAll([file]);
  }

  /** Files that were stored within a moment: few steps, however many they are. */
  async noteAll(files: readonly StoredFile[]): Promise<void> {
    const names = this.#names;
    const keys = [names.run(this.#run), names.totals, names.stored(this.#run)];
    for (let at = 0; at < files.length; at += MOST_NOTED) {
      const args = files.slice(at, at + MOST_NOTED).flatMap(({ key, bucket, by, bytes, resumedFrom }) => {
        return [key, bucket ?? numberOf(key) % BUCKETS, by === null ? "-" : WAYS[by], bytes, resumedFrom];
      });
      await NOTE.run(this.#redis, keys, args);
    }
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

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
