import type { Client } from "./client.ts";
import { isClosedByPeer } from "../connection/close-notify.ts";
import { ChangedDirectoryError, ConnectionError, NoDataConnectionError, ReplyError } from "../errors.ts";
import type { ListingEntry } from "../listing/entry.ts";
import { ListingError, UnreadableLinesError } from "../listing/errors.ts";
import {
  createListingReader,
  type ListingOptions,
  type ListingReader,
  listingInStatus,
} from "../listing/list.ts";
import { nameOf, parentOf } from "../pathname.ts";
import { deniesExistence, saysEmpty } from "../quirks.ts";
import type { Reply } from "../reply.ts";
import {
  allowsNext,
  listingCommand,
  LIST,
  LIST_AS_TEXT,
  type ListingMethod,
  listingsFor,
  takesOption,
} from "./listing-commands.ts";
import { requireAll, requireEnd } from "./listing-end.ts";
import * as verbs from "./verbs.ts";
import { messageOf } from "../../shared/errors.ts";

/** The parts of a listing, as they come; each may throw while it is read. */
type Entries = Iterable<ListingEntry>;

/**
 * The entries of a directory, as they come. The directory is entered with CWD and listed without a name, so
 * that no server takes a name for a pattern; with one it is listed only where the server does not know CWD.
 * @param from who lists it, or how to reach it when the listing begins
 * @param isStrict whether a refusal that is known to mean "empty" is thrown
 * @param ended is called after the last entry, with whether the transport would have shown that the listing was cut
 * @param byLines by LIST, or STAT, which show symbolic links, also where there is MLSD
 * @throws ReplyError when it cannot be entered or listed; ListingError when it cannot be read and the server
 * says so by listing nothing, and, after what was understood, when there are lines that were not: what is
 * missing then is not known to be missing
 */
export async function* listDirectory(
  from: Client | (() => Promise<Client>),
  directory: string,
  nowMs: number,
  signal: AbortSignal,
  isStrict = false,
  ended: (isWhole: boolean) => void = () => {},
  byLines = false,
): AsyncGenerator<ListingEntry> {
  const client = typeof from === "function" ? await from() : from;
  const isListening = await client.data.listensForUs(signal);
  const entering = client.enterToList(directory, signal);
  entering.catch(() => {});
  // Whether a server has CWD at all shows when it was first used.
  const isCertain = isListening && (client.session.family !== undefined || client.capabilities.has("CWD"));
  const name = isCertain ? undefined : await nameToList(client, directory, entering, nowMs, signal);
  const entered = isCertain ? entering : Promise.resolve();
  const where = `${client.name}: ${directory}`;
  let refusal: Error | undefined;
  for (const listing of listingsFor(client, byLines, name !== undefined)) {
    // What is refused as text as well is refused for another reason, which the first refusal gave.
    if (listing === LIST_AS_TEXT && refusal === undefined && client.capabilities.of("LIST").is !== "refused")
      continue;
    const absolute = client.absolute(directory);
    const { format } = listing;
    const reader = createListingReader({
      nowMs,
      format,
      directory: absolute,
      timeZone: client.host.timeZone,
      ...decodingOf(client, listing),
    });
    const held: ListingEntry[] = [];
    let isEmpty = true;
    let isWhole = true;
    let last: Reply | undefined;
    const close = (whole: boolean, reply: Reply) => void ([isWhole, last] = [whole, reply]);
    const attempt = { client, listing, name, entered, reader, ended: close };
    try {
      for await (const entries of receive(attempt, signal)) {
        for (const entry of entries) {
          isEmpty = false;
          held.push(entry);
          if (listing.needsDots && !reader.sawDots) continue;
          for (const one of held.splice(0)) yield one;
        }
      }
    } catch (error) {
      // Who could not enter has listed something else, or nothing.
      await entered;
      const refused = located(error, listing, client.masked(absolute));
      if (isEmpty && error instanceof ReplyError && saysEmpty(error.reply)) {
        if (!listing.needsDots && isStrict) throw refused;
        if (!listing.needsDots) return;
        // Or it was the option that was looked for, as a name.
        continue;
      }
      const isPassing = error instanceof ChangedDirectoryError;
      if (listing === LIST_AS_TEXT && error instanceof ReplyError && refusal !== undefined && !isPassing) {
        client.capabilities.forget("LIST");
        throw refusal;
      }
      if (!isEmpty || reader.sawDots || isPassing || !allowsNext(error, client, listing)) throw refused;
      if (listing === LIST && refused instanceof ReplyError) refusal = refused;
      if (error instanceof ReplyError) client.capabilities.refused(listing.capability, error.reply);
      else client.capabilities.fails(listing.capability, messageOf(error));
      continue;
    }
    if (!listing.needsDots || reader.sawDots) {
      if (listing.needsDots) client.capabilities.works(listing.capability, "it listed . and ..");
      else if (listing.command.verb === "LIST" && !client.capabilities.has(listing.capability))
        client.capabilities.works(listing.capability, "it listed a directory");
      yield* held;
      reader.verify(where, (text) => client.masked(text));
      requireAll(client, directory, last);
      return ended(isWhole);
    }
    if (isEmpty && takesOption(client, listing)) {
      throw new ListingError(
        `${where}: cannot be read: the listing is empty, even without . and .. (permission denied?)`,
      );
    }
    client.capabilities.fails(listing.capability, "its listing has no . and ..");
  }
  throw new NoDataConnectionError(`${where}: cannot be listed: the server refused every listing command`);
}

