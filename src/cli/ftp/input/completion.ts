import { join } from "node:path";
import type { Directories } from "../../../config/load/directories.ts";
import { COMMANDS } from "../../../console/command-table.ts";
import type { ServerListing } from "../../../console/effects.ts";
import { findCommand } from "../../../console/command.ts";
import type { ConsoleSession, Which } from "../../../console/session.ts";
import { quoteWord, wordsOf } from "../../../console/grammar/words.ts";
import { nameOf, parentOf } from "../../../ftp/pathname.ts";
import type { Performer } from "../performer.ts";
import { hostNames } from "../resolve.ts";

/** How long a server may take to list a directory for a completion, in milliseconds. */
const PATIENCE_MS = 5_000;

/** The word that is being typed, as it is on the line. */
export function wordAt(line: string): string {
  return /(?:"[^"]*|[^\s"]*)$/.exec(line)?.[0] ?? "";
}

/** What the word at the end of a line may become. */
export async function completeLine(
  line: string,
  session: ConsoleSession,
  performer: Performer,
  directories: Directories,
): Promise<readonly string[]> {
  const typed = wordAt(line);
  const before = wordsOf(line.slice(0, line.length - typed.length));
  const isProxy = before[0] === "proxy";
  const words = isProxy ? before.slice(1) : before;
  const word = typed.replace(/^"/, "");
  const [name] = words;
  if (name === undefined)
    return COMMANDS.map((one) => one.name)
      .filter((one) => one.startsWith(word))
      .sort();
  const found = findCommand(name, COMMANDS);
  if (found.kind !== "command") return [];
  switch (found.command.completes) {
    case "command":
      return COMMANDS.map((one) => one.name)
        .filter((one) => one.startsWith(word))
        .sort();
    case "macro":
      return [...session.macros.keys()].filter((one) => one.startsWith(word));
    case "host":
      return hostNames(directories).filter((one) => one.startsWith(word));
    case "local":
      return words.length === 1 || found.command.name.startsWith("m")
        ? here(word, performer)
        : there(word, session, performer, isProxy);
    case "remote":
      return words.length === 2 && /^(get|recv|reget|newer)$/.test(found.command.name)
        ? here(word, performer)
        : there(word, session, performer, isProxy);
    case "toggle":
    case "nothing":
      return [];
  }
}

async function here(word: string, performer: Performer): Promise<readonly string[]> {
  const directory = word.includes("/") ? parentOf(word) : "";
  const names = (await performer.files.names(directory)).filter((name) =>
    name.startsWith(nameOf(`/${word}`)),
  );
  const paths = await Promise.all(
    names.map(async (name) => {
      const path = directory === "" ? name : join(directory, name);
      return (await performer.files.facts(path))?.kind === "directory" ? `${path}/` : path;
    }),
  );
  return paths.map(quoteWord).sort();
}

async function there(
  word: string,
  session: ConsoleSession,
  performer: Performer,
  isProxy: boolean,
): Promise<readonly string[]> {
  const on: Which = isProxy ? "second" : session.at;
  if (session.servers[on] === undefined) return [];
  const directory = word.includes("/") ? parentOf(word) : "";
  const effect = { kind: "entries", on, directory } as const;
  const { entries } = (await performer.perform(effect, AbortSignal.timeout(PATIENCE_MS))) as ServerListing;
  const last = word.slice(word.lastIndexOf("/") + 1);
  return entries
    .filter(({ name }) => name.startsWith(last))
    .map(({ name, kind }) => {
      const path = directory === "" ? name : `${directory.replace(/\/$/, "")}/${name}`;
      return quoteWord(kind === "directory" ? `${path}/` : path);
    })
    .sort();
}
