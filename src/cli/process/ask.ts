import { createInterface } from "node:readline";
import { printable } from "../../shared/printable.ts";
import { counted } from "../../shared/units.ts";

/** Something that is only done if a person agrees. */
export interface Question {
  /** What is about to be done, such as `edge:/pub: delete 2 files`. */
  readonly what: string;
  /** All that it is done to. */
  readonly names: readonly string[];
}

/** @returns whether the person agrees; end of input is no */
export type Ask = (question: Question, signal: AbortSignal) => Promise<boolean>;

/** Names that the question itself has; the others are listed on request. */
const SHOWN = 5;

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks on a terminal, one question at a time.
 * @param pause does something while nothing else is written to the terminal
 */
export function questionsOn(
  terminal: Terminal,
  pause: <T>(act: () => Promise<T>) => Promise<T> = (act) => act(),
): Ask {
  let turn: Promise<unknown> = Promise.resolve();
  return (question, signal) => {
    const asked = turn.then(() => pause(() => askOne(terminal, question, signal)));
    turn = asked.catch(() => {});
    return asked;
  };
}

async function askOne(
  { input, output }: Terminal,
  { what, names }: Question,
  signal: AbortSignal,
): Promise<boolean> {
  const rest = names.length - SHOWN;
  const first = names.slice(0, SHOWN).join(", ");
  const text = printable(`${what}: ${first}${rest > 0 ? ` and ${rest} more` : ""}`);
  signal.throwIfAborted();
  // The terminal itself edits the line, so that Ctrl-C stays a signal.
  const lines = createInterface({ input, terminal: false, signal });
  const answers = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      output.write(`${text}? [y]es, [N]o, [l]ist all: `);
      const { value = "" } = (await answers.next()) as { readonly value?: string };
      signal.throwIfAborted();
      const answer = value.trim().toLowerCase();
      if (answer !== "l" && answer !== "list") return answer === "y" || answer === "yes";
      output.write(names.map((name) => `  ${printable(name)}\n`).join(""));
    }
  } finally {
    lines.close();
  }
}

/** `2 files and 1 directory` */
export function countedFiles(files: number, directories: number): string {
  const parts = [
    ...(files > 0 || directories === 0 ? [counted(files, "file")] : []),
    ...(directories > 0 ? [counted(directories, "directory", "directories")] : []),
  ];
  return parts.join(" and ");
}