/** One command that lists a directory, and what becomes of its listing. */
interface ListingAttempt {
  readonly client: Client;
  readonly listing: ListingMethod;
  /** Of the directory, where it cannot be entered. */
  readonly name: string | undefined;
  readonly entered: Promise<void>;
  readonly reader: ListingReader;
  /** Is called after the last bytes, with whether the transport would have shown that the listing was cut, and the reply. */
  readonly ended: (isWhole: boolean, reply: Reply) => void;
}

async function* receive(attempt: ListingAttempt, signal: AbortSignal): AsyncGenerator<Entries> {
  const { client, listing, entered, reader } = attempt;
  if (listing.command.verb === "STAT") {
    await entered;
    const verb = verbs.status(listing.command.argument);
    const reply = await client.ask(verb, signal);
    // One line has no place for a listing, not even for an empty one, unless it is an entry itself.
    if (reply.lines.length === 1 && listingInStatus(reply).length === 0) throw client.refusal(verb, reply);
    yield reader.push(listingInStatus(reply));
    yield reader.end();
    return;
  }
  if (listing.isText !== true) {
    yield* overData(attempt, signal);
    return;
  }
  await entered;
  await client.ask(verbs.asciiType(), signal);
  try {
    yield* overData(attempt, signal);
  } finally {
    await backToImage(client, signal);
  }
}

/** A connection that is not known to be in TYPE I is given up: files would be altered. */
async function backToImage(client: Client, signal: AbortSignal): Promise<void> {
  try {
    await client.ask(verbs.imageType(), signal);
  } catch (error) {
    client.destroy(new ConnectionError(`${client.name}: TYPE I: ${messageOf(error)}`, error));
  }
}

async function* overData(
  { client, listing, name, entered, reader, ended }: ListingAttempt,
  signal: AbortSignal,
): AsyncGenerator<Entries> {
  const command = listingCommand(listing, name);
  await using transfer = await client.open(command, 0, signal);
  client.data.isListing(command);
  // A server that waits for our data connection gets it, whatever it is about to send.
  const stream = await transfer.stream(signal);
  try {
    await entered;
  } catch (error) {
    // What is listed instead is of no use; but where it is broken off, the next listing would begin with the rest of it.
    if (client.session.quirks.keepsUnsentEntries) await transfer.drain(stream, signal);
    throw error;
  }
  let last: Reply;
  try {
    for await (const chunk of stream) {
      signal.throwIfAborted();
      yield reader.push(chunk as Buffer);
    }
    client.data.hasListed();
    last = await transfer.finish(client.host.timeouts.replyMs, signal);
  } catch (error) {
    throw hasChanged(error) ? new ChangedDirectoryError(error.host, error.command, error.reply) : error;
  }
  ended(requireEnd(client, listing, isClosedByPeer(stream)), last);
  yield reader.end();
}

/** Whether a listing that had begun was refused for something that is not there. */
function hasChanged(error: unknown): error is ReplyError {
  return (
    error instanceof ReplyError && error.reply.code === 550 && deniesExistence(error.reply.lines.join(" "))
  );
}

/**
 * The name to list a directory by; undefined where it is the current directory. Servers list a file by its name as well, and some list
 * what is not there as empty: so the listing above has to show a directory.
 * @throws ReplyError where CWD is refused for another reason than that it is unknown, or there is no such directory
 */
async function nameToList(
  client: Client,
  directory: string,
  entering: Promise<void>,
  nowMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await entering;
    return undefined;
  } catch (error) {
    if (!isCwdUnknown(client, error)) throw error;
    const absolute = client.absolute(directory);
    // Without a CWD the login directory is still the current one.
    if (absolute === client.absolute("")) return undefined;
    if (/[\s*?[\]{}~]|(^|\/)-/.test(absolute)) throw error;
    if (await isListedDirectory(client, absolute, nowMs, signal)) return absolute;
    throw error;
  }
}

/** Whether a refusal is one of CWD as such (RFC 959 §4.2.2), by a server that never obeyed it. */
export function isCwdUnknown({ capabilities }: Client, error: unknown): error is ReplyError {
  const isRefused = error instanceof ReplyError && error.command.verb === "CWD";
  return isRefused && [500, 502].includes(error.reply.code) && !capabilities.has("CWD");
}

/** Whether the listing of the directory above shows a directory of this name. */
export async function isListedDirectory(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const absolute = client.absolute(path);
  if (nameOf(absolute) === "") return true;
  let isFound = false;
  try {
    for await (const { name, kind } of listDirectory(client, parentOf(absolute), nowMs, signal))
      if (name === nameOf(absolute)) isFound = kind === "directory";
  } catch (error) {
    if (!isFound || !(error instanceof UnreadableLinesError)) throw error;
  }
  return isFound;
}

/** A listing names no directory, and whoever reads of a refusal wants to know it. */
function located(error: unknown, { command }: ListingMethod, directory: string): unknown {
  if (!(error instanceof ReplyError) || error.command.verb !== command.verb || directory === "") return error;
  const { host, command: sent, reply, advice } = error;
  return error instanceof ChangedDirectoryError
    ? new ChangedDirectoryError(host, sent, reply, directory, advice)
    : new ReplyError(host, sent, reply, directory, advice);
}

/** What comes in a reply is text already (`listingInStatus`). */
function decodingOf({ names }: Client, { command }: ListingMethod): Pick<ListingOptions, "decode"> {
  return command.verb === "STAT" ? {} : { decode: names.decode };
}
