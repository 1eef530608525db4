import { ImportError } from "../imported.ts";

/** A word of a command, without its quotes. */
export interface Word {
  readonly text: string;
  /** Whether the shell would have put something in its place: `$X`, or a command in backquotes. */
  readonly isExpanded: boolean;
  /** Whether any of it was quoted, so that `~` and wildcards are themselves. */
  readonly isQuoted: boolean;
}

/** Text that is read as commands or a script. */
export interface ScriptText {
  readonly text: string;
  /** Whether the shell would have put something in the place of `$X` in it first. */
  readonly isExpanded: boolean;
}

/** One simple command. */
export interface ScriptLine {
  readonly words: readonly Word[];
  /** 1 … */
  readonly line: number;
  /** What comes after it, for the shell: `|`, `&&`, `;`. */
  readonly end: string;
  /** The text after `<<END`, and the line on which it begins. */
  readonly here?: ScriptText & { readonly line: number };
  /** The files after `<` and `>`, in the shell. */
  readonly input?: string;
  readonly output?: string;
  /** Whether the output is added to the file: `>>`. */
  readonly appends?: boolean;
}

/** What is read: a shell's line, or a script of lftp, which knows no variables and no redirection of its input. */
type Dialect = "shell" | "lftp";

const BLANK = /[ \t\r]/;
const MOST_COMMANDS = 100_000;
const MOST_REPLACED = 1_000_000;
/** What a shell replaces: anything else after a dollar is itself. */
export const EXPANSION = /`|\$[A-Za-z_0-9{(@*#?$!-]/;

/** What to do about such a thing. */
export function unknownIn(what: string): string {
  return `${what} has a variable or a command of the shell in it; write its value in its place`;
}

/** `$NAME` or `${NAME}`. */
const VARIABLE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g;

/**
 * Simple commands of a text, quotes removed. `#` begins a comment where a word could.
 * @param first number of the first line
 * @param variables of the shell, to which assignments in the text are added
 * @throws ImportError for a quote without an end, and for more than anybody writes
 */
export function splitCommands(
  text: string,
  dialect: Dialect,
  first = 1,
  variables = new Map<string, string>(),
): readonly ScriptLine[] {
  return new Splitter(text, dialect, first, variables).commands();
}

/** Of redirections. */
type Files = { -readonly [K in "input" | "output" | "appends"]?: ScriptLine[K] };

class Splitter {
  readonly #text: string;
  readonly #dialect: Dialect;
  #at = 0;
  #line: number;
  readonly #variables: Map<string, string>;
  /** What variables have been replaced by, in characters: each may hold the one before it twice. */
  #replaced = 0;

  constructor(text: string, dialect: Dialect, first: number, variables: Map<string, string>) {
    this.#text = text;
    this.#dialect = dialect;
    this.#line = first;
    this.#variables = variables;
  }

