import type { Stream } from "./screen.ts";

/** How long a line may wait for others before a program gets it: each write wakes its reader. */
const WAIT_MS = 25;
/** Characters that are too many to wait with. */
const MAX_WAITING = 65_536;

/** A stream that is given lines in few pieces; what waits when the process ends is written then. A terminal stays as it is. */
export function gathered(stream: Stream): Stream {
  if (stream.isTTY === true) return stream;
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== "") stream.write(waiting);
    waiting = "";
  };
  process.once("beforeExit", flush).once("exit", flush);
  return {
    write(text) {
      waiting += text;
      if (waiting.length > MAX_WAITING) flush();
      else timer ??= setTimeout(flush, WAIT_MS).unref();
    },
  };
}
