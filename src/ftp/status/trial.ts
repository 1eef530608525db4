import { isCancellation, messageOf } from "../../shared/errors.ts";
import type { ListingEntry } from "../listing/entry.ts";
import { type Finding, no, unknown, yes } from "../probe/result.ts";
import { ConnectionError } from "../errors.ts";
import { formatReply, isNegative, type Reply } from "../reply.ts";
import type { Client } from "../session/client.ts";
import { listDirectory } from "../session/directory.ts";
import { unjudged } from "../session/requests.ts";
import * as verbs from "../session/verbs.ts";
import { contradiction, hasSameNames, listByStatus, MOST_AHEAD, StatusListingError } from "./listing.ts";

/** How long a reply may take in a trial: what was lost does not come. */
const SILENCE_MS = 3_000;

/** What a trial has shown. */
interface StatusTrial extends Finding {
  /** Whether the server answered in a way that nobody expects, or not at all; a plain refusal is expected. */
  readonly isOdd: boolean;
}

/**
 * Whether a server lists directories by `STAT -la` written ahead: one alone, which is compared with what comes over a
 * data connection, and then all in one write, of which one more is compared. What goes wrong costs the connection,
 * on which nothing else may be under way, therefore.
 * @param directories 1 … {@link MOST_AHEAD}, which may be asked for by name
 * @throws when cancelled
 */
export async function tryStatus(
  client: Client,
  directories: readonly string[],
  nowMs: number,
  signal: AbortSignal,
): Promise<StatusTrial> {
  const [first = "", second = first] = directories;
  try {
    const verb = verbs.status(`-la ${client.absolute(first)}`);
    // Alone on its way: a server that hangs up over it has lost no other reply.
    const reply = await client.ask(unjudged(verb), signal, SILENCE_MS);
    if (isNegative(reply)) return await refused(client, reply, signal);
    let odd: string | undefined;
    const list = (asked: readonly string[]) =>
      listByStatus(client, asked, nowMs, signal, (because) => (odd ??= because), SILENCE_MS);
    const [alone] = await list([first]);
    if (alone === undefined)
      return { ...unknown(odd ?? `STAT ${first} does not list . and ..`), isOdd: odd !== undefined };
    const several = Array.from(
      { length: Math.min(MOST_AHEAD, 8) },
      (_, at) => directories[at % directories.length] ?? "",
    );
    const [one, two] = await list(several);
    for (const [directory, listed, again] of [
      [first, alone, one],
      [second, two, two],
    ] as const) {
      if (listed === undefined || again === undefined)
        return { ...unknown(odd ?? `STAT ${directory} does not list . and ..`), isOdd: true };
      const exact = await namesIn(client, directory, nowMs, signal);
      const isSame = [listed, again].every((names) => hasSameNames(names, exact));
      if (!isSame || contradiction(listed, exact, again, false) !== undefined)
        return { ...unknown(`STAT and LIST of ${directory} differ`), isOdd: true };
    }
    return expected(yes(`${several.length} directories in one write`));
  } catch (error) {
    signal.throwIfAborted();
    if (isCancellation(error)) throw error;
    // A connection that was lost, or silent, may have been so for any reason.
    if (isLoss(error)) return { ...unknown(messageOf(error)), isOdd: true };
    const isOdd = error instanceof StatusListingError || !client.isUsable;
    return { ...(isOdd ? no(messageOf(error)) : unknown(messageOf(error))), isOdd };
  }
}

/** A refusal of the command, or of this directory; some servers hang up after it. */
async function refused(client: Client, reply: Reply, signal: AbortSignal): Promise<StatusTrial> {
  const because = client.masked(`STAT -la: ${formatReply(reply)}`);
  try {
    await client.ask(unjudged(verbs.noOperation()), signal, SILENCE_MS);
  } catch (error) {
    signal.throwIfAborted();
    if (isCancellation(error)) throw error;
    return { ...no(`${because}, and then the connection was closed`), isOdd: true };
  }
  return expected([450, 550].includes(reply.code) ? unknown(because) : no(because));
}

function isLoss(error: unknown): boolean {
  if (error instanceof StatusListingError) return error.cause instanceof ConnectionError;
  return error instanceof ConnectionError;
}

function expected(finding: Finding): StatusTrial {
  return { ...finding, isOdd: false };
}

async function namesIn(
  client: Client,
  directory: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly ListingEntry[]> {
  const entries: ListingEntry[] = [];
  // MLSD has other words for some kinds.
  const listing = listDirectory(client, directory, nowMs, signal, false, () => {}, true);
  for await (const entry of listing) entries.push(entry);
  return entries;
}
