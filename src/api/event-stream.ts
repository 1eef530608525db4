import { streamSSE } from "hono/streaming";
import { jsonText } from "../shared/printable.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import type { Caller } from "./access/auth.ts";
import { Refusal } from "./problem.ts";
import type { Http } from "./http.ts";
import { anySignal } from "../shared/any-signal.ts";

/** How many clients are served at once; each costs a look at Redis now and then. */
const MOST_STREAMS = 256;
/** For one caller, so that none can keep the others out. */
const MOST_OF_CALLER = 16;
/** Proxies end connections on which nothing comes for a minute. */
const SIGN_OF_LIFE_MS = 15_000;
/** A comment, which no client takes for an event. */
const SIGN_OF_LIFE = ":\n\n";

/** One event for a client. Its id comes back as Last-Event-ID when the client has lost us. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly value: object;
}

/** As it is sent (HTML, "Server-sent events"). */
function blockOf({ id, event, value }: StreamedEvent): string {
  return `event: ${event}\ndata: ${jsonText(value)}\nid: ${id}\n\n`;
}

/** Event streams that are open now, ended with their scope. */
export class EventStreams implements Disposable {
  readonly #log: Logger;
  readonly #ending = new AbortController();
  #open = 0;
  readonly #openBy = new Map<string, number>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Answers with events until these end, the client leaves or the API ends.
   * @param caller by name, and without tokens by address
   * @throws Refusal (429) where this caller has too many, (503) where all have
   */
  open(
    http: Http,
    caller: Caller,
    tell: (signal: AbortSignal) => AsyncIterable<StreamedEvent | readonly StreamedEvent[]>,
  ): Response {
    const who = `${caller.name} ${caller.isNamed ? "" : http.env.incoming.socket.remoteAddress}`;
    const ofCaller = this.#openBy.get(who) ?? 0;
    if (ofCaller >= MOST_OF_CALLER)
      throw new Refusal(
        429,
        `${caller.name} already has ${MOST_OF_CALLER} open event streams; close one first`,
      );
    if (this.#open >= MOST_STREAMS)
      throw new Refusal(503, `${MOST_STREAMS} event streams are already open; try again later`);
    this.#open += 1;
    this.#openBy.set(who, ofCaller + 1);
    http.header("X-Accel-Buffering", "no"); // nginx would keep events back
    return streamSSE(http, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const signal = anySignal(gone.signal, this.#ending.signal);
      const alive = setInterval(
        () => void stream.write(SIGN_OF_LIFE).catch(() => gone.abort()),
        SIGN_OF_LIFE_MS,
      );
      try {
        for await (const events of tell(signal)) {
          await stream.write([events].flat().map(blockOf).join("") || SIGN_OF_LIFE);
          if (signal.aborted) break;
        }
      } catch (error) {
        if (!signal.aborted)
          this.#log.error(
            { because: messageOf(error) },
            "event stream closed because of an error; the client reconnects",
          );
      } finally {
        clearInterval(alive);
        this.#open -= 1;
        const left = (this.#openBy.get(who) ?? 1) - 1;
        if (left > 0) this.#openBy.set(who, left);
        else this.#openBy.delete(who);
      }
    });
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }
}
