import { AppError } from "../../shared/errors.ts";
import { isAbsolute, joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { Local, Routine } from "../effects.ts";
import { entriesOf, localFacts } from "../effects.ts";
import { ConsoleError } from "../errors.ts";
import { localNameFor, receivedName, sentName, uniqueNames } from "../grammar/names.ts";
import type { ConsoleSession } from "../session.ts";

/** What a person means by a local name: `-` is the console, `|command` a shell command, all else a file. */
export function localOf(word: string): Local {
  if (word === "-") return { kind: "console" };
  if (word.startsWith("|")) return { kind: "pipe", command: word.slice(1).trim() };
  return { kind: "file", path: word };
}

/** The command that shows what it is given page by page: of `set pager`, else of the environment. */
export function pagerOf({ options }: ConsoleSession): string {
  return options.pager ?? "${PAGER:-more}";
}

/**
 * Where a received file goes when a person named only the file on the server. A relative pathname is used as it is where
 * its directory is here as well; otherwise only its last part.
 */
export function* localPathFor(path: string, session: ConsoleSession): Routine<string> {
  const isPlain = !isAbsolute(path) && path.includes("/") && !path.split("/").includes("..");
  if (isPlain && (yield* localFacts(parentOf(path)))?.kind === "directory") {
    const name = localNameFor(path, session);
    return joinPath(parentOf(path), name);
  }
  return localNameFor(path, session);
}

/**
 * What a sent file is called on the server when a person named only the file here: as it was typed where its directory is
 * there as well; otherwise by its last part.
 */
export function* remotePathFor(path: string, session: ConsoleSession): Routine<string> {
  const name = sentName(nameOf(path), session);
  const directory = path.includes("/") ? parentOf(path) : "";
  if (directory === "" || path.startsWith("~")) return name;
  return (yield* isThere(session, directory)) ? joinPath(directory, name) : name;
}

function* isThere({ at }: ConsoleSession, directory: string): Routine<boolean> {
  try {
    yield* entriesOf(at, directory);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** Where a received file goes when a person named the place: below it, where it is a directory. */
export function* placeNamed(word: string, path: string, session: ConsoleSession): Routine<string> {
  if ((yield* localFacts(word))?.kind !== "directory") return word;
  return joinPath(word, receivedName(nameOf(path), session));
}

/** The first name that is free, where `runique` is on. @throws ConsoleError where 100 are taken */
export function* freePath(path: string, session: ConsoleSession): Routine<string> {
  if (!session.toggles.runique) return path;
  for (const name of uniqueNames(path)) if ((yield* localFacts(name)) === undefined) return name;
  throw new ConsoleError(`${path}: no free name is left; ${path}.1 to ${path}.99 all exist`);
}
