import type { Directories } from "../../../config/load/directories.ts";
import { createInterface, type Interface } from "node:readline";
import type { ConsoleSession } from "../../../console/session.ts";
import { completeLine, wordAt } from "./completion.ts";
import { InputHistory } from "./history.ts";
import { searchable } from "./history-search.ts";
import type { Input } from "../io.ts";
import type { Performer } from "../performer.ts";
import { askTerminal } from "./secret.ts";

/** Lines that a person types, with editing, history and completion. */
export class TerminalInput implements Input {
  readonly #directories: Directories;
  readonly #history = new InputHistory();
  readonly #isEdited: boolean;
  #interface: Interface | undefined;
  #controller = new AbortController();
  #isBusy = false;
  #session: ConsoleSession | undefined;
  #performer: Performer | undefined;

  constructor(isEdited: boolean, directories: Directories) {
    this.#isEdited = isEdited;
    this.#directories = directories;
    process.on("SIGINT", () => this.#interrupt());
  }

  /** What is carried out next ends when somebody presses Ctrl-C; pressed once more, its connection goes as well. */
  interruption(): AbortSignal {
    this.#controller = new AbortController();
    this.#isBusy = true;
    return this.#controller.signal;
  }

  reading(session: ConsoleSession, performer: Performer): void {
    this.#session = session;
    this.#performer = performer;
    this.#isBusy = false;
  }

  async next(prompt: string): Promise<string | undefined> {
    const isEdited = this.#isEdited && this.#session?.toggles.edit !== false;
    const line = await this.#line(prompt, isEdited);
    if (line !== undefined) this.#history.add(line);
    return line;
  }

  async ask(question: string, isHidden: boolean): Promise<string | undefined> {
    return isHidden ? askTerminal(question) : this.#line(question, false);
  }

  answer(question: string): Promise<string | undefined> {
    return this.#line(question, false);
  }

  close(): void {
    this.#interface?.close();
    this.#history.save();
  }

  /** One interface for each line: between them, the terminal is the commands' own. */
  #line(prompt: string, isEdited: boolean): Promise<string | undefined> {
    const reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: isEdited && process.env["TERM"] !== "dumb",
      historySize: 1_000,
      ...(isEdited ? { history: [...this.#history.lines], completer: this.#completer } : { history: [] }),
    });
    this.#interface = reader;
    if (isEdited && reader.terminal) searchable(reader, this.#history.lines);
    return new Promise((tell) => {
      let isOver = false;
      const over = (line: string | undefined) => {
        if (isOver) return;
        isOver = true;
        reader.close();
        this.#interface = undefined;
        tell(line);
      };
      reader.on("SIGINT", () => {
        process.stdout.write("^C\n");
        over("");
      });
      reader.on("close", () => {
        if (!isOver) process.stdout.write("\n");
        over(undefined);
      });
      reader.question(prompt, over);
    });
  }

  readonly #completer = (line: string, tell: (error: null, found: [string[], string]) => void): void => {
    const [session, performer] = [this.#session, this.#performer];
    if (session === undefined || performer === undefined) return tell(null, [[], line]);
    completeLine(line, session, performer, this.#directories).then(
      (found) => tell(null, [ended(found), wordAt(line)]),
      () => tell(null, [[], line]),
    );
  };

  #interrupt(): void {
    if (!this.#isBusy) return;
    if (!this.#controller.signal.aborted) return this.#controller.abort();
    for (const on of ["first", "second"] as const) this.#performer?.link(on)?.destroy();
    process.stderr.write("connection closed\n");
  }
}

/** The only word that is possible is followed by the next one, unless it leads into a directory. */
function ended(found: readonly string[]): string[] {
  const [only = ""] = found;
  return found.length === 1 && !/\/"?$/.test(only) ? [`${only} `] : [...found];
}
