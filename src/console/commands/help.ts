import { type ConsoleCommand, alias, localCommand } from "../command.ts";
import { print } from "../effects.ts";
import { UsageError } from "../errors.ts";
import { exampleOf } from "../examples.ts";
import { explainCode } from "../replies.ts";

const WIDTH = 78;

/** Names in columns, read downwards. */
export function columns(names: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const across = Math.max(1, Math.floor(WIDTH / width));
  const rows = Math.ceil(names.length / across);
  return Array.from({ length: rows }, (_, row) =>
    names
      .filter((_name, index) => index % rows === row)
      .map((name) => name.padEnd(width))
      .join("")
      .trimEnd(),
  ).join("\n");
}

/** @param commands all commands, looked up when help is asked for */
export function helpCommands(commands: () => readonly ConsoleCommand[]): readonly ConsoleCommand[] {
  const meant = (word: string): readonly ConsoleCommand[] => {
    const exact = commands().filter(({ name }) => name === word);
    return exact.length > 0 ? exact : commands().filter(({ name }) => name.startsWith(word));
  };
  const help = localCommand({
    name: "help",
    usage: "help [COMMAND|REPLY]",
    help: "explain commands, or the code of a reply such as 4yz or 550",
    completes: "command",
    *run(session, { words }) {
      if (words.length === 0) {
        yield* print("Commands may be abbreviated. Commands are:\n");
        yield* print(
          columns(
            commands()
              .map(({ name }) => name)
              .sort(),
          ),
        );
        return session;
      }
      for (const word of words) {
        const code = explainCode(word);
        const found = meant(word);
        if (code === undefined && found.length === 0) throw new UsageError(`?Invalid help command ${word}`);
        if (code !== undefined) yield* print(code);
        for (const command of found) {
          const { name, help, usage } = command;
          yield* print(`${name.padEnd(12)}${help}\n            ${usage}`);
          const example = exampleOf(command, commands());
          if (example !== undefined) yield* print(`            example: ${example}`);
        }
      }
      return session;
    },
  });
  const usage = localCommand({
    name: "usage",
    isClassic: false,
    usage: "usage COMMAND",
    help: "show the words of a command",
    missing: ["command"],
    completes: "command",
    *run(session, { words }) {
      for (const word of words) {
        const found = meant(word);
        if (found.length === 0) throw new UsageError(`?Invalid usage command ${word}`);
        for (const one of found) yield* print(`usage: ${one.usage}`);
      }
      return session;
    },
  });
  return [help, alias("?", help), usage];
}
