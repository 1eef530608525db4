import { randomBytes } from "node:crypto";
import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { Count, Instant, readRow } from "../rows.ts";
import { LuaScript } from "../script.ts";
import { isAlarm, Notice } from "../../notify/notice.ts";

/** Notices wait so long for others to go with. */
const GATHER_MS = 5_000;
/** The first pause after a message that was not taken, and the longest one; each is twice the one before. */
const FIRST_MS = 10_000;
const LONGEST_MS = 900_000;
/** After so many tries in a row, over an hour, what waits is given up. */
const MOST_TRIES = 10;
/** Nobody sends for longer than that; then another may. */
const SENDING_MS = 60_000;
/** How long an event is remembered as announced, and how long an unsent notice is kept. */
const KEPT_MS = 3 * 86_400_000;
/** Notices of one message. */
const MOST_AT_ONCE = 500;

/**
 * One event is put once into the outboxes of all channels that are notified of it. After an alarm, the next run of the
 * job that goes well is a recovery, which ends the alarm wherever it was raised.
 * KEYS: announced, job, then outbox and sending of each. ARGV: kept, id, notice, when it is to be sent, 1 for an alarm.
 * Returns 1 where nobody had yet.
 */
const TELL = new LuaScript(`
if not redis.call('SET', KEYS[1], 1, 'PX', ARGV[1], 'NX') then return 0 end
if ARGV[5] == '1' then redis.call('HSET', KEYS[2], 'bad', 1) end
for at = 3, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[at]) == 0 then redis.call('HSET', KEYS[at + 1], 'at', ARGV[4], 'tries', 0) end
  redis.call('HSET', KEYS[at], ARGV[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[at], ARGV[1])
  redis.call('PEXPIRE', KEYS[at + 1], ARGV[1])
end
return 1
`);

/** KEYS: sender. ARGV: token. */
const RELEASE = new LuaScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** What is to be sent, as its only sender for the time being. */
interface Batch {
  readonly notices: readonly Notice[];
  /** They were taken, or nobody wants them any more. */
  done(): Promise<void>;
  /**
   * They were not taken.
   * @param leastMs how long the receiver asks to wait
   * @returns when they are tried again; undefined where they were given up
   */
  failed(nowMs: number, leastMs?: number): Promise<number | undefined>;
}

/** Notices on their way, in Redis: each event once for each channel, whoever notices it and whoever sends it. */
export class Outbox {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** Runs that have ended and may still have to be announced, the earliest first. */
  async unannounced(limit: number): Promise<readonly string[]> {
    return this.#redis.zrange(this.#names.unannounced, "0", String(limit - 1));
  }

  /** A run that has ended was announced, or need not be. */
  async noteAnnounced(run: string): Promise<void> {
    await this.#redis.zrem(this.#names.unannounced, run);
  }

  /** @returns false where somebody else has announced it */
  async tell(notice: Notice, channels: readonly string[], nowMs: number): Promise<boolean> {
    const names = this.#names;
    const boxes = channels.flatMap((channel) => [names.outbox(channel), names.sending(channel)]);
    const keys = [names.announced(notice.id), names.job(notice.job), ...boxes];
    const args = [KEPT_MS, notice.id, JSON.stringify(notice), nowMs + GATHER_MS, isAlarm(notice) ? 1 : 0];
    return (await TELL.run(this.#redis, keys, args)) === 1;
  }

  /** What is to be sent now; undefined for nothing, or where another process sends it. */
  async take(channel: string, nowMs: number): Promise<Batch | undefined> {
    const [redis, names] = [this.#redis, this.#names];
    if ((await redis.hlen(names.outbox(channel))) === 0) return undefined;
    const { at, tries } = await redis.hgetall(names.sending(channel));
    const dueMs = Instant.catch(0).parse(at ?? 0);
    if (dueMs > nowMs && dueMs <= nowMs + LONGEST_MS) return undefined;
    const token = randomBytes(8).toString("hex");
    const isOurs = await redis.set(names.sender(channel), token, "PX", SENDING_MS, "NX");
    if (isOurs === null) return undefined;
    const release = async () => void (await RELEASE.run(redis, [names.sender(channel)], [token]));
    const kept = Object.entries(await redis.hgetall(names.outbox(channel))).slice(0, MOST_AT_ONCE);
    const box = names.outbox(channel);
    const notices = kept.flatMap(([id, text]) => readRow(redis, `${box} ${id}`, text, Notice) ?? []);
    // What is no notice would come first for ever.
    const bad = kept.length - notices.length;
    if (bad > 0 && notices.length === 0) await redis.hdel(box, ...kept.map(([id]) => id));
    const done = async () => {
      await redis.hdel(names.outbox(channel), ...kept.map(([id]) => id));
      await redis.hset(names.sending(channel), { at: 0, tries: 0 });
      await release();
    };
    const failed = async (sinceMs: number, leastMs = 0) => {
      const times = Count.catch(0).parse(tries ?? 0) + 1;
      const again = sinceMs + Math.min(Math.max(FIRST_MS * 2 ** (times - 1), leastMs), LONGEST_MS);
      if (times >= MOST_TRIES) await done();
      else {
        await redis.hset(names.sending(channel), { at: again, tries: times });
        await release();
      }
      return times >= MOST_TRIES ? undefined : again;
    };
    if (notices.length > 0) return { notices: inOrder(notices), done, failed };
    await release();
    return undefined;
  }
}

function inOrder(notices: readonly Notice[]): readonly Notice[] {
  return [...notices].sort((one, two) => one.atMs - two.atMs);
}
