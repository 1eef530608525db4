import { type ConsoleCommand, findCommand } from "./command.ts";
import { promptFor, type Routine } from "./effects.ts";
import { ConsoleError, UsageError } from "./errors.ts";
import type { ConsoleSession } from "./session.ts";
import { type ConsoleLine, wordsOf } from "./grammar/words.ts";

/** The command that a name means. @throws UsageError */
export function lookUpCommand(name: string, commands: readonly ConsoleCommand[]): ConsoleCommand {
  const found = findCommand(name, commands);
  if (found.kind === "command") return found.command;
  if (found.kind === "ambiguous")
    throw new UsageError(`?Ambiguous command: ${name} may be ${found.names.join(", ")}`);
  const hint = found.nearest === undefined ? "help lists the commands" : `did you mean ${found.nearest}?`;
  throw new UsageError(`?Invalid command: ${name}; ${hint}`);
}

export function requireServer({ servers, at }: ConsoleSession, { needsServer }: ConsoleCommand): void {
  if (needsServer && servers[at] === undefined) throw new ConsoleError("Not connected.");
}

/** The line with the words that it cannot do without, asked for as the classic clients do: a script's next line. */
export function* completed(line: ConsoleLine, command: ConsoleCommand): Routine<ConsoleLine> {
  let { words, rest } = line;
  for (const wanted of command.missing.slice(words.length)) {
    if (words.length >= command.missing.length) break;
    const more = yield* promptFor(`(${wanted}) `);
    const added = wordsOf(more ?? "");
    if (more === undefined || added.length === 0) throw new UsageError(`usage: ${command.usage}`);
    words = [...words, ...added];
    rest = `${rest} ${more.trim()}`.trim();
  }
  for (const wanted of line.words.length === 0 ? (command.alsoAsked ?? []) : []) {
    const more = yield* promptFor(`(${wanted}) `);
    words = [...words, ...wordsOf(more ?? "")];
  }
  return { ...line, words, rest };
}
