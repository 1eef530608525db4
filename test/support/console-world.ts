import type { Effect, Local, LocalFacts, Transferred } from "../../src/console/effects.ts";
import { executeLine } from "../../src/console/interpreter.ts";
import { newSession, IMAGE, type ConsoleSession, type Which } from "../../src/console/session.ts";
import type { ListingEntry } from "../../src/ftp/listing/entry.ts";
import type { Reply } from "../../src/ftp/reply.ts";

/** What a console finds in a test's world; whatever is not said is as on a server where all goes well. */
export interface World {
  /** Replies by the command as it is sent. */
  readonly replies?: Readonly<Record<string, string>>;
  /** Names in directories of the server; those that end in a slash are directories. */
  readonly there?: Readonly<Record<string, readonly string[]>>;
  /** When files of the server were modified, in milliseconds since 1970. */
  readonly times?: Readonly<Record<string, number>>;
  /** Files of this machine. */
  readonly here?: Readonly<Record<string, Partial<LocalFacts>>>;
  /** Lines of files of this machine. */
  readonly lines?: Readonly<Record<string, readonly string[]>>;
  /** Names of host files. */
  readonly hosts?: readonly string[];
  /** Where commands take effect on the server. */
  readonly directory?: string;
  /** What a script has behind each command, or a person says. */
  readonly answers?: readonly string[];
  /** Paths of files that cannot be moved. */
  readonly broken?: ReadonlyMap<string, Error>;
}

/** What a console did in it. */
export interface Played {
  readonly session: ConsoleSession;
  readonly out: string;
  readonly err: string;
  /** Commands as they were sent; of the second server, after `2:`. */
  readonly sent: readonly string[];
  /** Files as they were moved: `server:path -> local:path`. */
  readonly moved: readonly string[];
  /** Commands of the shell. */
  readonly shells: readonly string[];
  /** Commands of fxpd itself. */
  readonly programs: readonly string[];
  /** What was asked; a question whose answer is not shown ends with `(hidden)`. */
  readonly questions: readonly string[];
}

/** A session that is connected to one server, or to both. */
export function connected(
  which: "first" | "both" = "first",
  change: Partial<ConsoleSession> = {},
): ConsoleSession {
  const first = { name: "one", representation: IMAGE };
  const servers = which === "first" ? { first } : { first, second: { name: "two", representation: IMAGE } };
  return newSession({ servers, ...change });
}

/** Carries out lines in a world without network and files. */
export function play(
  lines: readonly string[],
  world: World = {},
  from: ConsoleSession = connected(),
): Played {
  let [session, out, err] = [from, "", ""];
  const sent: string[] = [];
  const moved: string[] = [];
  const shells: string[] = [];
  const programs: string[] = [];
  const questions: string[] = [];
  const notes = new Set<string>();
  const answers = [...(world.answers ?? [])];
  const perform = (effect: Effect): unknown => {
    switch (effect.kind) {
      case "print":
        if (effect.to === "out") out += effect.text;
        else err += effect.text;
        return undefined;
      case "note":
        if (!notes.has(effect.text)) err += `${effect.text}\n`;
        notes.add(effect.text);
        return undefined;
      case "connect": {
        const { text, port } = effect.address;
        return port === undefined ? text : `${text}:${port}`;
      }
      case "credentials":
        return { user: "tester", password: "secret" };
      case "command": {
        const command = effect.argument === undefined ? effect.verb : `${effect.verb} ${effect.argument}`;
        sent.push(prefixed(effect.on, command));
        return replyOf(world.replies?.[command] ?? world.replies?.[effect.verb] ?? "200 well");
      }
      case "entries":
        return {
          entries: (world.there?.[effect.directory] ?? []).map((name) => entryOf(name, world.times?.[name])),
        };
      case "transfer":
        return transferred(`${placeOf(effect.from)} -> ${placeOf(effect.to)}`, effect.from.path);
      case "raw": {
        const remote = `${prefixed(effect.on, effect.path)} ${effect.verb} from ${effect.restartAt}`;
        return transferred(`raw ${remote} ${localText(effect.local)}`, effect.path);
      }
      case "list":
        moved.push(`list ${effect.verb} ${effect.argument ?? ""} ${localText(effect.local)}`);
        return undefined;
      case "local-entries":
        return Object.keys(world.here ?? {}).filter((name) => !name.includes("/"));
      case "directory":
        return world.directory;
      case "local-lines":
        return world.lines?.[effect.path] ?? [];
      case "local-facts":
        return factsOf(world.here?.[effect.path]);
      case "change-local":
        return `/here/${effect.directory}`;
      case "shell":
        shells.push(effect.command);
        return effect.command === "false" ? 1 : 0;
      case "program":
        programs.push(effect.words.join(" "));
        return effect.words.includes("--fails") ? 1 : 0;
      case "start":
        programs.push(`${effect.words.join(" ")} &`);
        return programs.length;
      case "jobs":
      case "wait":
        return programs.map((command, index) => ({
          number: index + 1,
          command,
          status: command.includes("--fails") ? 1 : 0,
        }));
      case "names":
        return world.there?.[effect.pattern] ?? [];
      case "home":
        return "/home";
      case "protection":
        return `${effect.on} is protected`;
      case "transcript":
        return undefined;
      case "conversation":
        return sent;
      case "hosts":
        return world.hosts ?? [];
      case "ask":
        questions.push(`${effect.question}${effect.isHidden ? "(hidden)" : ""}`);
        return answers.shift();
      case "answer":
        questions.push(effect.question);
        return answers.shift();
      case "disconnect":
        sent.push(prefixed(effect.on, "QUIT"));
        return undefined;
      case "settings":
        return undefined;
    }
  };
  const transferred = (text: string, path: string): Transferred => {
    const error = world.broken?.get(path);
    if (error !== undefined) throw error;
    moved.push(text);
    return { bytes: 1, seconds: 1 };
  };
  for (const line of lines) {
    const routine = executeLine(session, line);
    let step = routine.next();
    while (step.done !== true) {
      let outcome: unknown;
      try {
        outcome = perform(step.value);
      } catch (error) {
        step = routine.throw(error);
        continue;
      }
      step = routine.next(outcome);
    }
    session = step.value;
  }
  return { session, out, err, sent, moved, shells, programs, questions };
}

const prefixed = (on: Which, text: string) => (on === "second" ? `2:${text}` : text);
const placeOf = ({ on, path }: { readonly on: Which | "local"; readonly path: string }) => `${on}:${path}`;

function localText(local: Local): string {
  return local.kind === "file" ? local.path : local.kind === "pipe" ? `|${local.command}` : "-";
}

function replyOf(text: string): Reply {
  return { code: Number(text.slice(0, 3)), lines: [text.slice(4)] };
}

function entryOf(name: string, atMs?: number): ListingEntry {
  if (name.endsWith("/")) return { name: name.slice(0, -1), kind: "directory" };
  if (atMs === undefined) return { name, kind: "file" };
  return { name, kind: "file", modified: { atMs, precision: "second", zone: "utc" } };
}

function factsOf(facts: Partial<LocalFacts> | undefined): LocalFacts | undefined {
  return facts && { kind: "file", sizeBytes: 1, modifiedMs: 0, ...facts };
}