  commands(): readonly ScriptLine[] {
    const all: ScriptLine[] = [];
    while (this.#at < this.#text.length) {
      const command = this.#command();
      if (command.words.length > 0 || command.output !== undefined) all.push(command);
      if (this.#dialect === "shell") this.#assign(command);
      if (all.length > MOST_COMMANDS) throw new ImportError(`more than ${MOST_COMMANDS} commands`);
    }
    return all;
  }

  #command(): ScriptLine {
    const words: Word[] = [];
    let hereEnd: Word | undefined;
    const files: Files = {};
    let line = 0;
    for (;;) {
      this.#skipBlanks();
      const letter = this.#text[this.#at];
      const end = this.#endHere();
      if (end !== undefined) {
        const begin = line || this.#line;
        const command = { words, line: begin, end, ...files };
        return hereEnd === undefined || end !== "\n" ? command : { ...command, here: this.#here(hereEnd) };
      }
      if (letter === "#") this.#skipComment();
      else if (/[<>]|\d>/y.test(this.#text.slice(this.#at, this.#at + 2)))
        hereEnd = this.#redirection(files) ?? hereEnd;
      else {
        line ||= this.#line;
        words.push(this.#word());
      }
    }
  }

  /** `NAME=VALUE`, also after `export`. */
  #assign({ words }: ScriptLine): void {
    for (const { text, isExpanded } of words) {
      if (text === "export") continue;
      const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
      if (name === undefined || value === undefined) return;
      if (isExpanded) this.#variables.delete(name);
      else this.#variables.set(name, value);
    }
  }

  /** The lines up to one that is nothing but the end. */
  #here({ text: end, isQuoted }: Word): ScriptText & { readonly line: number } {
    const line = this.#line;
    const lines: string[] = [];
    while (this.#at < this.#text.length) {
      const stop = this.#text.indexOf("\n", this.#at);
      const one = this.#text.slice(this.#at, stop === -1 ? undefined : stop).replace(/\r$/, "");
      this.#at = stop === -1 ? this.#text.length : stop + 1;
      this.#line += 1;
      if (one.trim() === end) break;
      lines.push(one);
    }
    const text = lines.join("\n");
    return { text: isQuoted ? text : this.#substituted(text), isExpanded: !isQuoted, line };
  }

  #substituted(text: string): string {
    return text.replace(
      VARIABLE,
      (all, name: string, braced: string) => this.#valueOf(name ?? braced) ?? all,
    );
  }

  /** @throws ImportError where values have grown without bound */
  #valueOf(name: string): string | undefined {
    const value = this.#variables.get(name);
    this.#replaced += value?.length ?? 0;
    if (this.#replaced > MOST_REPLACED) throw new ImportError(`line ${this.#line}: variables are too long`);
    return value;
  }

  #isExpansion(): boolean {
    return EXPANSION.test(this.#text.slice(this.#at, this.#at + 2));
  }

  /** What the variable is that begins here; undefined where it is not known. */
  #variable(): string | undefined {
    const pattern = new RegExp(VARIABLE.source, "y");
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    const value = found === null ? undefined : this.#valueOf(found[1] ?? found[2] ?? "");
    if (found !== null && value !== undefined) this.#at = pattern.lastIndex;
    return value;
  }

  /** Takes what ends a command; undefined where nothing does. */
  #endHere(): string | undefined {
    if (this.#at >= this.#text.length) return "";
    const [end] = /^(?:&&|\|\||[;\n&|])/.exec(this.#text.slice(this.#at, this.#at + 2)) ?? [];
    if (end === undefined) return undefined;
    this.#at += end.length;
    if (end === "\n") this.#line += 1;
    return end;
  }

  #skipBlanks(): void {
    for (;;) {
      if (BLANK.test(this.#text[this.#at] ?? "")) this.#at += 1;
      else if (this.#text.startsWith("\\\n", this.#at)) this.#continue(2);
      else if (this.#text.startsWith("\\\r\n", this.#at)) this.#continue(3);
      else return;
    }
  }

  /** A line that goes on on the next one. */
  #continue(length: number): void {
    this.#at += length;
    this.#line += 1;
  }

  #skipComment(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  /** `>file`, `2>&1`, `<<END`. @returns the word that ends a text which follows */
  #redirection(files: Files): Word | undefined {
    const pattern = /\d?(?:<<<|<<-?|>>|[<>]&?)/y;
    pattern.lastIndex = this.#at;
    const [operator = " "] = pattern.exec(this.#text) ?? [];
    this.#at += operator.length;
    this.#skipBlanks();
    if (this.#endIsNext()) return undefined;
    const word = this.#word();
    if (operator === "<") files.input = word.text;
    if (/^1?>>?$/.test(operator)) {
      files.output = word.text;
      files.appends = operator.endsWith(">>");
    }
    return /^\d?<<-?$/.test(operator) ? word : undefined;
  }

  #endIsNext(): boolean {
    return this.#at >= this.#text.length || /[;\n&|]/.test(this.#text[this.#at] ?? "");
  }

  #word(): Word {
    let text = "";
    let [isExpanded, isQuoted] = [false, false];
    const isShell = this.#dialect === "shell";
    for (; this.#at < this.#text.length; ) {
      const letter = this.#text[this.#at] ?? "";
      if (BLANK.test(letter) || /[;\n&|<>]/.test(letter)) break;
      if (letter === "'" || letter === '"') {
        isQuoted = true;
        const quoted = this.#quoted(letter);
        text += quoted.text;
        isExpanded ||= quoted.isExpanded;
      } else if (letter === "\\") {
        isQuoted = true;
        if (this.#text.startsWith("\\\n", this.#at)) this.#continue(2);
        else {
          text += this.#text[this.#at + 1] ?? "";
          this.#at += 2;
        }
      } else {
        const value = isShell && letter === "$" ? this.#variable() : undefined;
        text += value ?? letter;
        if (value !== undefined) continue;
        isExpanded ||= isShell && this.#isExpansion();
        this.#at += 1;
      }
    }
    return { text, isExpanded, isQuoted };
  }

  #quoted(quote: string): { readonly text: string; readonly isExpanded: boolean } {
    const line = this.#line;
    let text = "";
    let isExpanded = false;
    for (this.#at += 1; this.#text[this.#at] !== quote; this.#at += 1) {
      const letter = this.#text[this.#at];
      if (letter === undefined) throw new ImportError(`line ${line}: a quote (${quote}) has no end`);
      if (letter === "\n") this.#line += 1;
      const next = this.#text[this.#at + 1] ?? "";
      if (letter === "\\" && this.#isEscape(quote, next)) {
        this.#at += 1;
        if (next === "\n") this.#line += 1;
        else text += next;
        continue;
      }
      const isOpen = quote === '"' && this.#dialect === "shell";
      const value = isOpen && letter === "$" ? this.#variable() : undefined;
      text += value ?? letter;
      if (value === undefined) isExpanded ||= isOpen && this.#isExpansion();
      else this.#at -= 1;
    }
    this.#at += 1;
    return { text, isExpanded };
  }

  /** In lftp a backslash escapes the quote that surrounds it, and itself; in a shell nothing in single quotes. */
  #isEscape(quote: string, next: string): boolean {
    if (this.#dialect === "lftp") return next === quote || next === "\\";
    return quote === '"' && /["\\$`\n]/.test(next);
  }
}
