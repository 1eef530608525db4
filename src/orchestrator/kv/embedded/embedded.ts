import { setTimeout as sleep } from "node:timers/promises";
import { isCancellation, messageOf } from "../../../shared/errors.ts";
import { placeIn } from "./place.ts";
import { findRedis } from "./program.ts";
import { attend, type RedisProcess } from "./server.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** A Redis of our own, kept running until its scope ends; every process with the same data directory shares it. */
interface EmbeddedRedis extends AsyncDisposable {
  /** The unix socket it listens on. */
  readonly socket: string;
}

interface EmbeddedOptions {
  readonly dataDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called with what a person should know: that it is fetched, has ended, does not start. */
  readonly tell: (sentence: string) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Having lived that long, it did not end because of how it was started. */
const SOUND_MS = 60_000;

/**
 * Starts it, or finds it started, and starts it again whenever it ends: also when another process ran it, which has
 * ended. What was acknowledged a second before that is in its file.
 * @throws RedisError where it cannot be started the first time; StateError where its directory cannot be made
 */
export async function embeddedRedis(
  { dataDirectory, environment, tell }: EmbeddedOptions,
  signal?: AbortSignal,
): Promise<EmbeddedRedis> {
  const place = await placeIn(dataDirectory, environment);
  const program = await findRedis(environment, tell);
  const closing = new AbortController();
  const until = signal === undefined ? closing.signal : anySignal(signal, closing.signal);
  const start = () => attend(program, place, until);
  const keeping = keep(await start(), start, tell, closing.signal);
  return {
    socket: place.socket,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await keeping;
    },
  };
}

/** Ends, together with the server, when it is asked to. */
async function keep(
  first: RedisProcess,
  start: () => Promise<RedisProcess>,
  tell: (sentence: string) => void,
  closing: AbortSignal,
): Promise<void> {
  let server: RedisProcess | undefined = first;
  let pauseMs = FIRST_PAUSE_MS;
  const closed = new Promise<undefined>((resolve) => {
    closing.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  while (!closing.aborted) {
    const since = performance.now();
    const how = await Promise.race([server?.ended, closed]);
    if (closing.aborted) break;
    if (how !== undefined) tell(`the private Redis has exited (${how}); restarting it`);
    server = undefined;
    pauseMs = performance.now() - since > SOUND_MS ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    await sleep(pauseMs, undefined, { signal: closing }).catch(() => {});
    server = await start().catch((error: unknown) => {
      if (!isCancellation(error)) tell(messageOf(error));
      return undefined;
    });
  }
  await server?.stop();
}
