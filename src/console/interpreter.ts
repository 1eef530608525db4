import type { RunCommand } from "./command.ts";
import { COMMANDS } from "./command-table.ts";
import type { Routine } from "./effects.ts";
import { ConsoleError } from "./errors.ts";
import { lookUpCommand, completed, requireServer } from "./lookup.ts";
import { reportError } from "./report.ts";
import type { ConsoleSession } from "./session.ts";
import { type ConsoleLine, parseLine } from "./grammar/words.ts";

/** How deep macros may call one another. */
const MAX_DEPTH = 16;

/**
 * Carries out one line. What fails is reported and counted, and the session goes on: as the classic clients do it.
 */
export function* executeLine(session: ConsoleSession, text: string): Routine<ConsoleSession> {
  return yield* atDepth(0)(session, text);
}

function atDepth(depth: number): RunCommand {
  return function* (session, text) {
    if (session.defining !== undefined) return defined(session, text);
    try {
      if (depth > MAX_DEPTH)
        throw new ConsoleError(
          `macros call one another more than ${MAX_DEPTH} deep; the line is not carried out`,
        );
      const line = parseLine(text);
      return line === undefined ? session : yield* runCommand(session, line, atDepth(depth + 1));
    } catch (error) {
      return yield* reportError(session, error);
    }
  };
}

function* runCommand(session: ConsoleSession, line: ConsoleLine, run: RunCommand): Routine<ConsoleSession> {
  const command = lookUpCommand(line.name, COMMANDS);
  requireServer(session, command);
  return yield* command.run(session, yield* completed(line, command), run);
}

/** A line of a macro's definition; an empty one ends it. */
function defined(session: ConsoleSession, text: string): ConsoleSession {
  const { defining } = session;
  const line = text.replace(/[\r\n]+$/, "");
  if (defining === undefined) return session;
  if (line.trim() !== "") return { ...session, defining: { ...defining, lines: [...defining.lines, line] } };
  return {
    ...session,
    defining: undefined,
    macros: new Map([...session.macros, [defining.name, defining.lines]]),
  };
}
