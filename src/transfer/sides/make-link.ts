import { isLeftOpen } from "../../ftp/listing/errors.ts";
import { nameOf, parentOf } from "../../ftp/pathname.ts";
import type { Client } from "../../ftp/session/client.ts";
import { listDirectory } from "../../ftp/session/directory.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import { TransferError } from "../errors.ts";

/**
 * Makes a symbolic link by SITE SYMLINK. ProFTPD takes a relative destination from the current directory, and writes an
 * absolute one: what it has written is looked up, and a link that is not as it should be is removed again.
 * @throws TransferError where no such link can be made; ReplyError
 */
export async function makeLink(
  client: Client,
  path: string,
  to: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const absolute = client.absolute(path);
  const cannot = (because: string) => new TransferError(`${client.name}: ${path}: ${because}`, "never");
  // The command has no way to say where one name ends and the other begins.
  if (/\s/.test(`${to}${absolute}`))
    throw cannot("a symbolic link whose names contain spaces cannot be created");
  const verb = verbs.symbolicLink(to, absolute);
  const reply = await client.reply(verb, signal);
  const isRelative = !to.startsWith("/");
  if (!verb.accepts(reply)) {
    const refusal = client.refusal(verb, reply);
    if (!isRelative || reply.code !== 550) throw refusal;
    throw cannot(
      `the server does not create a symbolic link to the relative path ${to} (${refusal.message})`,
    );
  }
  const written = isRelative ? await destinationOf(client, absolute, nowMs, signal) : to;
  if (written === undefined || written === to) return;
  await client.ask(verbs.remove(absolute), signal);
  throw cannot(
    `the server wrote the symbolic link to ${to} as one to ${written}, so it was removed again; the server creates only absolute links`,
  );
}

/** What is written in a link, as LIST shows it; undefined: that is not known. */
async function destinationOf(
  client: Client,
  absolute: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let found: string | undefined;
  try {
    const listing = listDirectory(client, parentOf(absolute), nowMs, signal, false, undefined, true);
    for await (const { name, linkTarget } of listing) if (name === nameOf(absolute)) found = linkTarget;
  } catch (error) {
    if (!isLeftOpen(error)) throw error;
  }
  return found;
}
