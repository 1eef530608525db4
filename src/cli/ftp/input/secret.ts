import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";

/** Characters that a terminal in raw mode sends for what a person does. */
const ENTER = /[\r\n]/;
const ERASE = new Set(["\x7f", "\b"]);
const END = new Set(["\x03", "\x04"]);

/** Asks at the terminal of this process, without showing what is typed; undefined where there is no terminal. */
export async function askTerminal(question: string): Promise<string | undefined> {
  let terminal: number;
  try {
    terminal = openSync("/dev/tty", "r+");
  } catch {
    return undefined;
  }
  const input = new ReadStream(terminal);
  try {
    // Before the question: who reads it may type at once.
    input.setRawMode(true);
    writeSync(terminal, question);
    return await typed(input);
  } finally {
    input.setRawMode(false);
    writeSync(terminal, "\n");
    input.destroy();
    try {
      closeSync(terminal);
    } catch {
      // The stream has closed it.
    }
  }
}

/** What is typed up to the end of the line; undefined where it is given up. */
function typed(input: ReadStream): Promise<string | undefined> {
  return new Promise((tell) => {
    let line = "";
    input.on("end", () => tell(undefined));
    input.on("data", (chunk: Buffer) => {
      for (const letter of chunk.toString("utf8")) {
        if (ENTER.test(letter)) return tell(line);
        if (END.has(letter)) return tell(undefined);
        line = ERASE.has(letter) ? line.slice(0, -1) : line + letter;
      }
      return undefined;
    });
  });
}
