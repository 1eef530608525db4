import { parseTimeVal } from "../../ftp/time-val.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { type ConsoleCommand, serverCommand } from "../command.ts";
import { demand, print, type Routine, send } from "../effects.ts";
import { RefusedReplyError, UsageError } from "../errors.ts";
import { replyText } from "../replies.ts";
import type { ConsoleSession } from "../session.ts";

/** A command whose reply is all that there is to see. */
function* ordered(session: ConsoleSession, verb: string, argument?: string): Routine<ConsoleSession> {
  yield* demand(session, verb, argument);
  return session;
}

/** A question whose answer is shown, also where the client is not verbose. */
export function* answered(session: ConsoleSession, verb: string, argument?: string): Routine<ConsoleSession> {
  const reply = yield* demand(session, verb, argument);
  if (!session.toggles.verbose) yield* print(replyText(reply));
  return session;
}

const remove = serverCommand({
  name: "delete",
  usage: "delete FILE",
  help: "delete a file on the server",
  missing: ["remote-file"],
  run: (session, { words: [path = ""] }) => ordered(session, "DELE", path),
});

const rename = serverCommand({
  name: "rename",
  usage: "rename FROM TO",
  help: "rename a file on the server",
  missing: ["from-name", "to-name"],
  *run(session, { words: [from = "", to = ""] }) {
    const reply = yield* send(session, "RNFR", from);
    if (reply.code !== 350) throw new RefusedReplyError(reply);
    return yield* ordered(session, "RNTO", to);
  },
});

const chmod = serverCommand({
  name: "chmod",
  usage: "chmod MODE FILE",
  help: "change the permissions of a file on the server (SITE CHMOD)",
  missing: ["mode", "file-name"],
  *run(session, { words: [mode = "", path = ""] }) {
    if (!/^[0-7]{1,4}$/.test(mode))
      throw new UsageError(
        `chmod: "${mode}" is not a mode; expected octal digits such as 644, all that servers know`,
      );
    return yield* ordered(session, "SITE", `CHMOD ${mode} ${path}`);
  },
});

const umask = serverCommand({
  name: "umask",
  usage: "umask [MASK]",
  help: "show or set the server's mask for new files (SITE UMASK)",
  completes: "nothing",
  run: (session, { words: [mask] }) =>
    answered(session, "SITE", mask === undefined ? "UMASK" : `UMASK ${mask}`),
});

const idle = serverCommand({
  name: "idle",
  usage: "idle [SECONDS]",
  help: "show or set the server's idle timer (SITE IDLE)",
  completes: "nothing",
  run: (session, { words: [seconds] }) =>
    answered(session, "SITE", seconds === undefined ? "IDLE" : `IDLE ${seconds}`),
});

const size = serverCommand({
  name: "size",
  usage: "size FILE",
  help: "show the size of a file on the server",
  missing: ["filename"],
  *run(session, { words: [path = ""] }) {
    const reply = yield* demand(session, "SIZE", path);
    yield* print(`${path}\t${replyText(reply).trim()}`);
    return session;
  },
});

const modtime = serverCommand({
  name: "modtime",
  usage: "modtime FILE",
  help: "show the modification time of a file on the server",
  missing: ["filename"],
  *run(session, { words: [path = ""] }) {
    const reply = yield* demand(session, "MDTM", path);
    const atMs = parseTimeVal(replyText(reply).trim());
    yield* print(`${path}\t${atMs === undefined ? replyText(reply) : isoTime(atMs)}`);
    return session;
  },
});

const mlst = serverCommand({
  name: "mlst",
  isClassic: false,
  usage: "mlst [PATH]",
  help: "show the facts of a file or directory (MLST)",
  run: (session, { words: [path] }) => answered(session, "MLST", path),
});

export const FILES: readonly ConsoleCommand[] = [remove, rename, chmod, umask, idle, size, modtime, mlst];
