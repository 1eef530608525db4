import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";

/** Characters that a terminal in raw mode sends for what a person does. */
const ENTER = /[\r\n]/;
const ERASE = new Set(["\x7f", "\b"]);
const KILL = "\x15";
const INTERRUPT = "\x03";
const END = "\x04";

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
    let text = "";
    input.on("end", () => tell(undefined));
    input.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const line = hiddenLine(text);
      if (line !== undefined) tell(typeof line === "string" ? undefined : line.line);
    });
  });
}

/**
 * The first line of what was typed at a terminal in raw mode, with erased characters left out, and what follows it;
 * undefined where it has not ended yet.
 */
export function hiddenLine(
  text: string,
): { readonly line: string; readonly rest: string } | "given up" | "interrupted" | undefined {
  let line = "";
  let at = 0;
  for (const letter of text) {
    at += letter.length;
    if (ENTER.test(letter)) return { line, rest: text.slice(at) };
    if (letter === INTERRUPT) return "interrupted";
    if (letter === END) return "given up";
    if (letter === KILL) line = "";
    else line = ERASE.has(letter) ? [...line].slice(0, -1).join("") : line + letter;
  }
  return undefined;
}
