import { z } from "zod";
import { WAITS } from "../../shared/waits.ts";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { BusyError } from "../../transfer/errors.ts";
import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { Count, findRow, Instant, readRow } from "../kv/rows.ts";
import { LanesOfRun } from "../worker/lanes.ts";
import { LuaScript } from "../kv/script.ts";

/** How long a worker is believed to live without a sign of it, and how often it gives one. */
const ALIVE_MS = WAITS.lease.ms;
const BEAT_MS = 2_500;
/** How soon one follows that Redis did not take, so that an outage costs no more than it lasts. */
const BEAT_AGAIN_MS = 250;
/** So much earlier a worker stops believing it of itself: clocks run, and a rename takes its time. */
const MARGIN_MS = 2_000;
/** So late a sign of life may be before nothing is begun without asking Redis. */
const OVERDUE_MS = 1_000;
/** How often it is looked whether Redis is back. */
const LOOK_MS = 200;
/** How long reporting its end may take; a key that is left behind expires. */
const GOODBYE_MS = 1_000;

/** KEYS: workers. ARGV: prefix of workers' keys. Returns how many live; others are forgotten. */
const COUNT = new LuaScript(`
local living = 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[1] .. id) == 1 then living = living + 1
  -- A Redis that is read-only can still be asked.
  else redis.pcall('SREM', KEYS[1], id) end
end
return living
`);

/** How many workers live, on all machines; one that was killed counts for nine seconds more. */
export async function livingWorkers(redis: RedisClient, names: KeyNames): Promise<number> {
  return Number(await COUNT.run(redis, [names.workers], [names.worker("")]));
}

/** What a worker says of itself. Earlier versions say nothing. */
const About = z.object({
  host: z.string(),
  pid: z.int().min(1),
  version: z.string(),
  sinceMs: Instant,
  /** Files that it copies at once, at most. */
  lanes: Count.min(1).optional(),
  /** What its lanes do, by run. */
  busy: z.array(LanesOfRun).optional(),
});
/** What changes while it lives. */
type Work = Pick<z.infer<typeof About>, "lanes" | "busy">;

/** A worker that lives. */
export type LivingWorker = Partial<z.infer<typeof About>> & { readonly id: string };

/** The workers that live, on all machines, by their ids. */
export async function workersAlive(redis: RedisClient, names: KeyNames): Promise<readonly LivingWorker[]> {
  const ids = (await findRow(redis, names.workers, redis.smembers(names.workers), [])).sort();
  const found = await Promise.all(
    ids.map(async (id): Promise<readonly LivingWorker[]> => {
      const key = names.worker(id);
      const text = await findRow(redis, key, redis.get(key), null);
      if (text === null) return [];
      return [{ id, ...(text === SAYS_NOTHING ? {} : readRow(redis, key, text, About)) }];
    }),
  );
  return found.flat();
}

/** What the key of a worker held before workers described themselves in it. */
const SAYS_NOTHING = "1";

/**
 * That a worker lives. Whoever finds its key gone takes over what it had begun; so a worker that could not renew
 * it publishes nothing any more.
 */
export class WorkerLease implements AsyncDisposable {
  readonly id: string;
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  #beaten = 0;
  #epoch = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  readonly #about: Omit<z.infer<typeof About>, keyof Work>;
  #work: () => Work = () => ({});

  private constructor(
    redis: RedisClient,
    names: KeyNames,
    about: Pick<z.infer<typeof About>, "version" | "sinceMs">,
  ) {
    this.#redis = redis;
    this.#names = names;
    this.#about = { host: hostname(), pid: process.pid, ...about };
    this.id = `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  }

  /** @param about the version of its program, and when it began, in milliseconds since 1970 */
  static async begin(
    redis: RedisClient,
    names: KeyNames,
    about = { version: "unknown", sinceMs: 0 },
  ): Promise<WorkerLease> {
    const presence = new WorkerLease(redis, names, about);
    await presence.#beat();
    presence.#beatLater();
    return presence;
  }

  /** Another number whenever it was believed dead in between: what it held before then may be another's. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Has every sign of life say, too, what it works on then. */
  tellOf(work: () => Work): void {
    this.#work = work;
  }

  /** Whether others must still believe that it lives. */
  get isSure(): boolean {
    return !this.#isOver && performance.now() - this.#beaten < ALIVE_MS - MARGIN_MS;
  }

  /** Waits while Redis is away; nothing could be done meanwhile. @throws the signal's reason */
  async untilSure(signal: AbortSignal): Promise<void> {
    while (!this.isSure) await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  /**
   * Waits while a sign of life is overdue: what is begun then might not get its name any more. @throws the signal's reason
   */
  async untilFresh(signal: AbortSignal): Promise<void> {
    while (this.#isOver || performance.now() - this.#beaten > BEAT_MS + OVERDUE_MS)
      await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  /** @throws BusyError where somebody else may have taken over meanwhile */
  requireSure(): void {
    if (!this.isSure)
      throw new BusyError(
        "this worker lost its connection to Redis for so long that another worker may be writing this target",
      );
  }

  /** Whatever of it is already on its way to Redis gets there before the end is reported, and nothing follows that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    const goodbye = Promise.all([
      this.#redis.del(this.#names.worker(this.id)),
      this.#redis.srem(this.#names.workers, this.id),
    ]).catch(() => {});
    const patience = new AbortController();
    const late = sleep(GOODBYE_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([goodbye, late]);
    patience.abort();
  }

  #beatLater(afterMs = BEAT_MS): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      // One that fails is followed by another; until then it is less and less sure.
      void this.#beat().then(
        () => this.#beatLater(),
        () => this.#beatLater(BEAT_AGAIN_MS),
      );
    }, afterMs);
  }

  async #beat(): Promise<void> {
    // It is alive from when this was written, not from when the answer comes.
    const since = performance.now();
    const about = JSON.stringify({ ...this.#about, ...this.#work() });
    const [was] = await Promise.all([
      this.#redis.set(this.#names.worker(this.id), about, "PX", ALIVE_MS, "GET"),
      this.#redis.sadd(this.#names.workers, this.id),
    ]);
    if (was === null) this.#epoch += 1;
    this.#beaten = since;
  }
}
