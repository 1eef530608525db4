import { z } from "zod";
import type { TransferEvent } from "../../batch/events.ts";
import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { Count, findRow, Instant, readRow } from "../kv/rows.ts";
import { LuaScript } from "../kv/script.ts";
import { COUNT_CAUSE } from "./causes-script.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

/** Where files come from and where they go, by the names of hosts; this machine is `local`. */
export interface HostLink {
  readonly source: string;
  readonly target: string;
}

/** What went over a link within one hour. */
export interface LinkHour {
  /** Its beginning, milliseconds since 1970. */
  readonly atMs: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly bytes: number;
  /** Of all files, also where these went side by side. */
  readonly transferMs: number;
  /** Files of each method, such as `source-pasv`, `relay` or `server-side`. */
  readonly methods: Readonly<Record<string, number>>;
  /** Failed files of each reason. */
  readonly causes: Readonly<Record<string, number>>;
}

const HOUR_MS = 3_600_000;
/** Hours that are kept. */
export const LINK_HOURS = 35 * 24;
/** Links that are known at once; one over which nothing has gone for that time is forgotten. */
const MOST_LINKS = 10_000;
const COUNTS = ["succeeded", "failed", "bytes", "transferMs"] as const;
const METHOD = "method ";
const CAUSE = "cause ";

/**
 * KEYS: hour of the link, links. ARGV: time to live, digest, entry of the link, how many links there may be, then
 * field, by how much, ….
 */
const ADD = new LuaScript(`${COUNT_CAUSE}
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
for at = 5, #ARGV, 2 do
  if string.sub(ARGV[at], 1, ${CAUSE.length}) == '${CAUSE}' then 
    countCause(KEYS[1], '${CAUSE}', string.sub(ARGV[at], ${CAUSE.length + 1}), ARGV[at + 1])
  else redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
`);

const Known = z.object({ source: z.string().max(500), target: z.string().max(500), lastMs: Instant });

/** What a worker has carried over links, until it is written down. */
export class LinkCounts {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  #counts = new Map<string, Map<string, number>>();

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** @param cause why it failed, without names of files; empty: not to be shown */
  add({ source, target }: HostLink, event: TransferEvent, cause: string): void {
    const { outcome, by, method, bytes, seconds } = event;
    if (outcome === "cancelled") return;
    const key = JSON.stringify([source, target]);
    const counts = this.#counts.get(key) ?? new Map<string, number>();
    this.#counts.set(key, counts);
    const add = (field: string, amount: number) => counts.set(field, (counts.get(field) ?? 0) + amount);
    const isMoved = outcome === "succeeded" || outcome === "partial";
    add(isMoved ? "succeeded" : outcome, 1);
    add("bytes", bytes);
    add("transferMs", Math.round(seconds * 1_000));
    if (isMoved && by !== null) add(METHOD + (by === "third-party" ? (method ?? by) : by), 1);
    if (outcome === "failed" && cause !== "") add(CAUSE + cause.slice(0, 200), 1);
  }

  async write(nowMs: number): Promise<void> {
    const hour = Math.floor(nowMs / HOUR_MS);
    const all = this.#counts;
    this.#counts = new Map();
    for (const [key, counts] of all) {
      const [source = "", target = ""] = JSON.parse(key) as string[];
      const digest = linkDigest({ source, target });
      const entry = JSON.stringify({ source, target, lastMs: nowMs });
      const fixed = [(LINK_HOURS * HOUR_MS) / 1_000, digest, entry, MOST_LINKS];
      await ADD.run(
        this.#redis,
        [this.#names.link(digest, hour), this.#names.links],
        [...fixed, ...[...counts].flat()],
      );
    }
  }
}

/** What is known of links. */
export class HostLinks {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** Links over which something went within the hours that are kept; others are forgotten with this. */
  async all(nowMs: number): Promise<readonly (HostLink & { readonly lastMs: number })[]> {
    const key = this.#names.links;
    const rows = Object.entries(await findRow(this.#redis, key, this.#redis.hgetall(key), {}));
    const known = rows.map(
      ([digest, text]) => [digest, readRow(this.#redis, `${key} ${digest}`, text, Known)] as const,
    );
    const sinceMs = nowMs - LINK_HOURS * HOUR_MS;
    const old = known.filter(([, link]) => link === undefined || link.lastMs < sinceMs);
    if (old.length > 0) await this.#redis.hdel(key, ...old.map(([digest]) => digest));
    return known.flatMap(([digest, link]) =>
      link === undefined || link.lastMs < sinceMs || digest !== linkDigest(link) ? [] : [link],
    );
  }

  /** The hours of a link in which something went there, the earliest first. @param hours how many up to now */
  async hours(link: HostLink, nowMs: number, hours: number): Promise<readonly LinkHour[]> {
    return (await this.hoursOfAll([link], nowMs, hours))[0] ?? [];
  }

  /** The same of many links, asked for together. */
  async hoursOfAll(
    links: readonly HostLink[],
    nowMs: number,
    hours: number,
  ): Promise<readonly (readonly LinkHour[])[]> {
    const last = Math.floor(nowMs / HOUR_MS);
    const asked = Array.from({ length: Math.min(hours, LINK_HOURS) }, (_, at) => last - at).reverse();
    const pipeline = this.#redis.pipeline();
    for (const link of links)
      for (const hour of asked) pipeline.hgetall(this.#names.link(linkDigest(link), hour));
    const answers = (await pipeline.exec()) ?? [];
    return links.map((_, at) =>
      asked.flatMap((hour, index) => {
        const [error, fields] = answers[at * asked.length + index] ?? [];
        const found = (error === null ? fields : {}) as Readonly<Record<string, string>>;
        return Object.keys(found).length === 0 ? [] : [hourOf(hour * HOUR_MS, found)];
      }),
    );
  }
}

function hourOf(atMs: number, fields: Readonly<Record<string, string>>): LinkHour {
  const count = (field: string) => Count.catch(0).parse(fields[field] ?? 0);
  const [succeeded, failed, bytes, transferMs] = COUNTS.map(count) as [number, number, number, number];
  const named = (prefix: string) =>
    Object.fromEntries(
      Object.keys(fields)
        .filter((field) => field.startsWith(prefix))
        .map((field) => [field.slice(prefix.length), count(field)]),
    );
  return { atMs, succeeded, failed, bytes, transferMs, methods: named(METHOD), causes: named(CAUSE) };
}

export function linkDigest({ source, target }: HostLink): string {
  return hexDigest(JSON.stringify([source, target]), 16);
}
