import { alias, type ConsoleCommand, serverCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import type { Local, Routine } from "../effects.ts";
import { localOf, pagerOf } from "./local.ts";
import type { ConsoleSession } from "../session.ts";

/**
 * A listing of one directory, as the server sends it. With two words the second is where it goes, also where the first
 * is an option: `ls -l list.txt` writes a file, as it always has. With three, options come first.
 */
function* listed(session: ConsoleSession, verb: string, words: readonly string[]): Routine<ConsoleSession> {
  const options =
    words.length > 2 ? words.filter((word, index) => word.startsWith("-") && index < words.length - 2) : [];
  const [path = "", word] = words.slice(options.length);
  const argument = [...options, path].filter((one) => one !== "").join(" ");
  const local: Local = word === undefined ? { kind: "console" } : localOf(word);
  return yield* listTo(session, verb, argument, local);
}

function* listTo(
  session: ConsoleSession,
  verb: string,
  argument: string,
  local: Local,
): Routine<ConsoleSession> {
  let now = session;
  if (local.kind === "file" && local.isAppendedTo !== true) {
    const { session: asked, verdict } = yield* confirm(session, "output to local-file:", local.path);
    if (verdict !== "yes") return session;
    now = { ...asked, toggles: { ...asked.toggles, prompt: session.toggles.prompt } };
  }
  yield { kind: "list", on: now.at, verb, ...(argument === "" ? {} : { argument }), local };
  return now;
}

/** Listings of several directories, one after another; the last word is where they go. */
function* listedSeveral(
  session: ConsoleSession,
  verb: string,
  words: readonly string[],
): Routine<ConsoleSession> {
  const paths = words.slice(0, -1);
  const local = localOf(words.at(-1) ?? "-");
  let now = session;
  for (const [index, path] of paths.entries()) {
    const isNext = index > 0 && local.kind === "file";
    const place = isNext ? ({ ...local, isAppendedTo: true } as const) : local;
    now = yield* listTo(now, verb, path, place);
  }
  return now;
}

const ls = serverCommand({
  name: "ls",
  usage: "ls [OPTIONS] [PATH] [LOCAL]",
  help: "list a directory; LOCAL may be - for the console or |command",
  run: (session, { words }) => listed(session, session.lists, words),
});

/** A listing in full, whatever `ls` is. */
const dir = serverCommand({
  ...ls,
  name: "dir",
  usage: "dir [OPTIONS] [PATH] [LOCAL]",
  run: (session, { words }) => listed(session, "LIST", words),
});

const nlist = serverCommand({
  name: "nlist",
  usage: "nlist [PATH] [LOCAL]",
  help: "list the names in a directory",
  run: (session, { words }) => listed(session, "NLST", words),
});

const mdir = serverCommand({
  name: "mdir",
  usage: "mdir PATH... LOCAL",
  help: "list several directories into one file, or - for the console",
  missing: ["remote-files", "local-file"],
  run: (session, { words }) => listedSeveral(session, "LIST", words),
});

const mls = serverCommand({
  ...mdir,
  name: "mls",
  usage: "mls PATH... LOCAL",
  help: "list the names in several directories into one file, or - for the console",
  run: (session, { words }) => listedSeveral(session, "NLST", words),
});

const mlsd = serverCommand({
  name: "mlsd",
  isClassic: false,
  usage: "mlsd [PATH] [LOCAL]",
  help: "list the facts of a directory's entries (MLSD)",
  run: (session, { words }) => listed(session, "MLSD", words),
});

const pdir = serverCommand({
  name: "pdir",
  isClassic: false,
  usage: "pdir [PATH]",
  help: "list a directory page by page",
  run: (session, { words: [path = ""] }) =>
    listTo(session, "LIST", path, { kind: "pipe", command: pagerOf(session) }),
});

export const LISTINGS: readonly ConsoleCommand[] = [
  ls,
  dir,
  nlist,
  mdir,
  mls,
  mlsd,
  pdir,
  alias("pls", pdir),
];
