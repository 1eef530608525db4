import { z } from "zod";
import { duplicate, type RedisClient } from "./client.ts";
import type { KeyNames } from "./names.ts";
import { findRow, Instant, readRow } from "./rows.ts";

const Reload = z.object({
  atMs: Instant,
  /** What it was asked for by, such as files that have changed. */
  from: z.string(),
  /** Why the files read before stay in use; absent: all is well. */
  because: z.string().optional(),
});
/** The last time that a scheduler read config/ and jobs/ again. */
export type Reload = z.infer<typeof Reload>;

/** The request to all schedulers to read config/ and jobs/ again, and what came of the last one. */
export class ReloadSignal {
  readonly #redis: RedisClient;
  readonly #channel: string;
  readonly #last: string;

  constructor(redis: RedisClient, { reload, reloaded }: KeyNames) {
    this.#redis = redis;
    this.#channel = reload;
    this.#last = reloaded;
  }

  /** How many schedulers would hear a request. */
  async listeners(): Promise<number> {
    const [, count] = (await this.#redis.pubsub("NUMSUB", this.#channel)) as readonly unknown[];
    return Number(count ?? 0);
  }

  async note(reload: Reload): Promise<void> {
    await this.#redis.set(this.#last, JSON.stringify(reload));
  }

  async last(): Promise<Reload | undefined> {
    const text = await findRow(this.#redis, this.#last, this.#redis.get(this.#last), null);
    return text === null ? undefined : readRow(this.#redis, this.#last, text, Reload);
  }

  /** @returns how many schedulers hear it */
  send(): Promise<number> {
    return this.#redis.publish(this.#channel, "");
  }

  /** Calls for each request, until it is disposed of. */
  async listen(reload: () => void): Promise<Disposable> {
    const listener = duplicate(this.#redis);
    listener.on("error", () => {}); // it connects again by itself
    listener.on("message", reload);
    await listener.subscribe(this.#channel);
    return { [Symbol.dispose]: () => listener.disconnect() };
  }
}
