import type { ConsoleIo } from "../io.ts";

/** Where nobody says how wide the terminal is. */
const USUAL_COLUMNS = 80;

const CLEAR = "\r\x1b[K";

/** The same terminal with a line below all others that is written anew; whatever else is written takes it away first. */
export function withLiveLine(io: ConsoleIo, columns: () => number | undefined): ConsoleIo {
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) io.err(CLEAR);
    isDrawn = false;
  };
  return {
    ...io,
    out(text) {
      clear();
      io.out(text);
    },
    err(text) {
      clear();
      io.err(text);
    },
    live: {
      // A terminal whose size nobody has set has 0 columns.
      columns: () => columns() || USUAL_COLUMNS,
      draw(text) {
        io.err(`${CLEAR}${text}`);
        isDrawn = true;
      },
      clear,
    },
  };
}
