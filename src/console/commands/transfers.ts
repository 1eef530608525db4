import { nameOf, parentOf } from "../../ftp/pathname.ts";
import { alias, type ConsoleCommand, serverCommand } from "../command.ts";
import {
  type End,
  entriesOf,
  localFacts,
  moveRaw,
  moveWhole,
  noteOnce,
  print,
  type RawTransfer,
  type Routine,
  send,
  type Transferred,
} from "../effects.ts";
import { ConsoleError, RefusedReplyError, UsageError } from "../errors.ts";
import { freePath, localOf, localPathFor, placeNamed, remotePathFor } from "./local.ts";
import { matchingHere } from "../grammar/patterns.ts";
import { IMAGE, isImage, type Representation, type ConsoleSession, withServer } from "../session.ts";
import { parseTimeVal } from "../../ftp/time-val.ts";

/** Gets one file: through a temporary name and verified, where it is moved byte by byte into a file. */
export function* receive(
  asked: ConsoleSession,
  path: string,
  word: string | undefined,
): Routine<ConsoleSession> {
  const session = typedFor(path, asked);
  return retyped(yield* receiveTyped(session, path, word), asked);
}

function* receiveTyped(
  session: ConsoleSession,
  path: string,
  word: string | undefined,
): Routine<ConsoleSession> {
  const named = word === undefined ? undefined : localOf(word);
  if (named !== undefined && named.kind !== "file") {
    yield* noted("a pipe or the console takes the bytes as they come");
    return yield* receiveRaw(session, path, named);
  }
  const place =
    named === undefined ? yield* localPathFor(path, session) : yield* placeNamed(named.path, path, session);
  const local = yield* freePath(place, session);
  yield* announced(session, local, path);
  const why = whyRaw(session);
  if (why !== undefined) {
    yield* noted(why);
    return yield* receiveRaw(session, path, { kind: "file", path: local });
  }
  const from: End = { on: session.at, path };
  return yield* reportMoved(
    session,
    yield* moveWhole(from, { on: "local", path: local }, session.toggles.preserve),
    "received",
  );
}

/** Receives bytes as they come. @param comparedBytes of what is here, which the server has to have as well */
export function* receiveRaw(
  session: ConsoleSession,
  path: string,
  local: RawTransfer["local"],
  comparedBytes = 0,
): Routine<ConsoleSession> {
  const compared = comparedBytes === 0 ? {} : { comparedBytes };
  const done = yield* moveRaw({ ...rawOf(session), verb: "RETR", path, local, ...compared });
  return local.kind === "console"
    ? { ...session, restartAt: 0 }
    : yield* reportMoved(session, done, "received");
}

/** Sends one file, as {@link receive} gets one. */
export function* store(
  asked: ConsoleSession,
  word: string,
  remote: string | undefined,
): Routine<ConsoleSession> {
  const session = typedFor(remote ?? word, asked);
  return retyped(yield* storeTyped(session, word, remote), asked);
}

function* storeTyped(
  session: ConsoleSession,
  word: string,
  remote: string | undefined,
): Routine<ConsoleSession> {
  const local = localOf(word);
  if (local.kind !== "file") {
    if (remote === undefined) throw new UsageError(`put ${word}: give the name on the server as well`);
    yield* noted("a pipe or the console gives the bytes as they come");
    return yield* storeRaw(session, "STOR", local, remote);
  }
  const path = yield* firstMatch(session, local.path);
  yield* requireFile(path);
  const name = remote ?? (yield* remotePathFor(path, session));
  yield* announced(session, path, name);
  const { sunique } = session.toggles;
  const why = sunique ? "the server chooses the name (sunique)" : whyRaw(session);
  if (why !== undefined) {
    yield* noted(why);
    return yield* storeRaw(session, sunique ? "STOU" : "STOR", { kind: "file", path }, name);
  }
  const to: End = { on: session.at, path: name };
  return yield* reportMoved(
    session,
    yield* moveWhole({ on: "local", path }, to, session.toggles.preserve),
    "sent",
  );
}

