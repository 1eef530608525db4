import { AppError, isCancellation } from "../../shared/errors.ts";
import { alias, type ConsoleCommand, serverCommand } from "../command.ts";
import { answerTo, complain, demand, localFacts, localLines, type Routine } from "../effects.ts";
import { confirm } from "../confirm.ts";
import { matchingHere, allMatching, isPattern, type Match } from "../grammar/patterns.ts";
import { reportError } from "../report.ts";
import { failed, type ConsoleSession, withToggle } from "../session.ts";
import { receive, store } from "./transfers.ts";

/** Files that may be deleted without one more question to a person. */
const MANY = 100;

/** What is done with one file of several. */
type Act = (session: ConsoleSession, name: string) => Routine<ConsoleSession>;

/**
 * Does something with each file, asking before each where `prompt` is on. One that fails is reported, and the others
 * follow.
 */
export function* each(
  session: ConsoleSession,
  command: string,
  names: readonly string[],
  act: Act,
): Routine<ConsoleSession> {
  let now = session;
  let isPrompting = session.toggles.prompt;
  for (const name of names) {
    const { session: asked, verdict, isForGood } = yield* confirm(now, command, name);
    now = asked;
    if (isForGood === true) isPrompting = false;
    if (verdict === "quit") break;
    if (verdict === "no") continue;
    try {
      now = yield* act(now, name);
    } catch (error) {
      now = yield* reportError(now, error);
      if (isCancellation(error) && !(yield* goesOn(now, command))) break;
    }
  }
  // The answer "all" is for this command alone.
  return withToggle(now, "prompt", isPrompting);
}

function* goesOn({ isScript }: ConsoleSession, command: string): Routine<boolean> {
  if (isScript) return false;
  return /^\s*y/i.test((yield* answerTo(`Continue with ${command}? `)) ?? "n");
}

const mget = serverCommand({
  name: "mget",
  usage: "mget PATTERN...",
  help: "receive several files",
  missing: ["remote-files"],
  *run(session, { words }) {
    const { matches, isWhole } = yield* allMatching(session, words);
    const files = yield* filesOf(matches);
    return yield* each(isWhole ? session : failed(session), "mget", files, (now, path) =>
      receive(now, path, undefined),
    );
  },
});

/** What matched, without directories, which are reported. */
export function* filesOf(matches: readonly Match[]): Routine<readonly string[]> {
  const files: string[] = [];
  for (const { path, kind } of matches) {
    if (kind === "directory") yield* complain(`${path}: not a plain file.`);
    else files.push(path);
  }
  return files;
}

const fget = serverCommand({
  name: "fget",
  isClassic: false,
  usage: "fget FILE",
  help: "receive the files that a local file names, one on each line",
  missing: ["localfile"],
  completes: "local",
  *run(session, { words: [list = ""] }) {
    const paths = (yield* localLines(list)).filter((line) => line.trim() !== "");
    const unasked = withToggle(session, "prompt", false);
    const after = yield* each(unasked, "fget", paths, (now, path) => receive(now, path, undefined));
    return withToggle(after, "prompt", session.toggles.prompt);
  },
});

/** Of what cannot be looked at, its own transfer tells why. */
function* isDirectoryHere(path: string): Routine<boolean> {
  try {
    return (yield* localFacts(path))?.kind === "directory";
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

const mput = serverCommand({
  name: "mput",
  usage: "mput PATTERN...",
  help: "send several files",
  missing: ["local-files"],
  completes: "local",
  *run(session, { words }) {
    let now = session;
    const files: string[] = [];
    for (const word of words) {
      const matches = session.toggles.glob ? yield* matchingHere(word) : [word];
      if (matches.length === 0) {
        yield* complain(`${word}: no match.`);
        now = failed(now);
      }
      for (const path of matches) {
        if (isPattern(word) && (yield* isDirectoryHere(path))) yield* complain(`${path}: not a plain file.`);
        else files.push(path);
      }
    }
    return yield* each(now, "mput", files, (next, path) => store(next, path, undefined));
  },
});

const mdelete = serverCommand({
  name: "mdelete",
  usage: "mdelete PATTERN...",
  help: "delete several files on the server",
  missing: ["remote-files"],
  *run(session, { words }) {
    const { matches, isWhole } = yield* allMatching(session, words);
    const found = matches.filter(({ kind }) => kind !== "directory");
    if (found.length > MANY && !session.isScript) {
      const answer = yield* answerTo(`Delete ${found.length} files? `);
      if (!/^\s*y/i.test(answer ?? "n")) return session;
    }
    const paths = found.map(({ path }) => path);
    return yield* each(isWhole ? session : failed(session), "mdelete", paths, function* (now, path) {
      yield* demand(now, "DELE", path);
      return now;
    });
  },
});

export const MANY_FILES: readonly ConsoleCommand[] = [
  mget,
  fget,
  mput,
  alias("msend", mput, { isClassic: false }),
  mdelete,
];
