import { alias, type ConsoleCommand, localCommand, serverCommand } from "../command.ts";
import { ConsoleError } from "../errors.ts";
import { pagerOf } from "./local.ts";
import { receiveRaw, requireFile } from "./transfers.ts";

const page = serverCommand({
  name: "page",
  isClassic: false,
  usage: "page FILE",
  help: "show a file of the server page by page",
  missing: ["remote-file"],
  run: (session, { words: [path = ""] }) =>
    receiveRaw(session, path, { kind: "pipe", command: pagerOf(session) }),
});

const lpage = localCommand({
  name: "lpage",
  isClassic: false,
  usage: "lpage FILE",
  help: "show a file of this machine page by page",
  missing: ["local-file"],
  completes: "local",
  *run(session, { words: [path = ""] }) {
    yield* requireFile(path);
    const command = `${pagerOf(session)} < ${shellWord(path)}`;
    const status = (yield { kind: "shell", command, isPosix: true }) as number;
    if (status === 0) return session;
    throw new ConsoleError(`lpage: the pager ended with status ${status}; set pager COMMAND names another`);
  },
});

/** A word that the shell takes as it is; `~` stays the home directory. */
function shellWord(path: string): string {
  const [, home = "", rest = ""] = /^(~\/)?(.*)$/s.exec(path) ?? [];
  return `${home}'${rest.replaceAll("'", "'\\''")}'`;
}

export const PAGES: readonly ConsoleCommand[] = [page, alias("more", page), alias("less", page), lpage];
