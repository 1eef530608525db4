import { nameOf } from "../../ftp/pathname.ts";
import { type ConsoleCommand, serverCommand } from "../command.ts";
import { moveWhole, print, type Routine } from "../effects.ts";
import { ConsoleError, UsageError } from "../errors.ts";
import { lookUpCommand, completed, requireServer } from "../lookup.ts";
import { receivedName, sentName } from "../grammar/names.ts";
import { allMatching } from "../grammar/patterns.ts";
import { failed, isImage, otherServer, type ConsoleSession, type Which } from "../session.ts";
import type { ConsoleLine } from "../grammar/words.ts";
import { each } from "./many.ts";
import { representationOf, transferSummary } from "./transfers.ts";

/** Which server files leave: `proxy get` goes from the first to the second, `proxy put` the other way. */
const FROM: Readonly<Record<string, Which>> = {
  get: "first",
  recv: "first",
  mget: "first",
  put: "second",
  send: "second",
  mput: "second",
  msend: "second",
  append: "second",
};

/** Commands that have no meaning between two servers. */
const SENSELESS: ReadonlySet<string> = new Set(["proxy", "reget", "mreget", "fget", "newer", "use"]);

/** @param commands all commands, looked up when one is carried out */
export const proxyCommand = (commands: () => readonly ConsoleCommand[]): ConsoleCommand =>
  serverCommand({
    name: "proxy",
    usage: "proxy COMMAND",
    help: "carry out a command on the second server; get and put move files from server to server",
    missing: ["command"],
    needsServer: false,
    completes: "command",
    *run(session, { words: [name = "", ...words], rest }, run) {
      if (name === "?") return yield* helped(session);
      const command = lookUpCommand(name, commands());
      if (SENSELESS.has(command.name))
        throw new ConsoleError(`proxy ${command.name}: not between two servers`);
      const from = FROM[command.name];
      if (from !== undefined) {
        for (const at of ["first", "second"] as const)
          if (session.servers[at] === undefined)
            throw new ConsoleError(
              at === "first" ? "Not connected." : "No proxy connection; proxy open HOST makes one.",
            );
        const line = yield* completed({ name, words, rest }, command);
        return yield* between(session, from, command.name, line);
      }
      const there: ConsoleSession = { ...session, at: "second" };
      requireServer(there, command);
      const line = yield* completed({ name, words, rest: rest.replace(/^\S+\s*/, "") }, command);
      const after = yield* command.run(there, line, run);
      return { ...after, at: session.at };
    },
  });

function* helped(session: ConsoleSession): Routine<ConsoleSession> {
  yield* print(
    "proxy get, mget: from the first server to the second; proxy put, mput, append: from the second to the first;",
  );
  yield* print("any other command: carried out on the second server.");
  return session;
}

/** Files from one server to the other. */
function* between(
  session: ConsoleSession,
  from: Which,
  command: string,
  { words }: ConsoleLine,
): Routine<ConsoleSession> {
  for (const at of ["first", "second"] as const)
    if (!isImage(representationOf({ ...session, at })))
      throw new ConsoleError(
        `proxy ${command}: both servers have to be in binary type, stream mode and file structure; type binary and proxy binary first`,
      );
  if (session.restartAt > 0)
    throw new ConsoleError("proxy: restart is not possible between two servers; restart 0 first");
  if (command === "append")
    throw new ConsoleError(
      "proxy append: a file cannot be verified that grows behind others' bytes; get and append it instead",
    );
  if (!command.startsWith("m")) {
    const [path = "", word] = words;
    return yield* moveBetween(session, from, path, word ?? mappedName(session, from, path));
  }
  const at: ConsoleSession = { ...session, at: from };
  const { matches, isWhole } = yield* allMatching(at, words);
  const files = matches.filter(({ kind }) => kind !== "directory").map(({ path }) => path);
  return yield* each(isWhole ? session : failed(session), `proxy ${command}`, files, (now, path) =>
    moveBetween(now, from, path, mappedName(now, from, nameOf(path))),
  );
}

function mappedName(session: ConsoleSession, from: Which, path: string): string {
  return from === "first"
    ? receivedName(path, session)
    : sentName(session.toggles.case ? receivedName(path, session) : path, session);
}

function* moveBetween(
  session: ConsoleSession,
  from: Which,
  path: string,
  target: string,
): Routine<ConsoleSession> {
  if (target === "") throw new UsageError(`proxy: ${path} has no name on the other server`);
  const to = otherServer(from);
  const [source, sink] = [session.servers[from]?.name ?? "", session.servers[to]?.name ?? ""];
  if (session.toggles.verbose) yield* print(`${source}: ${path} -> ${sink}: ${target}`);
  const done = yield* moveWhole({ on: from, path }, { on: to, path: target }, session.toggles.preserve);
  if (done.by === "relay")
    yield* print(`${path} passes through this machine: ${done.because ?? "the servers do not meet"}`);
  if (session.toggles.verbose) yield* print(transferSummary(done, "moved"));
  return session;
}
