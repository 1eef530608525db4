import { setMaxListeners } from "node:events";
import { ConnectionError } from "../errors.ts";
import { createListingReader, listingInStatus } from "../listing/list.ts";
import type { ListingEntry } from "../listing/entry.ts";
import { formatReply, isCompletion, isNegative, type Reply } from "../reply.ts";
import type { Client } from "../session/client.ts";
import { unjudged } from "../session/requests.ts";
import * as verbs from "../session/verbs.ts";
import { AppError, isCancellation, messageOf } from "../../shared/errors.ts";
import { anySignal } from "../../shared/any-signal.ts";
import { decodeText } from "../../shared/octets.ts";

/** Directories that are asked for in one write. */
export const MOST_AHEAD = 64;

/** Replies to STAT that do not fit: nothing that came on this connection is believed, and it is closed. */
export class StatusListingError extends AppError {
  readonly code = "status-listing";
  readonly retry = "new-connection";
}

/**
 * Whether a directory may be asked for by name: some servers take a name for a pattern, others cut it at a space.
 * @param path as it is sent, absolute
 */
export function isPlainPath(path: string): boolean {
  return /^\/[A-Za-z0-9._+=@,/-]*$/.test(path);
}

/**
 * Directories' listings by `STAT -la`, on the control connection, all written before the first reply. One is believed
 * only when `.` and `..` are in it, each once, and every line of it was read; and all of them only when each command
 * has had one reply of its kind, up to a NOOP at the end: a name with a line feed in it might end a reply and begin
 * another one, and all that follow would be of other directories.
 * @param directories 1 … {@link MOST_AHEAD}, each {@link isPlainPath} as an absolute pathname
 * @param tell called with a reply with text in it that is not that of a directory, and which
 * @param replyMs how long each reply may take, where that is shorter than usual
 * @returns for each of them its entries; undefined where it is to be listed in another way: it is not there, is no
 * directory, or cannot be read
 * @throws StatusListingError where something does not fit, or the connection was lost: it is closed
 */
export async function listByStatus(
  client: Client,
  directories: readonly string[],
  nowMs: number,
  signal: AbortSignal,
  tell: (because: string) => void = () => {},
  replyMs?: number,
): Promise<readonly (readonly ListingEntry[] | undefined)[]> {
  const own = anySignal(signal);
  // As many listeners as there are replies to wait for; not a leak.
  setMaxListeners(0, own);
  try {
    const replies = await askedAhead(client, directories, own, replyMs);
    const shown = (because: string) => tell(client.masked(because));
    const listed = replies.map((reply, at) =>
      entriesIn(reply, directories[at] ?? "", nowMs, client.host.timeZone, shown),
    );
    requireOneCode(replies.filter((_, at) => listed[at] !== undefined));
    return listed;
  } catch (error) {
    signal.throwIfAborted();
    if (isCancellation(error)) throw error;
    const because = client.masked(messageOf(error));
    client.destroy(new ConnectionError(`${client.name}: replies to STAT cannot be used`));
    throw new StatusListingError(because, error);
  }
}

/** @throws Mismatch; what keeps a reply from coming */
async function askedAhead(
  client: Client,
  directories: readonly string[],
  signal: AbortSignal,
  replyMs: number | undefined,
): Promise<readonly Reply[]> {
  const wanted = directories.map((one) => verbs.status(`-la ${client.absolute(one)}`));
  const asked = [...wanted, verbs.noOperation()].map((verb) => client.ask(unjudged(verb), signal, replyMs));
  const replies = await Promise.all(asked);
  const end = replies.pop();
  if (end === undefined || !isCompletion(end) || isStatus(end) || end.lines.length !== 1)
    throw new Mismatch(`STAT and NOOP: the replies do not match the commands: ${start(end)}`);
  return replies;
}

