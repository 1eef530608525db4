import type { Client } from "../client.ts";
import { isCwdUnknown, listDirectory } from "../directory.ts";
import { ProtocolError, ReplyError } from "../../errors.ts";
import { hasFeature, listsFacts } from "../../features.ts";
import type { ListingEntry } from "../../listing/entry.ts";
import { mayBeLink } from "../../listing/hidden-link.ts";
import { parseFacts } from "../../listing/format/mlsd.ts";
import { nameOf, parentOf } from "../../pathname.ts";
import { isNegative, type Reply } from "../../reply.ts";
import { deniesExistence } from "../../quirks.ts";
import { unjudged } from "../requests.ts";
import * as verbs from "../verbs.ts";

/** What a server reports about one object. */
export type ServerFacts = Omit<ListingEntry, "name">;

/** `not-known`: the server has not answered the question; that is no answer to it. */
type Answer = ServerFacts | "absent" | "not-known";

/**
 * What a server reports about one object, links followed, by the first of these questions that it answers:
 *
 * 1. MLST (RFC 3659 §7) proves what the object is, or that there is none.
 * 2. SIZE and MDTM (RFC 3659 §3, §4) prove that something is there, and CWD whether that is a directory: some servers
 *    tell sizes of directories as well. A server that knows SIZE and says 550 has no such file.
 * 3. The listing of the directory that it would be in.
 *
 * A refusal that is about the command, or about the moment, proves nothing.
 * @returns undefined when there is certainly no such object
 * @throws ReplyError, or what the listing threw, where none of them is answered
 */
