import { randomBytes } from "node:crypto";
import type { Client } from "../client.ts";
import { listDirectory } from "../directory.ts";
import { ConnectionError, NoDataConnectionError, ReplyError } from "../../errors.ts";
import { hasOctet255, isOpenHowItGoes, learnHowItGoes } from "./octet-255.ts";
import { fetchFacts } from "./facts.ts";
import { ListingError } from "../../listing/errors.ts";
import { joinPath, nameOf, parentOf } from "../../pathname.ts";
import { saysFull } from "../../quirks.ts";
import { accountKey } from "../../settings.ts";
import * as verbs from "../verbs.ts";
import { kindsOf, type NameKind, sampleName } from "../../name-kinds.ts";

/** `refused`: the server says no to such a name by itself; `unknown`: it could not be found out. */
type Fate = "kept" | "altered" | "refused" | "unknown";

/** By account: what becomes of each kind of name, as far as it was tried in this process. */
const fates = new Map<string, Map<string, Promise<Fate>>>();

/** Whether all kinds of these names were tried on this server before, so that {@link alteredName} asks nothing. */
export function isTried(client: Client, path: string): boolean {
  const known = fatesOf(client);
  return kindsOn(client, path).every(({ key }) => known.has(key));
}

/**
 * The first name of a path that the server would store under another one without a word. A kind of name that was not
 * tried on it before is tried with an empty file beside the target, which is looked for in a listing and deleted.
 * @param beside the directory in which it is tried, which has to exist
 * @throws ConnectionError where the connection is lost
 */
export async function alteredName(
  client: Client,
  path: string,
  nowMs: number,
  signal: AbortSignal,
  beside = parentOf(path),
): Promise<string | undefined> {
  const known = fatesOf(client);
  const untried = kindsOn(client, path).filter(({ key }) => !known.has(key));
  if (untried.length > 0) await tryAll(client, beside, untried, nowMs, signal);
  for (const name of path.split("/"))
    for (const { key } of kindsOn(client, name)) if ((await known.get(key)) === "altered") return name;
  return undefined;
}

/**
 * Whether two names of one directory are one to the server: an empty file is stored under a name made of the first,
 * and looked for under one made of the second. Where that cannot be found out, they are taken to be one.
 */
export async function areOneName(
  client: Client,
  directory: string,
  [one, other]: readonly [string, string],
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const stem = newStem();
  const [first, second] = [`${stem}-${one}`, `${stem}-${other}`].map((name) => joinPath(directory, name));
  if (first === undefined || second === undefined) return true;
  try {
    if (!(await isStoredInTime(client, first, signal))) return true;
    return (await fetchFacts(client, second, nowMs, signal)) !== undefined;
  } catch (error) {
    if (!isAnswer(error)) throw error;
    return true;
  } finally {
    await remove(client, first, signal);
  }
}

/** A server that says "later" (4yz) is asked again, as often as for a kind of name. */
async function isStoredInTime(client: Client, path: string, signal: AbortSignal): Promise<boolean> {
  for (let left = TRIES; left > 0; left -= 1) {
    const stored = await storeEmpty(client, path, signal);
    if (stored !== "later") return stored === "stored";
  }
  return false;
}

function fatesOf(client: Client): Map<string, Promise<Fate>> {
  const key = accountKey(client.host);
  const known = fates.get(key) ?? new Map<string, Promise<Fate>>();
  fates.set(key, known);
  return known;
}

/** Octet 255 is of its own kind, whichever character a server's character set has for it. */
function kindsOn({ session }: Client, path: string): readonly NameKind[] {
  const kinds = path.split("/").flatMap(kindsOf);
  const sample = kinds.length === 0 ? undefined : [...path].find((one) => hasOctet255(one, session.control));
  return sample === undefined ? kinds : [...kinds, { key: "the byte 255", sample, at: "middle" }];
}

/** All of them in one name; one by one where that name is not kept. */
async function tryAll(
  client: Client,
  directory: string,
  kinds: readonly NameKind[],
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const known = fatesOf(client);
  const together = repeatedTrial(client, directory, kinds, nowMs, signal);
  // Who asks meanwhile waits for this answer.
  for (const { key } of kinds) known.set(key, together);
  try {
    const fate = await together;
    if (fate === "unknown") for (const { key } of kinds) known.delete(key);
    if (fate === "kept" || fate === "unknown" || kinds.length === 1) return;
    for (const kind of kinds) {
      const alone = await repeatedTrial(client, directory, [kind], nowMs, signal);
      // Together they were altered; nothing shows that it was not for this one.
      const isDoubtful = alone === "unknown" && fate === "altered";
      known.set(kind.key, Promise.resolve(isDoubtful ? fate : alone));
    }
  } catch (error) {
    for (const { key } of kinds) known.delete(key);
    throw error;
  }
}

