import { setTimeout as pause } from "node:timers/promises";
import { ConnectionError, NoDataConnectionError, ReplyError } from "../../ftp/errors.ts";
import { foldedName } from "../../ftp/name-kinds.ts";
import { formatReply, type Reply } from "../../ftp/reply.ts";
import { maySetModified, setModified, setModifiedAhead } from "../../ftp/session/names/set-modified.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import { waysOf } from "../../ftp/ways.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { DIRECTORY_THERE, retryOfError, TransferError } from "../errors.ts";
import type { Published, Publishing, ServerSide } from "./side.ts";
import { VISIBLE_AFTER_MS } from "../prove/visible-facts.ts";
import { asideName } from "../publish/temporary-name.ts";

/** How long each move may take that must not be left half done, on a new connection if need be. */
const SETTLE_MS = 30_000;

/** What RNFR and RNTO are answered by (RFC 959 §5.4); anything else may have been meant for another command. */
const ASKED = 350;
const NAMED = 250;

/** Time and name in one write, where the server takes that. */
export async function publishFile(
  side: ServerSide,
  { temporary, path, modifiedMs, aside }: Publishing,
  written: () => void,
  signal: AbortSignal,
): Promise<Published> {
  const client = side.connected ?? (await side.client(signal));
  if (aside === undefined && client.pipelining === "commands" && isRenaming(side, NAMED)) {
    const dated =
      modifiedMs === undefined ? undefined : setModifiedAhead(client, temporary, modifiedMs, signal);
    const from = client.reply(verbs.renameFrom(client.absolute(temporary)), signal);
    const to = client.reply(verbs.renameTo(client.absolute(path)), signal);
    written();
    const [timeFault, asked, named] = await Promise.all([dated, from, to]);
    const fault = timeFault === undefined ? {} : { timeFault, mayHaveOther: maySetModified(client) };
    return { isNamed: isRenamed(asked, named), ...fault };
  }
  const fault = modifiedMs && (await setModified(client, temporary, modifiedMs, signal));
  if (aside === undefined) await replaceFile(side, path, temporary, signal);
  else await replaceInTurns(side, path, temporary, aside, true);
  return { isNamed: true, ...(fault ? { timeFault: fault } : {}) };
}

/** A 250 of several lines is MLST's (RFC 3659 §7.3). */
function isRenamed(asked: Reply, named: Reply): boolean {
  return asked.code === ASKED && named.code === NAMED && named.lines.length === 1;
}

export async function renameFile(
  side: ServerSide,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const client = await side.client(signal);
  const renaming = [verbs.renameFrom(client.absolute(from))];
  const named = { ...verbs.renameTo(client.absolute(to)), read: (reply: Reply) => reply };
  const reply = await client.askInSequence(renaming, named, signal);
  if (isRenaming(side, reply.code)) return;
  if (await requireRenamed(side, from, to, reply, signal)) waysOf(side.host).sawRenamed(reply.code);
}

/** Whether the server is known to have done what it answers by this code: its kind is known, or it was seen. */
function isRenaming(side: ServerSide, code: number): boolean {
  return (side.family !== undefined && code === NAMED) || waysOf(side.host).renamesBy(code);
}

/**
 * A server of an unknown kind may say that it has renamed something and do nothing, and a reply of another code may have been
 * meant for another command. What has its old name in a replicated storage is asked for again, for some seconds.
 * @returns whether it was seen; a server that answers no such question is believed this time
 * @throws TransferError where something still has its old name
 */
async function requireRenamed(
  side: ServerSide,
  from: string,
  to: string,
  reply: Reply,
  signal: AbortSignal,
): Promise<boolean> {
  // Where cases of letters make no difference, it has both.
  if (foldedName(from) === foldedName(to)) return false;
  for (const pauseMs of [0, ...VISIBLE_AFTER_MS]) {
    if (pauseMs > 0) await pause(pauseMs, undefined, { signal });
    const isThere = await isSeen(side, from, signal);
    if (isThere !== true) return isThere === false;
  }
  const said = `the server said that it was renamed (${formatReply(reply)})`;
  throw new TransferError(`${side.name}: ${from}: ${said}, but it still has its old name`, "later");
}

