import { streamSSE } from "hono/streaming";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import { Refusal } from "./problem.ts";
import type { Http } from "./route.ts";

/** Clients that are told at once; each costs a look at Redis now and then. */
const MOST_STREAMS = 64;
/** Proxies end connections on which nothing comes for a minute. */
const SIGN_OF_LIFE_MS = 15_000;

/** One event for a client. Its id comes back as Last-Event-ID when the client has lost us. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly value: object;
}

/** Event streams that are open now, ended with their scope. */
export class Streams implements Disposable {
  readonly #log: Logger;
  readonly #ending = new AbortController();
  #open = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Answers with what is told until that ends, the client leaves or the API ends.
   * @throws Refusal (503) where there are too many
   */
  open(http: Http, tell: (signal: AbortSignal) => AsyncIterable<Told>): Response {
    if (this.#open >= MOST_STREAMS) throw new Refusal(503, `${MOST_STREAMS} event streams are open already`);
    this.#open += 1;
    http.header("X-Accel-Buffering", "no"); // nginx would keep events back
    return streamSSE(http, async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      const signal = AbortSignal.any([left.signal, this.#ending.signal]);
      const alive = setInterval(() => void stream.write(":\n\n").catch(() => left.abort()), SIGN_OF_LIFE_MS);
      try {
        for await (const { id, event, value } of tell(signal)) {
          await stream.writeSSE({ id, event, data: JSON.stringify(value) });
          if (signal.aborted) break;
        }
      } catch (error) {
        if (!signal.aborted) this.#log.error({ because: messageOf(error) }, "event stream ended");
      } finally {
        clearInterval(alive);
        this.#open -= 1;
      }
    });
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }
}
