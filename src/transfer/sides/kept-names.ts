import { UTF8 } from "../../ftp/charset/charsets.ts";
import type { Client } from "../../ftp/session/client.ts";
import { alteredName, areOneName, isTried } from "../../ftp/session/names/name-trial.ts";
import { decodeText } from "../../shared/octets.ts";

/** Why a server would not store a file under exactly this pathname; what is not known of it is tried, once `alone` has passed. */
export function refusalOfPath(
  client: Client,
  path: string,
  nowMs: number,
  alone: () => Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> | string | undefined {
  const { quirks, family = "the server" } = client.session;
  const { alters, keepsNames } = quirks;
  const known = alters && path.split("/").find((name) => alters.test(name));
  if (known !== undefined) return wouldRename(family, known);
  // What is known of a server was seen with names in UTF-8.
  const isMeasured =
    client.names.charset === UTF8 || alters?.test(decodeText(client.names.encode(path))) !== true;
  return keepsNames && isMeasured ? undefined : triedRefusal(client, path, nowMs, alone, signal);
}

async function triedRefusal(
  client: Client,
  path: string,
  nowMs: number,
  alone: () => Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!isTried(client, path)) await alone();
  const altered = await alteredName(client, path, nowMs, signal);
  return altered === undefined ? undefined : wouldRename(client.session.family ?? "the server", altered);
}

function wouldRename(family: string, name: string): string {
  return `${family} would silently rename ${JSON.stringify(name)}`;
}

/** Whether two names would be one file there; in doubt they are. */
export async function mergesNames(
  client: Client,
  directory: string,
  names: readonly [string, string],
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  // What cannot be sent is no name there at all.
  if (names.some((name) => client.names.missing(name) !== undefined)) return false;
  return !client.session.quirks.keepsNames && areOneName(client, directory, names, nowMs, signal);
}
