import { type ConsoleCommand, serverCommand } from "../command.ts";
import { localFacts, type Routine, send } from "../effects.ts";
import { ConsoleError } from "../errors.ts";
import { allMatching } from "../grammar/patterns.ts";
import { localPathFor } from "./local.ts";
import { failed, isImage, type ConsoleSession } from "../session.ts";
import { each, filesOf } from "./many.ts";
import { announced, noted, receive, receiveRaw, representationOf, requireFile } from "./transfers.ts";

/** Bytes at the end of what is here that are compared with the server's before others follow them. */
const COMPARED_BYTES = 65_536;

/** Receives what is missing of a file. @param isForced whether what is here is taken for its beginning unseen */
function* resume(
  session: ConsoleSession,
  path: string,
  word: string | undefined,
  isForced: boolean,
): Routine<ConsoleSession> {
  if (!isImage(representationOf(session)))
    throw new ConsoleError("reget: only in binary type, stream mode and file structure; type binary first");
  const local = word ?? (yield* localPathFor(path, session));
  const here = yield* localFacts(local);
  if (here === undefined) return yield* receive(session, path, local);
  yield* requireFile(local);
  const size = yield* send(session, "SIZE", path);
  const total = size.code === 213 ? Number(size.lines.at(-1)) : undefined;
  if (total !== undefined && here.sizeBytes > total)
    throw new ConsoleError(
      `reget: ${local} has ${here.sizeBytes} bytes, and ${path} only ${total}; nothing was done`,
    );
  const compared = isForced ? 0 : Math.min(here.sizeBytes, COMPARED_BYTES);
  yield* noted(
    isForced
      ? "reget --force: the part that is already here is not compared"
      : "reget: only the end of the part that is already here is compared",
  );
  yield* announced(session, local, path);
  const from = { ...session, restartAt: here.sizeBytes };
  return yield* receiveRaw(from, path, { kind: "file", path: local }, compared);
}

/** Words without `--force`, and whether it was there. */
function forced(words: readonly string[]): { readonly names: readonly string[]; readonly isForced: boolean } {
  const names = words.filter((word) => word !== "--force");
  return { names, isForced: names.length < words.length };
}

const reget = serverCommand({
  name: "reget",
  usage: "reget [--force] REMOTE [LOCAL]",
  help: "receive the rest of a partly received file; --force: do not compare the part that is here",
  missing: ["remote-file"],
  *run(session, { words }) {
    const { names, isForced } = forced(words);
    const [path, word] = names;
    if (path === undefined)
      throw new ConsoleError("reget: name the file on the server: reget --force REMOTE");
    return yield* resume(session, path, word, isForced);
  },
});

const mreget = serverCommand({
  name: "mreget",
  isClassic: false,
  usage: "mreget [--force] PATTERN...",
  help: "receive the rest of several files, as reget does",
  missing: ["remote-files"],
  *run(session, { words }) {
    const { names, isForced } = forced(words);
    const { matches, isWhole } = yield* allMatching(session, names);
    const files = yield* filesOf(matches);
    return yield* each(isWhole ? session : failed(session), "mreget", files, (now, path) =>
      resume(now, path, undefined, isForced),
    );
  },
});

export const RESUME: readonly ConsoleCommand[] = [reget, mreget];