/**
 * How often a trial is repeated to which the server replied "later" (4yz), or of which a listing shows nothing, as some do
 * while others write there.
 */
const TRIES = 3;

async function repeatedTrial(
  client: Client,
  directory: string,
  kinds: readonly NameKind[],
  nowMs: number,
  signal: AbortSignal,
): Promise<Fate> {
  for (let left = TRIES; ; left -= 1) {
    const fate = await trial(client, directory, kinds, nowMs, signal);
    if (fate !== "later") return fate;
    if (left === 1) return "unknown";
  }
}

async function trial(
  client: Client,
  directory: string,
  kinds: readonly NameKind[],
  nowMs: number,
  signal: AbortSignal,
  isEitherWay = kinds.some(({ key }) => key === "the byte 255") && isOpenHowItGoes(client.session),
): Promise<Fate | "later"> {
  const stem = newStem();
  const path = joinPath(directory, sampleName(stem, kinds));
  try {
    const stored = await storeEmpty(client, path, signal);
    if (stored !== "stored") return stored;
    const listed = await namesWith(stem, client, directory, nowMs, signal);
    const fate = fateOf(nameOf(path), listed);
    const strays = listed.filter((name) => name !== nameOf(path));
    for (const name of strays) await remove(client, joinPath(directory, name), signal);
    return isEitherWay
      ? await otherWay(client, fate, () => trial(client, directory, kinds, nowMs, signal, false))
      : fate;
  } catch (error) {
    if (!isAnswer(error)) throw error;
    return saysLater(error) ? "later" : "unknown";
  } finally {
    await remove(client, path, signal);
  }
}

/** What is not kept with octet 255 doubled may be kept with it as it is, or the other way round. */
async function otherWay<T extends Fate | "later">(
  { session }: Client,
  fate: T,
  again: () => Promise<T>,
): Promise<T> {
  const { control } = session;
  if (fate === "altered") {
    control.doubleIac = !control.doubleIac;
    const other = await again();
    if (other !== "kept") control.doubleIac = !control.doubleIac;
    else learnHowItGoes(control, "a name with it was stored, and listed as it was sent");
    return other === "kept" ? other : fate;
  }
  if (fate === "kept") learnHowItGoes(control, "a name with it was stored, and listed as it was sent");
  return fate;
}

/** Case alone is another matter: {@link areOneName}. */
function fateOf(name: string, listed: readonly string[]): Fate | "later" {
  if (listed.some((one) => one.toLowerCase() === name.toLowerCase())) return "kept";
  return listed.length > 0 ? "altered" : "later";
}

/** @returns `refused` where the server will not have the name */
async function storeEmpty(
  client: Client,
  path: string,
  signal: AbortSignal,
): Promise<"stored" | "refused" | "unknown" | "later"> {
  try {
    await using transfer = await client.open({ verb: "STOR", argument: client.absolute(path) }, 0, signal);
    const stream = await transfer.stream(signal);
    await new Promise<void>((resolve, reject) => void stream.once("error", reject).end(resolve));
    await transfer.finish(client.host.timeouts.replyMs, signal);
    return "stored";
  } catch (error) {
    if (!isAnswer(error)) throw error;
    if (error instanceof ReplyError && [501, 550, 553].includes(error.reply.code)) return "refused";
    return saysLater(error) ? "later" : "unknown";
  }
}

async function namesWith(
  stem: string,
  client: Client,
  directory: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of listDirectory(client, directory, nowMs, signal))
    if (name.toLowerCase().includes(stem)) names.push(name);
  return names;
}

async function remove(client: Client, path: string, signal: AbortSignal): Promise<void> {
  if (client.isReady) await client.reply(verbs.remove(client.absolute(path)), signal).catch(() => {});
}

/** Whether the server has refused in a way that is about names, and the connection can still be used. */
function isAnswer(error: unknown): boolean {
  if (error instanceof NoDataConnectionError || error instanceof ListingError) return true;
  if (error instanceof ConnectionError) return false;
  return error instanceof ReplyError && error.reply.code !== 421 && !saysFull(error.reply);
}

const saysLater = (error: unknown) => error instanceof ReplyError && Math.trunc(error.reply.code / 100) === 4;

/** Lower case, so that it is found again where a server changes that. */
function newStem(): string {
  return `.fxpd-${randomBytes(6).toString("hex")}`;
}