export async function fetchFacts(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<ServerFacts | undefined> {
  const absolute = client.absolute(path);
  const answer = await askFacts(client, absolute, signal);
  if (answer !== "not-known") return known(answer);
  // CWD and listings depend on the current directory, so they serve one question at a time.
  const done = await inTurn(client);
  try {
    const { facts, modified, refusal } = await askSizeAndPlace(client, path, signal);
    if (facts !== "not-known") return known(facts);
    const listed = known(await askListing(client, absolute, refusal, nowMs, signal));
    // MDTM is exact, and a listing need not be.
    return modified && listed?.kind === "file" ? { ...listed, modified } : listed;
  } finally {
    done();
  }
}

/** Who is asking for a place on a connection: the last of them. */
const asking = new WeakMap<Client, Promise<void>>();

/** Waits for those who ask on this connection already. @returns to be called when this one is done */
async function inTurn(client: Client): Promise<() => void> {
  const before = asking.get(client);
  let done = () => {};
  asking.set(
    client,
    new Promise((resolve) => {
      done = resolve;
    }),
  );
  await before;
  return done;
}

function known(answer: Exclude<Answer, "not-known">): ServerFacts | undefined {
  return answer === "absent" ? undefined : answer;
}

/** MLST; a symbolic link, or an object of no type, is asked for further. */
async function askFacts(client: Client, absolute: string, signal: AbortSignal): Promise<Answer> {
  if (!listsFacts(client.session.features) || client.capabilities.lacks("MLST")) return "not-known";
  const verb = verbs.facts(absolute);
  const reply = await client.reply(verb, signal);
  if (reply.code === 550 && saysAbsent(reply, absolute)) return "absent";
  if (isNegative(reply)) return notAnswered(client, verb, reply);
  const facts = parseFacts(client.answer(verb, reply));
  if (facts === undefined || facts.kind === "link" || facts.kind === "unknown") return "not-known";
  return client.session.quirks.tellsLinksAsFiles && mayBeLink(facts) ? "not-known" : facts;
}

/** A 550 that names another reason withholds the answer; the words count where they do not quote the name. */
function saysAbsent({ lines }: Reply, absolute: string): boolean {
  return deniesExistence(lines.join(" ").replaceAll(absolute, ""));
}

interface SizeAndPlace {
  readonly facts: Answer;
  /** What MDTM told, where the facts are not known. */
  readonly modified?: ServerFacts["modified"];
  /** The server's reply to the first question that it refused. */
  readonly refusal: ReplyError | undefined;
}

/** Both questions are asked at once where that costs nothing; a directory has no size, and its time is not looked at. */
async function askSizeAndPlace(client: Client, path: string, signal: AbortSignal): Promise<SizeAndPlace> {
  const absolute = client.absolute(path);
  const [size, time] = await client.askAll(
    [unjudged(verbs.size(absolute)), unjudged(verbs.modified(absolute))],
    signal,
  );
  const asked = fileOf(client, absolute, size, time);
  // Where it has a time and, a moment before, had no size, it has appeared in between.
  const hasAppeared = size.code === 550 && asked !== undefined;
  const again = hasAppeared ? await client.reply(verbs.size(absolute), signal) : size;
  const file = hasAppeared ? fileOf(client, absolute, again, time) : asked;
  if (file?.sizeBytes !== undefined && client.session.quirks.sizesOnlyFiles)
    return { facts: file, refusal: undefined };
  if (isNegative(size)) notAnswered(client, verbs.size(absolute), size);
  const entered = await tryToEnter(client, path, signal);
  if (entered === undefined) return { facts: { kind: "directory" }, refusal: undefined };
  const isPlace = entered.reply.code === 550;
  if (file?.sizeBytes !== undefined && isPlace) return { facts: file, refusal: undefined };
  const knowsSize = hasFeature(client.session.features, "SIZE") || client.capabilities.has("SIZE");
  if (size.code === 550 && knowsSize && isPlace && saysAbsent(size, absolute)) {
    // A time proves that something is there, and SIZE, that it is no file with a size.
    return { facts: file ?? "absent", refusal: undefined };
  }
  const refusal = isNegative(size) ? client.refusal(verbs.size(absolute), size) : entered;
  return { facts: "not-known", refusal, ...(file?.modified && { modified: file.modified }) };
}

/** The entry in the listing of the directory that it would be in. */
async function askListing(
  client: Client,
  absolute: string,
  refusal: ReplyError | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<Exclude<Answer, "not-known">> {
  const name = nameOf(absolute);
  if (name === "") return { kind: "directory" };
  const directory = parentOf(absolute);
  let found: ServerFacts | undefined;
  try {
    for await (const { name: listed, ...facts } of listDirectory(client, directory, nowMs, signal, true))
      if (listed === name) found ??= facts;
  } catch (error) {
    if (found !== undefined) return found;
    if (isNoDirectory(error) && directory !== "" && directory !== "/") return "absent";
    // Where CWD is unknown, the listing above shows whether that directory is there at all.
    if (isCwdUnknown(client, error) && nameOf(directory) !== "") {
      const above = await askListing(client, directory, refusal, nowMs, signal);
      if (above === "absent" || above.kind === "file") return "absent";
    }
    if (!(error instanceof ReplyError) || refusal === undefined) throw error;
    // A listing may fail for the moment where another question is refused for good.
    throw error.retry === "never" || refusal.retry !== "never" ? refusal : error;
  }
  // What cannot be entered is no directory, whatever it is.
  if (found?.kind === "unknown") return { ...found, kind: "file" };
  return found ?? "absent";
}

/** A directory that nobody may enter because it is none, or is not there. */
function isNoDirectory(error: unknown): boolean {
  return error instanceof ReplyError && error.command.verb === "CWD" && error.reply.code === 550;
}

/**
 * The size of a file that is there, and its time where `isTimed`, both in one write where the server takes that.
 * @returns undefined where the server does not tell the size
 */
export async function sizeOf(
  client: Client,
  path: string,
  isTimed: boolean,
  signal: AbortSignal,
): Promise<ServerFacts | undefined> {
  const absolute = client.absolute(path);
  const [size, time] = await client.askAll(
    [unjudged(verbs.size(absolute)), ...(isTimed ? [unjudged(verbs.modified(absolute))] : [])],
    signal,
  );
  const file = size === undefined ? undefined : fileOf(client, absolute, size, time);
  return file?.sizeBytes === undefined ? undefined : file;
}

/** A file, as far as its size and time are known; undefined where neither is. */
function fileOf(
  client: Client,
  absolute: string,
  size: Reply,
  time: Reply | undefined,
): ServerFacts | undefined {
  const sizeBytes = read(client, verbs.size(absolute), size);
  const atMs = time === undefined ? undefined : read(client, verbs.modified(absolute), time);
  if (sizeBytes !== undefined) client.capabilities.works("SIZE", "a size was reported");
  if (sizeBytes === undefined && atMs === undefined) return undefined;
  return {
    kind: "file",
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(atMs === undefined ? {} : { modified: { atMs, precision: "second", zone: "utc" } }),
  };
}

/** A positive reply without what it should tell (`213 File status`) tells nothing. */
function read<T>(client: Client, verb: verbs.Verb<T>, reply: Reply): T | undefined {
  if (isNegative(reply)) return undefined;
  try {
    return client.answer(verb, reply);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** @throws ReplyError for a refusal that is about us or the connection, and not about the question */
function notAnswered(client: Client, verb: verbs.Verb<unknown>, reply: Reply): "not-known" {
  if ([421, 530, 532].includes(reply.code)) client.answer(verb, reply);
  return "not-known";
}

/** @returns the refusal; undefined where we are there now */
async function tryToEnter(
  client: Client,
  path: string,
  signal: AbortSignal,
): Promise<ReplyError | undefined> {
  try {
    await client.enter(path, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof ReplyError) || [421, 530, 532].includes(error.reply.code)) throw error;
    return error;
  }
}
