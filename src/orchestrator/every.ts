import type { Clock } from "../shared/clock.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";

/** Does something again and again, never twice at once, until its scope ends; what goes wrong is logged. */
export function every(
  ms: number,
  what: string,
  act: (signal: AbortSignal) => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): AsyncDisposable {
  const ending = new AbortController();
  const loop = async () => {
    while (!ending.signal.aborted) {
      await act(ending.signal).catch((error: unknown) => {
        if (!ending.signal.aborted) log.warn({ because: messageOf(error) }, what);
      });
      await clock.sleep(ms, ending.signal).catch(() => {});
    }
  };
  const ended = loop();
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await ended;
    },
  };
}
