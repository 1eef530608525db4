import type { Capability } from "./capabilities.ts";
import type { Client } from "./client.ts";
import { isClosedByPeer } from "../connection/close-notify.ts";
import { ConnectionError, NoDataConnectionError, ReplyError } from "../errors.ts";
import { listsFacts } from "../features.ts";
import type { ListingEntry } from "../listing/entry.ts";
import { CutListingError, ListingError } from "../listing/errors.ts";
import {
  createListingReader,
  type ListingOptions,
  type ListingReader,
  listingInStatus,
} from "../listing/list.ts";
import { isCompletion } from "../reply.ts";
import { saysEmpty } from "../quirks.ts";
import { accountKey } from "../settings.ts";
import { closingOf } from "./tls-closing.ts";
import * as verbs from "./verbs.ts";
import { messageOf } from "../../shared/errors.ts";

/** One way to have a directory listed. */
interface Listing {
  readonly command: { readonly verb: "MLSD" | "LIST" | "STAT"; readonly argument?: string };
  readonly capability: Capability;
  readonly format: "mlsd" | "list";
  /**
   * A server may take an option for a name and list nothing. The answer is believed only when
   * `.` and `..` are in it, which nothing but the option brings.
   */
  readonly needsDots: boolean;
  /** Whether it is asked for in TYPE A. */
  readonly isText?: true;
}

const MLSD: Listing = { command: { verb: "MLSD" }, capability: "MLSD", format: "mlsd", needsDots: false };
const LIST_ALL: Listing = {
  command: { verb: "LIST", argument: "-a" },
  capability: "LIST -a",
  format: "list",
  needsDots: true,
};
const LIST: Listing = { command: { verb: "LIST" }, capability: "LIST", format: "list", needsDots: false };
/** RFC 959 §4.1.3 has a listing sent as text; some servers insist on it. */
const LIST_AS_TEXT: Listing = { ...LIST, capability: "LIST in TYPE A", isText: true };
/** Over the control connection, for a server that opens no data connection to us. */
const STAT_ALL: Listing = {
  command: { verb: "STAT", argument: "-la ." },
  capability: "STAT -la .",
  format: "list",
  needsDots: true,
};
const STAT: Listing = {
  command: { verb: "STAT", argument: "." },
  capability: "STAT .",
  format: "list",
  needsDots: false,
};

/** The parts of a listing, as they come; each may throw while it is read. */
type Entries = Iterable<ListingEntry>;

/**
 * The entries of a directory, as they come. The directory is entered with CWD and listed without a name, so
 * that no server takes a name for a pattern.
 * @param from who lists it, or how to reach it when the listing begins
 * @param isStrict whether a refusal that is known to mean "empty" is thrown
 * @param ended is told, after the last entry, whether the transport would have shown that the listing was cut
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
  const isHeard = await client.data.listensForUs();
  const entered = client.enterToList(directory, signal);
  entered.catch(() => {});
  if (!isHeard) await entered;
  const where = `${client.name}: ${directory}`;
  let refusal: Error | undefined;
  for (const listing of listingsFor(client, byLines)) {
    // What is refused as text as well is refused for another reason, and that was said at first.
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
    const close = (whole: boolean) => void (isWhole = whole);
    try {
      for await (const entries of receive(client, listing, entered, reader, close, signal)) {
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
      if (isEmpty && error instanceof ReplyError && saysEmpty(error.reply)) {
        if (!listing.needsDots && isStrict)
          throw located(error, listing, client.masked(client.absolute(directory)));
        if (!listing.needsDots) return;
        // Or it was the option that was looked for, as a name.
        continue;
      }
      if (listing === LIST_AS_TEXT && error instanceof ReplyError && refusal !== undefined) {
        client.capabilities.forget("LIST");
        throw refusal;
      }
      if (!isEmpty || reader.sawDots || !allowsNext(error, client, listing))
        throw located(error, listing, client.masked(client.absolute(directory)));
      if (listing === LIST && error instanceof ReplyError)
        refusal = located(error, listing, client.masked(client.absolute(directory)));
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

async function* receive(
  client: Client,
  listing: Listing,
  entered: Promise<void>,
  reader: ListingReader,
  ended: (isWhole: boolean) => void,
  signal: AbortSignal,
): AsyncGenerator<Entries> {
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
    yield* overData(client, listing, entered, reader, ended, signal);
    return;
  }
  await entered;
  await client.ask(verbs.asciiType(), signal);
  try {
    yield* overData(client, listing, entered, reader, ended, signal);
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
  client: Client,
  listing: Listing,
  entered: Promise<void>,
  reader: ListingReader,
  ended: (isWhole: boolean) => void,
  signal: AbortSignal,
): AsyncGenerator<Entries> {
  await using transfer = await client.open(listing.command, 0, signal);
  // A server that waits for our data connection gets it, whatever it is about to send.
  const stream = await transfer.stream(signal);
  await entered;
  for await (const chunk of stream) {
    signal.throwIfAborted();
    yield reader.push(chunk as Buffer);
  }
  client.data.hasListed(signal);
  await transfer.finish(client.host.timeouts.replyMs, signal);
  ended(requireEnd(client, listing, isClosedByPeer(stream)));
  yield reader.end();
}

/**
 * Whether all of a listing has come, as far as its data connection tells: one in clear tells nothing against it.
 * @throws CutListingError where it may have been cut; ListingError where those before it were
 */
