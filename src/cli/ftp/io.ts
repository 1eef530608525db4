import type { ConsoleReporter } from "./shown/console-event.ts";

/** What the console is given to read from and write to. */
export interface ConsoleIo {
  readonly out: (text: Uint8Array | string) => void;
  readonly err: (text: string) => void;
  /** For programs: gets each event as it happens; absent: people read what is written. */
  readonly tell?: ConsoleReporter;
  /** Whether what is written is seen on a terminal: control characters of servers are then written out. */
  readonly isTerminal: boolean;
  /** The line that is written anew; absent: there can be none. */
  readonly live?: {
    readonly columns: () => number;
    readonly draw: (text: string) => void;
    readonly clear: () => void;
  };
  /** The directory that local names begin at, until `lcd`. */
  readonly directory: string;
}

/** Where command lines come from. */
export interface Input {
  /** The next line, without its end; undefined where there is none. */
  next(prompt: string): Promise<string | undefined>;
  /** What somebody says to a question, or the next line of a script. */
  ask(question: string, isHidden: boolean): Promise<string | undefined>;
  /** An answer to a question that may go unanswered: in a script, its next line where that is one. */
  answer(question: string): Promise<string | undefined>;
  close(): void;
}
