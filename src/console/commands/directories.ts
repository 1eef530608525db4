import { isCompletion } from "../../ftp/reply.ts";
import { parseQuotedPath } from "../../ftp/pathname.ts";
import { type ConsoleCommand, localCommand, serverCommand } from "../command.ts";
import { promptFor, demand, directoryOf, print, type Routine, send } from "../effects.ts";
import { ConsoleError, RefusedReplyError, UsageError } from "../errors.ts";
import { wordsOf } from "../grammar/words.ts";
import { replyText } from "../replies.ts";
import { type ConsoleSession, withServer } from "../session.ts";

const cd = serverCommand({
  name: "cd",
  usage: "cd [DIRECTORY|-]",
  help: "change the directory on the server; - is the one before; nothing: the login directory, in a script the next line",
  *run(session, { words: given }) {
    const asked = given.length === 0 && session.isScript ? yield* promptFor("(remote-directory) ") : "";
    const words = given.length > 0 ? given : wordsOf(asked ?? "");
    if (words.length === 0 && session.isScript) throw new UsageError("usage: cd DIRECTORY");
    const [directory = yield* homeOf(session)] = words;
    const before = yield* directoryOf(session.at);
    if (directory === "-" && words.length === 1) return yield* back(session, before);
    // Who types a name with blanks forgets the quotes; a script that says more than the name means the name.
    const isWhole = words.length > 1 && isCompletion(yield* send(session, "CWD", words.join(" ")));
    if (!isWhole) yield* demand(session, "CWD", directory);
    return left(session, before);
  },
});

/** The login directory. @throws ConsoleError where the server has not reported it */
function* homeOf(session: ConsoleSession): Routine<string> {
  const home = (yield { kind: "home", on: session.at }) as string | undefined;
  if (home !== undefined) return home;
  throw new ConsoleError("cd: the server did not report its login directory; name a directory");
}

function* back(session: ConsoleSession, before: string | undefined): Routine<ConsoleSession> {
  const previous = session.servers[session.at]?.previousDirectory;
  if (previous === undefined)
    throw new ConsoleError("cd -: no directory was left before; cd ./- enters one that is called -");
  yield* demand(session, "CWD", previous);
  if (!session.toggles.verbose) yield* print(`Remote directory: ${previous}`);
  return left(session, before);
}

/** The session after a directory was left; one that is not known cannot be gone back to. */
function left(session: ConsoleSession, previousDirectory: string | undefined): ConsoleSession {
  return previousDirectory === undefined ? session : withServer(session, { previousDirectory });
}

const cdup = serverCommand({
  name: "cdup",
  usage: "cdup",
  help: "change to the parent directory on the server",
  completes: "nothing",
  *run(session) {
    const before = yield* directoryOf(session.at);
    const reply = yield* send(session, "CDUP");
    if (reply.code === 500 || reply.code === 502) yield* demand(session, "CWD", "..");
    else if (!isCompletion(reply)) throw new RefusedReplyError(reply);
    return left(session, before);
  },
});

const pwd = serverCommand({
  name: "pwd",
  usage: "pwd",
  help: "show the directory on the server",
  completes: "nothing",
  *run(session) {
    const reply = yield* demand(session, "PWD");
    const path = parseQuotedPath(reply);
    if (!session.toggles.verbose)
      yield* print(path === undefined ? replyText(reply) : `Remote directory: ${path}`);
    return session;
  },
});

const mkdir = serverCommand({
  name: "mkdir",
  usage: "mkdir DIRECTORY",
  help: "make a directory on the server",
  missing: ["directory-name"],
  run: (session, { words: [directory = ""] }) => ordered(session, "MKD", directory),
});

const rmdir = serverCommand({
  name: "rmdir",
  usage: "rmdir DIRECTORY",
  help: "remove an empty directory on the server",
  missing: ["directory-name"],
  run: (session, { words: [directory = ""] }) => ordered(session, "RMD", directory),
});

function* ordered(session: ConsoleSession, verb: string, argument: string): Routine<ConsoleSession> {
  yield* demand(session, verb, argument);
  return session;
}

const lcd = localCommand({
  name: "lcd",
  usage: "lcd [DIRECTORY]",
  help: "change the directory on this machine (default: your home directory)",
  completes: "local",
  *run(session, { words: [directory = "~"] }) {
    const there = (yield { kind: "change-local", directory }) as string;
    yield* print(`Local directory now: ${there}`);
    return session;
  },
});

const lpwd = localCommand({
  name: "lpwd",
  isClassic: false,
  usage: "lpwd",
  help: "show the directory on this machine",
  *run(session) {
    const here = (yield { kind: "change-local", directory: "." }) as string;
    yield* print(`Local directory: ${here}`);
    return session;
  },
});

export const DIRECTORIES: readonly ConsoleCommand[] = [cd, cdup, pwd, mkdir, rmdir, lcd, lpwd];