/** @returns undefined for a reply without a directory in it @throws Mismatch */
function entriesIn(
  reply: Reply,
  directory: string,
  nowMs: number,
  timeZone: string | undefined,
  tell: (because: string) => void,
): readonly ListingEntry[] | undefined {
  if ([450, 550, 553].includes(reply.code)) return undefined;
  const what = `STAT ${directory}`;
  if (isNegative(reply) || !isStatus(reply)) throw new Mismatch(`${what}: ${start(reply)}`);
  const reader = createListingReader({ nowMs, format: "list", timeZone });
  const text = listingInStatus(reply);
  const entries = [...reader.push(text), ...reader.end()];
  const [fault] = [reader.misread, reader.skipped].filter((one) => one !== undefined);
  if (!reader.sawDots) {
    // Nothing at all is how servers say that there is no such directory.
    if (text.length > 0) tell(`${what} does not list . and ..: ${JSON.stringify(firstLineOf(text))}`);
    return undefined;
  }
  if (fault !== undefined) throw new Mismatch(`${what}: ${fault.first}`);
  for (const dots of [".", ".."])
    if (reply.lines.filter((line) => line.endsWith(` ${dots}`)).length !== 1)
      throw new Mismatch(`${what}: the reply lists "${dots}" more than once`);
  if (new Set(entries.map(({ name }) => name)).size !== entries.length)
    throw new Mismatch(`${what}: the reply lists a name twice`);
  return entries;
}

/** One server answers in one way; what a name has made up need not. @throws Mismatch */
function requireOneCode(replies: readonly Reply[]): void {
  const [first] = replies;
  const other = replies.find(({ code }) => code !== first?.code);
  if (other !== undefined)
    throw new Mismatch(`STAT: replies ${first?.code} and ${other.code} to one kind of question`);
}

/** A reply that does not fit its command. */
class Mismatch extends AppError {
  readonly code = "status-mismatch";
  readonly retry = "never";
}

/** Status, directory status, file status (RFC 959 §4.2.1). */
function isStatus({ code }: Reply): boolean {
  return code >= 211 && code <= 213;
}

function start(reply: Reply | undefined): string {
  return reply === undefined
    ? "no reply"
    : formatReply({ ...reply, lines: reply.lines.slice(0, 1) }).slice(0, 200);
}

function firstLineOf(text: Buffer): string {
  return decodeText(text).trim().split("\r\n", 1)[0]?.slice(0, 200) ?? "";
}

/** Whether two listings have the same names, of the same kinds. */
export function hasSameNames(one: readonly ListingEntry[], other: readonly ListingEntry[]): boolean {
  const kinds = new Map(one.map(({ name, kind }) => [name, kind]));
  return one.length === other.length && other.every(({ name, kind }) => kinds.get(name) === kind);
}

/**
 * The first name that STAT shows otherwise than a listing that was made between two looks by STAT, and in the same way both
 * times: what has changed meanwhile is shown otherwise at the second look.
 * @param isScreen whether the listing is by MLSD, which has other words for times, and for links
 */
export function contradiction(
  before: readonly ListingEntry[],
  exact: readonly ListingEntry[],
  after: readonly ListingEntry[],
  isScreen: boolean,
): string | undefined {
  const [one, two, three] = [before, exact, after].map(
    (entries) => new Map(entries.map((entry) => [entry.name, entry])),
  );
  const names = new Set([...before, ...exact].map(({ name }) => name));
  return [...names].find(
    (name) =>
      differ(one?.get(name), two?.get(name), isScreen) && !differ(one?.get(name), three?.get(name), false),
  );
}

/** Whether two listings cannot both be right about a name. */
function differ(one: ListingEntry | undefined, two: ListingEntry | undefined, isScreen: boolean): boolean {
  if (one === undefined && two === undefined) return false;
  if (isScreen && [one, two].some((entry) => entry && entry.kind !== "file" && entry.kind !== "directory"))
    return false;
  if (one === undefined || two === undefined || one.kind !== two.kind) return true;
  if (one.kind !== "file") return false;
  if (one.sizeBytes !== two.sizeBytes) return true;
  const [here, there] = [one.modified, two.modified];
  const areAlike = here?.precision === there?.precision && here?.zone === there?.zone;
  return !isScreen && areAlike && here?.atMs !== there?.atMs;
}
