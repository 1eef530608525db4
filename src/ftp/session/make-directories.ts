import type { Client } from "./client.ts";
import { isCwdUnknown, isListedDirectory } from "./directory.ts";
import { ReplyError } from "../errors.ts";
import { parentOf } from "../pathname.ts";
import * as verbs from "./verbs.ts";

/** Makes a directory and whatever is missing above it; one that exists is left alone. */
export async function makeDirectories(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  // The login directory is there; not every server's begins with a slash, so that only the path given is gone up.
  if (path === "" || path === "/") return;
  const absolute = client.absolute(path);
  // Where that costs no turn, it is made without a look; a server says 550 to one that exists.
  if (client.pipelining === "commands" && !client.standsIn(path))
    client.reply(verbs.makeDirectory(absolute), signal).catch(() => {});
  if (await isDirectory(client, path, nowMs, signal)) return;
  await makeDirectories(client, parentOf(path), nowMs, signal);
  try {
    await client.ask(verbs.makeDirectory(absolute), signal);
  } catch (error) {
    // Somebody else may have made it meanwhile; servers say 550 or 521 to that.
    if (!(error instanceof ReplyError) || !(await isDirectory(client, path, nowMs, signal))) throw error;
  }
}

async function isDirectory(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.enter(path, signal);
    return true;
  } catch (error) {
    requireAnswer(error);
    if (!isCwdUnknown(client, error)) return false;
  }
  try {
    return await isListedDirectory(client, path, nowMs, signal);
  } catch (error) {
    requireAnswer(error);
    return false;
  }
}

/**
 * Servers say many things to the name of a directory that is not there; MKD shows what it was.
 * @throws what is no answer
 */
function requireAnswer(error: unknown): void {
  if (!(error instanceof ReplyError) || [421, 530].includes(error.reply.code)) throw error;
}