/** Whether a server shows something under a name; undefined where it does not answer that. */
async function isSeen(side: ServerSide, path: string, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    return (await side.facts(path, signal)) !== undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (isCancellation(error) || isLoss(error)) throw error;
    return undefined;
  }
}

/** RNFR and RNTO; a server that will not rename over a file gets the old one out of the way first. */
export async function replaceFile(
  side: ServerSide,
  path: string,
  by: string,
  signal: AbortSignal,
): Promise<void> {
  const aside = asideName(by);
  await restore(side, path, aside, signal);
  try {
    return await renameFile(side, by, path, signal);
  } catch (error) {
    const old = error instanceof ReplyError ? await side.facts(path, signal) : undefined;
    if (old?.kind === "directory")
      throw new TransferError(`${side.name}: ${path}: ${DIRECTORY_THERE}`, "never", error);
    if (old?.kind !== "file") throw error;
  }
  await deleteFile(side, aside, signal);
  signal.throwIfAborted();
  await replaceInTurns(side, path, by, aside);
}

/** Puts back what a try before, ended by force, has left aside with nothing under the final name. */
async function restore(side: ServerSide, path: string, aside: string, signal: AbortSignal): Promise<void> {
  // RNFR is no question: some servers take it for a name that does not exist, and then nothing but RNTO.
  if ((await side.facts(aside, signal)) === undefined || (await side.facts(path, signal)) !== undefined)
    return;
  // A server may take a name that does not exist until RNTO.
  await renameFile(side, aside, path, signal).catch(unlessRefused);
}

/**
 * The old file goes aside and the new one takes its place. Once begun this is brought to an end, whoever
 * cancels it: between the two there is nothing under the final name.
 */
async function replaceInTurns(
  side: ServerSide,
  path: string,
  by: string,
  aside: string,
  isKept = false,
): Promise<void> {
  try {
    await moveSurely(side, path, aside);
    await moveSurely(side, by, path);
  } catch (error) {
    await putBack(side, path, aside, error);
    throw error;
  }
  if (isKept) return;
  // The new file is in place; an old one that cannot be deleted is left under its temporary name.
  await deleteFile(side, aside, AbortSignal.timeout(SETTLE_MS)).catch(() => {});
}

async function putBack(side: ServerSide, path: string, aside: string, because: unknown): Promise<void> {
  try {
    const isThere = (await side.facts(path, AbortSignal.timeout(SETTLE_MS))) !== undefined;
    if (!isThere) await moveSurely(side, aside, path);
  } catch (error) {
    const left = `${side.name}: ${path} was left behind as ${aside}: ${messageOf(error)}`;
    throw new TransferError(`${messageOf(because)}; ${left}`, retryOfError(because), because);
  }
}

/** A move that is looked at again on a new connection when the one that it was asked on is lost. */
async function moveSurely(side: ServerSide, from: string, to: string): Promise<void> {
  const signal = AbortSignal.timeout(SETTLE_MS);
  try {
    await renameFile(side, from, to, signal);
  } catch (error) {
    if (!isLoss(error)) throw error;
    // It may have been done all the same; then only the reply was lost.
    if ((await side.facts(from, signal)) !== undefined) await renameFile(side, from, to, signal);
    else if ((await side.facts(to, signal)) === undefined) throw error;
  }
}

/** Whatever the server says to it. */
async function deleteFile(side: ServerSide, path: string, signal: AbortSignal): Promise<void> {
  const client = await side.client(signal);
  await client.reply(verbs.remove(client.absolute(path)), signal);
}

/** Whether the control connection ended, so that what was asked last may have been done or not. */
function isLoss(error: unknown): boolean {
  if (error instanceof NoDataConnectionError) return false;
  return error instanceof ConnectionError || (error instanceof ReplyError && error.reply.code === 421);
}

/** Passes over what a server says no to; whatever else goes wrong stays an error. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof ReplyError)) throw error;
}
