import { EXIT } from "./exit.ts";

/**
 * A signal that is aborted by the first Ctrl-C (or SIGTERM), so that what is in flight ends in good order; the
 * second one ends the process at once.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return controller.signal;
}
