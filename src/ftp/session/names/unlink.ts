import { randomBytes } from "node:crypto";
import type { Client } from "../client.ts";
import { listDirectory } from "../directory.ts";
import { ReplyError } from "../../errors.ts";
import { listsFacts } from "../../features.ts";
import { isLeftOpen, ListingError } from "../../listing/errors.ts";
import { joinPath, nameOf, parentOf } from "../../pathname.ts";
import { impliesExistence } from "../../quirks.ts";
import { isNegative } from "../../reply.ts";
import { accountKey } from "../../settings.ts";
import * as verbs from "../verbs.ts";

/**
 * Deletes what is listed as a directory if it is a symbolic link to one: MLSD has no word for links (RFC 3659 §7.5.1),
 * and some servers follow them in LIST as well. DELE deletes a link, and is refused for a directory (RFC 959 §4.1.3).
 * @returns whether it was a link, and is gone
 * @throws ListingError where it is a link that cannot be deleted, or may be one; ReplyError for a refusal that may pass
 */
export async function unlinkDirectory(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const absolute = client.absolute(path);
  if (await sparesDirectories(client, parentOf(path), signal)) {
    const verb = verbs.remove(absolute);
    const reply = await client.reply(verb, signal);
    if (verb.accepts(reply)) {
      client.hasRemoved(absolute);
      return true;
    }
    if (isNegative(reply) && reply.code < 500) throw client.refusal(verb, reply);
    if (impliesExistence(reply.lines.join(" ").replaceAll(absolute, ""))) return false;
  }
  // A refusal may have other reasons; then a listing that shows links says what it is.
  const links = await linksIn(client, parentOf(path), nowMs, signal);
  const where = `${client.name}: ${path}`;
  if (links === undefined) throw new ListingError(`${where}: cannot tell whether it is a symbolic link`);
  if (links.has(nameOf(path)))
    throw new ListingError(
      `${where}: is a symbolic link that cannot be deleted, so nothing in it is deleted`,
    );
  return false;
}

/** Symbolic links by name, each with what is written in it; undefined: that is not shown. */
export type SymbolicLinks = ReadonlyMap<string, string | undefined>;

/**
 * Names in a directory that LIST shows as symbolic links, where MLSD may show them as something else or not at all.
 * @returns undefined where that cannot be found out
 */
export async function linksIn(
  client: Client,
  directory: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<SymbolicLinks | undefined> {
  const links = new Map<string, string | undefined>();
  // Who lists by LIST has seen them already.
  if (!listsFacts(client.session.features) || client.capabilities.lacks("MLSD")) return links;
  try {
    for await (const { name, kind, linkTarget } of listDirectory(
      client,
      directory,
      nowMs,
      signal,
      false,
      undefined,
      true,
    ))
      if (kind === "link") links.set(name, linkTarget);
    return links;
  } catch (error) {
    if (!isLeftOpen(error)) throw error;
    return undefined;
  }
}

/** By account: whether DELE leaves directories alone, as far as it was tried in this process. */
const spares = new Map<string, Promise<boolean>>();

/** Whether DELE of a directory is known to be refused; tried with a directory of ours that is not empty. */
async function sparesDirectories(client: Client, directory: string, signal: AbortSignal): Promise<boolean> {
  if (client.session.quirks.deletesOnlyFiles) return true;
  const key = accountKey(client.host);
  const known = spares.get(key) ?? tryDeletion(client, directory, signal);
  spares.set(key, known);
  try {
    return await known;
  } catch (error) {
    spares.delete(key);
    if (error instanceof ReplyError) return false;
    throw error;
  }
}

/** @throws ReplyError where no directory can be made to try it with */
async function tryDeletion(client: Client, directory: string, signal: AbortSignal): Promise<boolean> {
  const outer = client.absolute(joinPath(directory, `.fxpd-${randomBytes(6).toString("hex")}`));
  const inner = joinPath(outer, "d");
  await client.ask(verbs.makeDirectory(outer), signal);
  try {
    await client.ask(verbs.makeDirectory(inner), signal);
    const verb = verbs.remove(outer);
    return !verb.accepts(await client.reply(verb, signal));
  } finally {
    for (const one of [inner, outer])
      if (client.isReady) await client.reply(verbs.removeDirectory(one), signal).catch(() => {});
  }
}