function* storeRaw(
  session: ConsoleSession,
  verb: "STOR" | "STOU" | "APPE",
  local: RawTransfer["local"],
  path: string,
): Routine<ConsoleSession> {
  const done = yield* moveRaw({ ...rawOf(session), verb, path, local });
  if (done.storedAs !== undefined) yield* print(`Stored as: ${done.storedAs}`);
  return yield* reportMoved(session, done, "sent");
}

/** @throws ConsoleError for what is no file, in the words of the classic clients */
export function* requireFile(path: string): Routine<void> {
  const facts = yield* localFacts(path);
  if (facts === undefined) throw new ConsoleError(`local: ${path}: No such file or directory`);
  if (facts.kind !== "file") throw new ConsoleError(`${path}: not a plain file.`);
}

/** The first file that a pattern matches, or the word itself. */
function* firstMatch(session: ConsoleSession, word: string): Routine<string> {
  if (!session.toggles.glob || (yield* localFacts(word)) !== undefined) return word;
  const [first] = yield* matchingHere(word);
  return first ?? word;
}

function rawOf(
  session: ConsoleSession,
): Pick<RawTransfer, "on" | "representation" | "restartAt" | "keepsReturns" | "codePage"> {
  return {
    on: session.at,
    representation: representationOf(session),
    restartAt: session.restartAt,
    keepsReturns: !session.toggles.cr,
    codePage: session.codePage,
  };
}

/** Names of files that are never text. */
const NEVER_TEXT =
  /\.(7z|arj|bin|bz2?|cpio|deb|dmg|exe|gif|gz|iso|jar|jpe?g|lzh|mp[34]|pdf|png|rar|rpm|tar|tgz|txz|xz|z|zip|zoo|zst)$/i;

/** The session as it is for one file: binary where `set auto-type on` and the name say so. */
function typedFor(path: string, session: ConsoleSession): ConsoleSession {
  const { type } = representationOf(session);
  const isText = type === "A" || type === "E";
  if (!isText || session.options["auto-type"] !== "on" || !NEVER_TEXT.test(path)) return session;
  return withServer(session, { representation: { ...representationOf(session), type: "I" } });
}

function retyped(session: ConsoleSession, { servers, at }: ConsoleSession): ConsoleSession {
  const representation = servers[at]?.representation;
  return representation === undefined ? session : withServer(session, { representation });
}

export function representationOf({ servers, at }: ConsoleSession): Representation {
  return servers[at]?.representation ?? IMAGE;
}

/** Why a transfer has neither temporary name nor verification; undefined where it has both. */
export function whyRaw(session: ConsoleSession): string | undefined {
  const representation = representationOf(session);
  const { type, mode, structure } = representation;
  if (session.restartAt > 0 && (type === "A" || type === "E"))
    throw new ConsoleError(
      "restart: not in ASCII or EBCDIC, where a byte has another place on each side; type binary first",
    );
  if (session.restartAt > 0) return "restart: the bytes before that position are not compared";
  if (!session.toggles.verify) return "verify is off";
  if (isImage(representation)) return undefined;
  if (type === "A" || type === "E") return "sizes differ by nature in ASCII and EBCDIC";
  return mode === "S" ? `structure ${structure}` : `mode ${mode}`;
}

export function* noted(why: string): Routine<void> {
  yield* noteOnce(`not verified, and written directly under its final name: ${why}`);
}

export function* announced({ toggles }: ConsoleSession, local: string, remote: string): Routine<void> {
  if (toggles.verbose) yield* print(`local: ${local} remote: ${remote}`);
}

/** Says how many bytes moved; a restart holds for one transfer alone. */
export function* reportMoved(
  session: ConsoleSession,
  done: Transferred,
  what: "received" | "sent",
): Routine<ConsoleSession> {
  if (session.toggles.verbose) yield* print(transferSummary(done, what));
  return { ...session, restartAt: 0 };
}

