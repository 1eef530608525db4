import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/logger.ts";
import { Complaints } from "./complaints.ts";

/** Does something again and again, never twice at once, until its scope ends; what goes wrong is logged once. */
export function every(
  ms: number,
  what: string,
  act: (signal: AbortSignal) => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): AsyncDisposable {
  const ending = new AbortController();
  const complaints = new Complaints(log);
  const loop = async () => {
    while (!ending.signal.aborted) {
      await act(ending.signal).then(
        () => complaints.over(what),
        (error: unknown) => {
          if (!ending.signal.aborted) complaints.tell(what, error);
        },
      );
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
