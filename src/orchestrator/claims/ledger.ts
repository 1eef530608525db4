import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { BusyError, LostWorkersError } from "../../transfer/errors.ts";
import type { Begun, Claim, Ledger } from "../../transfer/ledger.ts";
import type { DataPath } from "../../transfer/move/data-path.ts";
import type { Names } from "../kv/names.ts";
import type { WorkerLease } from "./worker-lease.ts";
import type { RedisClient } from "../kv/client.ts";
import { isRedisOutage } from "../kv/faults.ts";
import { Script } from "../kv/script.ts";

/** A file on which so many workers have died in a row is not copied once more. */
const MOST_DEATHS = 3;

/**
 * Who holds a target and lives no more died while writing it. Each is noted once; one that turns out to live, cut off
 * from Redis for a while, does not count. How bytes arrived holds until more are sent: it is read once.
 * KEYS: target, prefix of workers' keys. ARGV: our worker, what is fresh, most deaths. Returns {"busy", holder},
 * {"lost", deaths}, or {"ours", what was begun, how its bytes arrived}.
 */
const CLAIM = new Script(`
local holder = redis.call('HGET', KEYS[1], 'holder')
local isHeld = holder and holder ~= ''
if isHeld and redis.call('EXISTS', KEYS[2] .. holder) == 1 then return {'busy', holder} end
if isHeld and holder ~= ARGV[1] then
  local deaths, text = {}, holder
  for id in string.gmatch(redis.call('HGET', KEYS[1], 'deaths') or '', '%S+') do
    if id ~= holder and redis.call('EXISTS', KEYS[2] .. id) == 0 then
      deaths[#deaths + 1] = id
      text = text .. ' ' .. id
    end
  end
  if #deaths + 1 >= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], 'deaths')
    redis.call('HSET', KEYS[1], 'holder', '')
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return {'lost', #deaths + 1}
  end
  redis.call('HSET', KEYS[1], 'deaths', text)
end
local begun = redis.call('HGET', KEYS[1], 'begun')
local arrived = redis.call('HGET', KEYS[1], 'arrived')
redis.call('HDEL', KEYS[1], 'arrived')
redis.call('HSET', KEYS[1], 'holder', ARGV[1])
if begun then return {'ours', begun, arrived or ''} end
redis.call('HSET', KEYS[1], 'begun', ARGV[2])
return {'ours'}
`);

/** KEYS: target. ARGV: our worker, what is begun anew. Nothing happens where another has it now. */
const ANEW = new Script(`
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'begun', ARGV[2])
return 1
`);

/**
 * KEYS: target. ARGV: our worker, how long a partial file is remembered, or 0 where there is none, and how its bytes
 * arrived, or an empty string.
 */
const RELEASE = new Script(`
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
redis.call('HDEL', KEYS[1], 'deaths')
redis.call('HSET', KEYS[1], 'holder', '')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'arrived', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/** How long it is remembered what was begun and left. */
const KEPT_MS = 30 * 86_400_000;

const Begins = z.object({
  source: z.string(),
  sizeBytes: z.number().optional(),
  modifiedMs: z.number().optional(),
});

const Arrived = z.object({
  by: z.enum(["third-party", "relay", "server-side"]).nullable(),
  method: z.string().nullable(),
  protected: z.boolean().nullable(),
});

/** How soon Redis is asked again to note what it could not. */
const AGAIN_MS = 1_000;
const NEVER = new AbortController().signal;

/** Does something in Redis as soon as that takes it. @throws the reason of `closing`, which ends the waiting */
async function onceTaken<T>(closing: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isRedisOutage(error) || closing.aborted) throw error;
      await sleep(AGAIN_MS, undefined, { signal: closing }).catch(() => closing.throwIfAborted());
    }
  }
}

/**
 * A ledger that all workers share; a target whose writer lives no more is free. While Redis is away, or takes no
 * writes, a claim waits, and so does whoever gives one back.
 * @param closing ends that waiting, with its reason
 */
export function redisLedger(
  redis: RedisClient,
  names: Names,
  presence: WorkerLease,
  owner: string,
  closing = NEVER,
): Ledger {
  // A worker claims each target once at a time, also where two of its lanes want it.
  const held = new Set<string>();
  const ask = async (key: string, fresh: Begun): Promise<Claim> => {
    await presence.untilSure(closing);
    const { epoch } = presence;
    const keys = [names.target(key), names.worker("")];
    const args = [presence.id, JSON.stringify(fresh), MOST_DEATHS, KEPT_MS];
    const [said, text, arrived] = (await CLAIM.run(redis, keys, args)) as [string, string?, string?];
    if (said === "lost") throw new LostWorkersError(Number(text));
    if (said === "busy") throw new BusyError(`${text} is writing this target; waiting for it`);
    const found = foundBy(text, arrived);
    return claimOf({ redis, key: names.target(key), presence, epoch, closing }, found, () =>
      held.delete(key),
    );
  };
  return {
    owner,
    async claim(key, fresh) {
      if (held.has(key)) throw new BusyError("another transfer is writing this target");
      held.add(key);
      try {
        return await onceTaken(closing, () => ask(key, fresh));
      } catch (error) {
        held.delete(key);
        throw error;
      }
    },
  };
}

interface Held {
  readonly redis: RedisClient;
  readonly key: string;
  readonly presence: WorkerLease;
  /** In which of its lives the worker claimed it. */
  readonly epoch: number;
  readonly closing: AbortSignal;
}

function claimOf(
  { redis, key, presence, epoch, closing }: Held,
  found: Pick<Claim, "begun" | "mayHaveLeft" | "arrivedBy">,
  ended: () => void,
): Claim {
  return {
    ...found,
    async begin(now) {
      const isOurs = await ANEW.run(redis, [key], [presence.id, JSON.stringify(now)]);
      if (isOurs !== 1) throw new BusyError("another worker is writing this target");
    },
    requireHeld() {
      presence.requireSure();
      if (presence.epoch !== epoch)
        throw new BusyError("this worker's lease expired; another worker may be writing this target");
    },
    async release(kept, arrivedBy) {
      // What cannot be given back is free when this worker lives no more.
      const args = [
        presence.id,
        kept ? KEPT_MS : 0,
        arrivedBy === undefined ? "" : JSON.stringify(arrivedBy),
      ];
      await onceTaken(closing, () => RELEASE.run(redis, [key], args)).catch(() => {});
      ended();
    },
  };
}

function foundBy(
  begun: string | undefined,
  arrived: string | undefined,
): Pick<Claim, "begun" | "mayHaveLeft" | "arrivedBy"> {
  if (begun === undefined) return { begun: undefined, mayHaveLeft: false, arrivedBy: undefined };
  return { begun: begunOf(begun), mayHaveLeft: true, arrivedBy: arrivedOf(arrived ?? "") };
}

function arrivedOf(text: string): DataPath | undefined {
  try {
    return Arrived.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function begunOf(text: string): Begun | undefined {
  try {
    const { source, sizeBytes, modifiedMs } = Begins.parse(JSON.parse(text));
    return {
      source,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(modifiedMs === undefined ? {} : { modifiedMs }),
    };
  } catch {
    return undefined;
  }
}
