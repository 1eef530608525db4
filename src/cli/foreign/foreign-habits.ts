import { FOREIGN_COMMANDS, FOREIGN_OPTIONS, type Habit } from "./foreign-names.ts";

/** The options that each command here has, by the command's name: `--parallel`, `-n` … */
type OwnOptions = ReadonlyMap<string, ReadonlySet<string>>;

/** A command's options, where it is one with options that this program reads. */
export function ownOptions(
  commands: readonly {
    readonly name: () => string;
    readonly options: readonly { readonly short?: string; readonly long?: string }[];
  }[],
): OwnOptions {
  return new Map(
    commands.map((command) => {
      const flags = command.options.flatMap(({ short, long }) => [short, long]);
      return [command.name(), new Set(flags.filter((flag) => flag !== undefined))];
    }),
  );
}

/** The options here that a habit's sentence names. */
export function optionsIn(here: string): readonly string[] {
  return [...here.matchAll(/(?<=^|\s)--?[A-Za-z][A-Za-z0-9-]*/g)].map(([flag]) => flag);
}

/** The commands here for which the answer to an option applies unchanged. */
export function habitCommands({ here, on }: Habit, own: OwnOptions): readonly string[] {
  const isEachThere = (flags: ReadonlySet<string>) => optionsIn(here).every((flag) => flags.has(flag));
  if (on !== undefined) return on;
  return optionsIn(here).length === 0 || here.startsWith("no option")
    ? [...own.keys()]
    : [...own].filter(([, flags]) => isEachThere(flags)).map(([name]) => name);
}

/** The option here, with the value that was given. */
function written(pattern: string, value: string | undefined): string {
  return pattern.replace("%", value ?? "VALUE");
}

/** What the rows say of one option, on this command if they know it there, else on others. */
function answers(
  name: string,
  typed: string,
  value: string | undefined,
  command: string,
  own: OwnOptions,
): readonly string[] {
  const rows = FOREIGN_OPTIONS.filter(({ names }) => names.includes(name));
  const here = rows.filter((one) => habitCommands(one, own).includes(command));
  return (here.length > 0 ? here : rows).map((one) => {
    const elsewhere = habitCommands(one, own).filter((other) => own.has(other));
    const where =
      here.length > 0
        ? "here"
        : `of ${elsewhere
            .slice(0, 2)
            .map((other) => `fxpd ${other}`)
            .join(" and ")}`;
    const shown =
      value !== undefined && one.here.includes("%") && !typed.includes(value) ? `${typed} ${value}` : typed;
    const [, reason] = /^no option: (.*)$/s.exec(written(one.here, value)) ?? [];
    if (reason !== undefined) return `fxpd has no ${shown} (${one.from}): ${reason}`;
    return `${shown} (${one.from}) is ${written(one.here, value)} ${where}`;
  });
}

/** The word of the command line that the parser split up: it reads -nopermissions as -n and -opermissions. */
function typedOption(word: string, args: readonly string[]): string {
  if (args.includes(word) || word.startsWith("--")) return word;
  return args.find((arg) => /^-[^-]/.test(arg) && arg.endsWith(word.slice(1))) ?? word;
}

/**
 * What an unknown option of the command line is called here.
 * @param word as the parser names it, such as `--transfers`, `--transfers=8` or `-P8`
 * @param args the whole command line, the command first
 * @returns sentences; none where nobody is known to have such an option
 */
export function optionHere(word: string, args: readonly string[], own: OwnOptions): readonly string[] {
  const command = args.find((arg) => own.has(arg)) ?? "";
  const option = typedOption(word, args);
  const [name = "", given] = option.split(/=(.*)/s);
  const isKnown = (one: string) => FOREIGN_OPTIONS.some(({ names }) => names.includes(one));
  if (isKnown(name)) {
    const after = args[args.indexOf(option) + 1];
    const next = args.includes(option) && after !== undefined && !after.startsWith("-") ? after : undefined;
    return answers(name, option, given ?? next, command, own);
  }
  if (!/^-[^-]./.test(option)) return [];
  const [first = "", rest] = [option.slice(0, 2), option.slice(2)];
  if (/^\d/.test(rest) && isKnown(first)) return answers(first, option, rest, command, own);
  // Several letters behind one dash, each an option of its own.
  const letters = [...option.slice(1)].map((letter) => `-${letter}`);
  const ours = own.get(command) ?? new Set();
  if (!letters.every((letter) => isKnown(letter) || ours.has(letter))) return [];
  return letters
    .filter((letter) => !ours.has(letter))
    .flatMap((letter) => answers(letter, letter, undefined, command, own));
}

/** What an unknown command is called here; as {@link optionHere}. */
export function commandHere(name: string): readonly string[] {
  return FOREIGN_COMMANDS.filter(({ names }) => names.includes(name)).map(
    ({ from, here }) => `${name} (${from}) is ${here} here`,
  );
}

/** Options that stand before the command, where other programs have them. */
function misplaced(word: string, args: readonly string[], own: OwnOptions): readonly string[] {
  const at = args.findIndex((arg) => own.has(arg));
  const command = args[at] ?? "";
  const [flag = word] = word.split("=");
  if (at < 1 || args.indexOf(word) > at || own.get(command)?.has(flag) !== true) return [];
  return [`options follow the command: fxpd ${command} ${flag} …`];
}

/** An error of the parser, with what the word is called here instead of its own guess. */
export function withHabit(message: string, args: readonly string[], own: OwnOptions): string {
  const [, kind, word = ""] = /unknown (option|command) '([^']*)'/.exec(message) ?? [];
  const ofOption = () => [...misplaced(word, args, own), ...optionHere(word, args, own)];
  const here = kind === "option" ? ofOption() : kind === "command" ? commandHere(word) : [];
  if (here.length === 0) return message;
  const withoutGuess = message.replace(/\n\(Did you mean [^\n]*\)/, "").trimEnd();
  return `${withoutGuess}\n${here.map((sentence) => `(${sentence})\n`).join("")}`;
}
