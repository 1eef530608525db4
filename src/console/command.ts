import type { Routine } from "./effects.ts";
import type { ConsoleSession } from "./session.ts";
import type { ConsoleLine } from "./grammar/words.ts";

/** Carries out a line, as if it had been typed. */
export type RunCommand = (session: ConsoleSession, text: string) => Routine<ConsoleSession>;

/** One command of the console. */
export interface ConsoleCommand {
  readonly name: string;
  /** Whether the BSD client has it: abbreviations mean these first, so that old scripts keep their meaning. */
  readonly isClassic: boolean;
  /** Its words, as `help` shows them. */
  readonly usage: string;
  /** What it does, in a few words. */
  readonly help: string;
  /** Words that it cannot do without, and what is asked for where one is missing. */
  readonly missing: readonly string[];
  /** Words that it can do without, and that are asked for all the same where none is given at all; none: nothing. */
  readonly alsoAsked?: readonly string[];
  /** Whether it speaks to a server, and says "Not connected." without one. */
  readonly needsServer: boolean;
  /** What is completed at the place of its words. */
  readonly completes: "remote" | "local" | "toggle" | "command" | "host" | "macro" | "nothing";
  /** @param run carries out other lines: macros and `proxy` do */
  readonly run: (session: ConsoleSession, line: ConsoleLine, run: RunCommand) => Routine<ConsoleSession>;
}

type Draft = Pick<ConsoleCommand, "name" | "usage" | "help" | "run"> & Partial<ConsoleCommand>;

/** A command of the BSD client that speaks to a server. */
export function serverCommand(draft: Draft): ConsoleCommand {
  return { isClassic: true, missing: [], needsServer: true, completes: "remote", ...draft };
}

/** A command of the BSD client that concerns this side alone. */
export function localCommand(draft: Draft): ConsoleCommand {
  return { isClassic: true, missing: [], needsServer: false, completes: "nothing", ...draft };
}

/** The same command by another name. */
export function alias(
  name: string,
  of: ConsoleCommand,
  change: Partial<ConsoleCommand> = {},
): ConsoleCommand {
  return { ...of, name, usage: of.usage.replace(/^\S+/, name), ...change };
}

export type CommandLookup =
  | { readonly kind: "command"; readonly command: ConsoleCommand }
  | { readonly kind: "ambiguous"; readonly names: readonly string[] }
  | { readonly kind: "unknown"; readonly nearest: string | undefined };

/**
 * The command that a name means: the one that is called so, else the only classic one that begins so, else the only
 * other one.
 */
export function findCommand(name: string, commands: readonly ConsoleCommand[]): CommandLookup {
  const exact = commands.find((command) => command.name === name);
  if (exact !== undefined) return { kind: "command", command: exact };
  for (const isClassic of [true, false]) {
    const begin = commands.filter((one) => one.isClassic === isClassic && one.name.startsWith(name));
    const [only] = begin;
    if (only !== undefined && new Set(begin.map(({ run }) => run)).size === 1)
      return { kind: "command", command: only };
    if (begin.length > 0) return { kind: "ambiguous", names: begin.map((one) => one.name) };
  }
  return {
    kind: "unknown",
    nearest: nearestOf(
      name,
      commands.map((one) => one.name),
    ),
  };
}

/** The name that differs in the fewest letters, where these are no more than two. */
function nearestOf(name: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((one) => ({ one, distance: distanceOf(name, one) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.min(2, name.length - 1) ? best.one : undefined;
}

/** Letters to be put in, left out or exchanged to make one word of another. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const exchanged = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
