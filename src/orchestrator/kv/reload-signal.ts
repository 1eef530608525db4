import { duplicate, type RedisClient } from "./client.ts";
import type { Names } from "./names.ts";

/** The request to all schedulers to read config/ and jobs/ again. */
export class ReloadSignal {
  readonly #redis: RedisClient;
  readonly #channel: string;

  constructor(redis: RedisClient, { reload }: Names) {
    this.#redis = redis;
    this.#channel = reload;
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
