import { UTF8 } from "../../ftp/charset/charsets.ts";
import type { Client } from "../../ftp/session/client.ts";
import { alteredName, areOneName, isTried } from "../../ftp/session/names/name-trial.ts";
import { fetchFacts } from "../../ftp/session/names/facts.ts";
import { parentOf } from "../../ftp/pathname.ts";
import { decodeText } from "../../shared/octets.ts";
import { TransferError } from "../errors.ts";

/** Why a server would not store a file under exactly this pathname; what is not known of it is tried, once `alone` has passed. */
export function refusalOfPath(
  client: Client,
  path: string,
  nowMs: number,
  alone: () => Promise<void>,
  signal: AbortSignal,
  beside?: () => Promise<string>,
): Promise<string | undefined> | string | undefined {
  const { quirks, family = "the server" } = client.session;
  const { alters, keepsNames } = quirks;
  const known = alters && path.split("/").find((name) => alters.test(name));
  if (known !== undefined) return wouldRename(family, known);
  // What is known of a server was seen with names in UTF-8.
  const isMeasured =
    client.names.charset === UTF8 || alters?.test(decodeText(client.names.encode(path))) !== true;
  return keepsNames && isMeasured ? undefined : triedRefusal(client, path, nowMs, alone, signal, beside);
}

async function triedRefusal(
  client: Client,
  path: string,
  nowMs: number,
  alone: () => Promise<void>,
  signal: AbortSignal,
  beside: (() => Promise<string>) | undefined,
): Promise<string | undefined> {
  const isKnown = isTried(client, path);
  if (!isKnown) await alone();
  const directory = isKnown ? undefined : await beside?.();
  const altered = await alteredName(client, path, nowMs, signal, directory);
  return altered === undefined ? undefined : wouldRename(client.session.family ?? "the server", altered);
}

function wouldRename(family: string, name: string): string {
  return `${family} would silently rename ${JSON.stringify(name)}`;
}

/**
 * Before a directory is made: what is not known of its name, and of those above it, is tried in the nearest one that
 * exists.
 * @throws TransferError for a name that the server would store under another one
 */
export async function requireKeptDirectory(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const refusal = await refusalOfPath(
    client,
    path,
    nowMs,
    async () => {},
    signal,
    () => nearestDirectory(client, path, nowMs, signal),
  );
  if (refusal !== undefined) throw new TransferError(`${client.name}: ${path}: ${refusal}`, "never");
}

async function nearestDirectory(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<string> {
  for (let at = parentOf(path); at !== "" && at !== "/"; at = parentOf(at))
    if ((await fetchFacts(client, at, nowMs, signal))?.kind === "directory") return at;
  return path.startsWith("/") ? "/" : "";
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
