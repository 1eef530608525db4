import type { Stream } from "./screen.ts";

/** A stream that is given what is written in one turn of the event loop in one piece; a terminal stays as it is. */
export function gathered(stream: Stream): Stream {
  if (stream.isTTY === true) return stream;
  let waiting = "";
  const flush = () => {
    stream.write(waiting);
    waiting = "";
  };
  return {
    write(text) {
      if (waiting === "") setImmediate(flush);
      waiting += text;
    },
  };
}