export function transferSummary({ bytes, seconds }: Transferred, what: string): string {
  const rate = (bytes / 1024 / Math.max(seconds, 0.001)).toFixed(2);
  return `${bytes} bytes ${what} in ${seconds.toFixed(2)} seconds (${rate} KiB/s)`;
}

const get = serverCommand({
  name: "get",
  usage: "get REMOTE [LOCAL]",
  help: "receive a file; LOCAL may be - for the console or |command",
  missing: ["remote-file"],
  alsoAsked: ["local-file"],
  run: (session, { words: [path = "", word] }) => receive(session, path, word),
});

const put = serverCommand({
  name: "put",
  usage: "put LOCAL [REMOTE]",
  help: "send a file; LOCAL may be - for the console or |command",
  missing: ["local-file"],
  alsoAsked: ["remote-file"],
  completes: "local",
  run: (session, { words: [word = "", remote] }) => store(session, word, remote),
});

const append = serverCommand({
  name: "append",
  usage: "append LOCAL [REMOTE]",
  help: "add a file to the end of one on the server",
  missing: ["local-file"],
  alsoAsked: ["remote-file"],
  completes: "local",
  *run(session, { words: [word = "", remote] }) {
    const local = localOf(word);
    if (local.kind === "file") yield* requireFile(local.path);
    else if (remote === undefined)
      throw new UsageError(`append ${word}: give the name on the server as well`);
    const name = remote ?? (yield* remotePathFor(word, session));
    yield* announced(session, word, name);
    yield* noted("append writes to the file itself");
    return yield* storeRaw(session, "APPE", local, name);
  },
});

const restart = serverCommand({
  name: "restart",
  usage: "restart BYTES",
  help: "begin the next transfer after so many bytes",
  missing: ["restart-offset"],
  completes: "nothing",
  *run(session, { words: [text = ""] }) {
    if (!/^\d{1,15}$/.test(text)) throw new UsageError(`restart: "${text}" is not a number of bytes`);
    yield* print(`restarting at ${text}; execute get, put or append to begin the transfer`);
    return { ...session, restartAt: Number(text) };
  },
});

/** When a file of the server was modified, by MDTM, else by the listing of its directory. @throws RefusedReplyError */
function* modifiedThere(session: ConsoleSession, path: string): Routine<number | undefined> {
  const reply = yield* send(session, "MDTM", path);
  if (reply.code === 213) return parseTimeVal((reply.lines.at(-1) ?? "").trim());
  if (reply.code !== 500 && reply.code !== 502) throw new RefusedReplyError(reply);
  const { entries } = yield* entriesOf(session.at, path.includes("/") ? parentOf(path) : "");
  const entry = entries.find(({ name }) => name === nameOf(path));
  if (entry === undefined) throw new ConsoleError(`${path}: No such file or directory`);
  return entry.modified?.atMs;
}

const newer = serverCommand({
  name: "newer",
  usage: "newer REMOTE [LOCAL]",
  help: "receive a file if it is newer than the one here",
  missing: ["remote-file"],
  alsoAsked: ["local-file"],
  *run(session, { words: [path = "", word] }) {
    const local = word ?? (yield* localPathFor(path, session));
    const here = yield* localFacts(local);
    if (here !== undefined) {
      const there = yield* modifiedThere(session, path);
      if (there === undefined) throw new ConsoleError(`newer: the server gives no time for ${path}`);
      if (Math.floor(there / 1000) <= Math.floor(here.modifiedMs / 1000)) {
        yield* print(`Local file "${local}" is not older than remote file "${path}".`);
        return session;
      }
    }
    return yield* receive(session, path, local);
  },
});

export const TRANSFERS: readonly ConsoleCommand[] = [
  get,
  alias("recv", get),
  put,
  alias("send", put),
  append,
  restart,
  newer,
];
