/** A command as completion knows it. */
export interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletableOption[];
  /** Names of its arguments; the last may stand for many. */
  readonly arguments: readonly string[];
  readonly isVariadic: boolean;
  readonly commands: readonly Completable[];
}

interface CompletableOption {
  /** `-n`, `--dry-run`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What its value is called: `file`, `policy`; absent: it has none. */
  readonly value?: string;
}

/** A word that may come next, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What may be typed at the cursor. */
export type Completion =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "job" | "host" | "location" | "file" | "nothing" };

/** Values of options that are one of a few words. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--fxp": ["prefer", "only", "never"],
  "--verify": ["size", "digest", "require-digest", "off"],
  "--resume-check": ["record", "readback", "digest"],
  "--on-exists": ["overwrite", "skip", "newer", "fail", "unique"],
  "--compare": ["size", "time", "size+time", "digest"],
  "--links": ["follow", "follow-all", "skip", "copy"],
  "--segments": ["auto", "2", "4", "8"],
  "--tls": ["required", "prefer", "off"],
  "--sort": ["name", "size", "time"],
};

/** What is asked for by the names of arguments. */
const ARGUMENTS: readonly (readonly [RegExp, "job" | "host" | "location" | "file"])[] = [
  [/^(job|run\|job)$/, "job"],
  [/^host$/, "host"],
  [/^(location|source|target|from|to)/, "location"],
  [/^(file|path)/, "file"],
];

/**
 * What may replace the last word, which may be empty.
 * @param words those after the program's name
 */
export function wantedAt(program: Completable, words: readonly string[]): Completion {
  let command = program;
  let place = 0;
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  for (let at = 0; at < before.length; at += 1) {
    const word = before[at] ?? "";
    if (word.startsWith("-") && word !== "-") {
      const option = optionOf(command, word);
      if (option?.value !== undefined && !word.includes("=")) {
        at += 1;
        if (at === before.length) return valuesOf(option);
      }
      continue;
    }
    const inner = place === 0 ? command.commands.find(({ name }) => name === word) : undefined;
    if (inner === undefined) place += 1;
    else command = inner;
  }
  if (current.startsWith("-")) return optionsOf(command);
  if (command.commands.length > 0 && place === 0)
    return words_(command.commands.map(({ name, summary }) => ({ word: name, about: summary })));
  const last = command.arguments.length - 1;
  const name = command.arguments[place > last && command.isVariadic ? last : place];
  if (name === undefined) return { kind: "nothing" };
  if (name === "shell")
    return words_(["bash", "zsh", "fish", "powershell"].map((word) => ({ word, about: "" })));
  return { kind: ARGUMENTS.find(([pattern]) => pattern.test(name))?.[1] ?? "nothing" };
}

function words_(candidates: readonly Candidate[]): Completion {
  return { kind: "words", candidates };
}

function optionOf(command: Completable, word: string): CompletableOption | undefined {
  const [flag = ""] = word.split("=");
  return command.options.find(({ flags }) => flags.includes(flag));
}

function optionsOf({ options }: Completable): Completion {
  return words_(options.map(({ flags, description }) => ({ word: flags.at(-1) ?? "", about: description })));
}

function valuesOf({ flags, value = "" }: CompletableOption): Completion {
  const values = flags.flatMap((flag) => VALUES[flag] ?? []);
  if (values.length > 0) return words_(values.map((word) => ({ word, about: "" })));
  return {
    kind:
      value === "name" && flags.includes("--job")
        ? "job"
        : /^(file|path|dir)/.test(value)
          ? "file"
          : "nothing",
  };
}

/** The words of a line up to the cursor, as a shell has them; the last may be empty, or a quote without an end. */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s"'\\]|\\[^]?|'[^']*'?|"(?:[^"\\]|\\[^])*"?)*)/y;
  while (pattern.lastIndex < line.length || words.length === 0) {
    const [, raw = ""] = pattern.exec(line) ?? [];
    words.push(
      raw.replace(
        /\\([^])|'([^']*)'?|"((?:[^"\\]|\\[^])*)"?/g,
        (_, one?: string, two?: string, three?: string) =>
          one ?? two ?? three?.replace(/\\([^])/g, "$1") ?? "",
      ),
    );
    if (raw === "") break;
  }
  if (words.at(-1) !== "" && /\s$/.test(line) && !/\\\s$/.test(line)) words.push("");
  return words.slice(1);
}
