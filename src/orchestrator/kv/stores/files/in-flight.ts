import { z } from "zod";
import type { CopyEvent } from "../../../../batch/events.ts";
import type { Clock } from "../../../../shared/clock.ts";
import { distinctInUtf8 } from "../../../../shared/octets.ts";
import type { KeyNames } from "../../names.ts";
import type { RedisClient } from "../../client.ts";
import { redisTimeMs } from "../../time.ts";
import { Count, findRow, Instant, readRow } from "../../rows.ts";
import { LuaScript } from "../../script.ts";

/** What is on its way is written down so often; a file that is done sooner never is. Milliseconds. */
const WRITE_MS = 1_000;
/** A worker that says nothing for so long carries nothing. */
const FRESH_MS = 10_000;
const KEPT_SECONDS = 60;

/**
 * Times are Redis' own, so that the clocks of those who write and of those who look need not agree. When a file began
 * is written once, and stays.
 * KEYS: files of the run. ARGV: seconds that they are kept, how many are gone, those; then of each file its target, for
 * how many milliseconds it has been copied, and its row without times.
 */
const WRITE = new LuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = 3 + tonumber(ARGV[2])
for at = 3, first - 1 do redis.call('HDEL', KEYS[1], ARGV[at]) end
for at = first, #ARGV, 3 do
  local before = redis.call('HGET', KEYS[1], ARGV[at])
  local began = before and string.match(before, '"startedMs":(%d+),"atMs":%d+}$')
  local times = string.format(',"startedMs":%s,"atMs":%.0f}', began or string.format('%.0f', now - ARGV[at + 1]), now)
  redis.call('HSET', KEYS[1], ARGV[at], string.sub(ARGV[at + 2], 1, -2) .. times)
end
if first <= #ARGV then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
`);

const Row = z.object({
  source: z.string(),
  target: z.string(),
  sizeBytes: Count.optional(),
  /** That the target has so far, as far as that is seen. */
  bytes: Count,
  startedMs: Instant,
  /** What its bytes are moved by; absent: nothing yet. */
  by: z.enum(["third-party", "relay", "server-side"]).optional(),
  /** Name of the third-party method. */
  method: z.string().nullish(),
  /** Which side is the worker's own machine. */
  local: z.enum(["source", "target", "both"]).optional(),
  /** Who copies it, as in the list of workers, and the number of the lane there: 1 … */
  worker: z.string().optional(),
  lane: Count.min(1).optional(),
  atMs: Instant,
});

/** A file that is being copied now. */
export type FileInFlight = Omit<z.infer<typeof Row>, "atMs">;

/** A place in a worker that copies one file at a time. */
export interface WorkerLane {
  /** The worker's id. */
  readonly worker: string;
  /** 1 … */
  readonly lane: number;
}

/** What one slice of a run copies at this moment, written down for those who look on. */
export class InFlight implements AsyncDisposable {
  readonly #redis: RedisClient;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #lane: WorkerLane;
  readonly #files = new Map<string, FileInFlight>();
  readonly #written = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(redis: RedisClient, names: KeyNames, run: string, lane: WorkerLane, clock: Clock) {
    this.#redis = redis;
    this.#key = names.inFlight(run);
    this.#lane = lane;
    this.#clock = clock;
  }

  note(event: CopyEvent): void {
    if (event.event === "start") {
      const { source, target, size } = event;
      const sizeBytes = size ?? undefined;
      const file = { source, target, bytes: 0, startedMs: this.#clock.now(), ...this.#lane };
      this.#files.set(target, sizeBytes === undefined ? file : { ...file, sizeBytes });
    }
    const file = "target" in event ? this.#files.get(event.target) : undefined;
    if (event.event === "method" && file !== undefined) {
      file.by = event.by;
      file.method = event.method;
      file.local = event.local;
    }
    if (event.event === "progress" && file !== undefined) file.bytes = event.bytes;
    if (event.event === "sent" && file !== undefined) file.bytes = file.sizeBytes ?? file.bytes;
    if (event.event === "transfer" || event.event === "retry") this.#files.delete(event.target);
    if (this.#files.size > 0 || this.#written.size > 0)
      this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#files.clear();
    this.#write();
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const gone = [...this.#written].filter((target) => !this.#files.has(target));
    const atMs = this.#clock.now();
    // Most files are done before they would be of interest to anybody. A clock that was set makes none wait for longer.
    const isLong = ({ startedMs }: FileInFlight) => Math.abs(atMs - startedMs) >= WRITE_MS;
    const long = [...this.#files].filter(([target, file]) => this.#written.has(target) || isLong(file));
    const rows = long.map(([target, { startedMs, ...file }]) => {
      const forMs = Math.max(0, Math.round(atMs - startedMs));
      return [distinctInUtf8(target), forMs, JSON.stringify(file)] as const;
    });
    for (const target of gone) this.#written.delete(target);
    for (const [target] of long) this.#written.add(target);
    // What is not written now is written a second later, and no file waits for it.
    if (gone.length + rows.length > 0) {
      const args = [KEPT_SECONDS, gone.length, ...gone.map(distinctInUtf8), ...rows.flat()];
      const written = WRITE.run(this.#redis, [this.#key], args).catch(() => {});
      this.#writing = this.#writing.then(() => written);
    }
    // What does not grow is on its way all the same.
    if (this.#files.size > 0) this.#timer = setTimeout(() => this.#write(), WRITE_MS);
  }
}

/** What all workers copy for a run at this moment, the oldest first. */
export async function filesInFlight(
  redis: RedisClient,
  names: KeyNames,
  run: string,
): Promise<readonly FileInFlight[]> {
  const key = names.inFlight(run);
  const [texts, nowMs] = await Promise.all([findRow(redis, key, redis.hvals(key), []), redisTimeMs(redis)]);
  return texts
    .flatMap((text) => readRow(redis, key, text, Row) ?? [])
    .filter(({ atMs }) => Math.abs(nowMs - atMs) < FRESH_MS)
    .map(({ atMs: _, ...file }) => file)
    .sort((one, two) => one.startedMs - two.startedMs);
}