function requireEnd(client: Client, { command }: Listing, isClosed: boolean | undefined): boolean {
  if (isClosed === undefined) return true;
  const closing = closingOf(accountKey(client.host), client.session.quirks.closesTls);
  const ending = closing.judge(isClosed);
  const what = `${client.name}: ${command.verb}`;
  if (ending === "cut") {
    const because =
      "the TLS data connection ended without close_notify, so the listing may have been cut short";
    throw new CutListingError(`${what}: ${because}`);
  }
  if (ending === "were-cut") {
    const because =
      "the server does end TLS with close_notify, so earlier listings were cut short on the way";
    throw new ListingError(`${what}: ${because}`);
  }
  return ending === "whole";
}

/** A listing names no directory, and whoever reads of a refusal wants to know it. */
function located<T>(error: T, { command }: Listing, directory: string): T | ReplyError {
  if (!(error instanceof ReplyError) || error.command.verb !== command.verb || directory === "") return error;
  return new ReplyError(error.host, error.command, error.reply, directory);
}

function listingsFor(client: Client, byLines: boolean): readonly Listing[] {
  const { features, quirks } = client.session;
  const facts = listsFacts(features) && !byLines ? [MLSD] : [];
  const hidden = quirks.hidesDotNames;
  const all = [
    ...facts,
    ...(hidden ? [LIST_ALL] : []),
    LIST,
    LIST_AS_TEXT,
    ...(hidden ? [STAT_ALL] : []),
    STAT,
  ];
  return all.filter((listing) => !client.capabilities.lacks(listing.capability));
}

/** Whether the server is known to take the option as such; nothing listed is then no empty directory. */
function takesOption({ capabilities, session }: Client, listing: Listing): boolean {
  return listing.needsDots && (session.quirks.alwaysListsDots || capabilities.has(listing.capability));
}

/** Whether a failure is about this way of listing, and not about the directory. */
function allowsNext(error: unknown, client: Client, listing: Listing): boolean {
  if (error instanceof NoDataConnectionError) return listing.command.verb !== "STAT";
  if (!(error instanceof ReplyError) || listing === LIST_AS_TEXT || listing === STAT) return false;
  const { code } = error.reply;
  if (listing === LIST)
    return (
      code >= 500 && code !== 530 && client.session.family === undefined && !client.capabilities.has("LIST")
    );
  if ([500, 501, 502, 504].includes(code)) return true;
  if (isCompletion(error.reply)) return listing.needsDots;
  return listing.needsDots && [450, 550].includes(code) && !takesOption(client, listing);
}

/** What comes in a reply is text already (`listingInStatus`). */
function decodingOf({ names }: Client, { command }: Listing): Pick<ListingOptions, "decode"> {
  return command.verb === "STAT" ? {} : { decode: names.decode };
}
