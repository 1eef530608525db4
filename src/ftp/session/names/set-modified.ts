import type { Capability } from "../capabilities.ts";
import type { Client } from "../client.ts";
import { hasFeature } from "../../features.ts";
import { formatReply, isNegative, type Reply } from "../../reply.ts";
import { formatTimeVal } from "../../time-val.ts";
import { attempt } from "../requests.ts";
import * as verbs from "../verbs.ts";

/** One way to set a file's modification time; none of them is in an RFC. */
interface Way {
  readonly name: string;
  readonly capability: Capability;
  /** Whether the server may know it; what FEAT does not say may be true all the same. */
  readonly isLikely: (client: Client) => boolean;
  readonly verb: (path: string, atMs: number) => verbs.Verb<unknown>;
}

const WAYS: readonly Way[] = [
  {
    name: "MFMT",
    capability: "MFMT",
    isLikely: (client) => client.has("MFMT"),
    verb: verbs.setModified,
  },
  {
    name: "MFF",
    capability: "MFF",
    isLikely: (client) => client.has("MFF"),
    verb: (path, atMs) => verbs.setFact(path, "Modify", formatTimeVal(atMs)),
  },
  {
    name: "MDTM",
    capability: "MDTM to set",
    isLikely: (client) => client.has("MDTM") || !client.session.features.areKnown,
    verb: verbs.setModifiedByMdtm,
  },
  {
    name: "SITE UTIME (long)",
    capability: "SITE UTIME (long)",
    isLikely: mayHaveSite,
    verb: (path, atMs) => {
      const time = formatTimeVal(atMs);
      return verbs.site(`UTIME ${path} ${time} ${time} ${time} UTC`);
    },
  },
  {
    name: "SITE UTIME (short)",
    capability: "SITE UTIME (short)",
    isLikely: mayHaveSite,
    verb: (path, atMs) => verbs.site(`UTIME ${formatTimeVal(atMs)} ${path}`),
  },
];

function mayHaveSite({ session }: Client): boolean {
  return !session.features.areKnown || hasFeature(session.features, "SITE") || session.family !== "vsftpd";
}

/**
 * Sets a file's modification time in the first way that works, and reads it back the first time a way is used:
 * a server may take UTC for its own zone, or answer well and do nothing.
 * @param atMs milliseconds since 1970; set to the whole second
 * @returns why it could not be set; undefined when it was
 */
export async function setModified(
  client: Client,
  path: string,
  atMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const absolute = client.absolute(path);
  let because = `${client.name}: ${NO_WAY}`;
  for (const way of waysFor(client)) {
    const verb = way.verb(absolute, atMs);
    const reply = await client.reply(verb, signal);
    const isTrusted = client.capabilities.has(way.capability) && !isSuperfluous(reply);
    if (!isNegative(reply) && (isTrusted || (await reads(client, absolute, atMs, signal)))) {
      client.capabilities.works(way.capability, SEEN);
      return undefined;
    }
    because = isNegative(reply) ? client.refusal(verb, reply).message : wrongTime(client, way, reply);
    // 550 is about this file: another way would fare no better, and this one may do for the next.
    if (reply.code === 550 && way.name !== "MDTM") return because;
    if (isNegative(reply)) client.capabilities.refused(way.capability, reply);
    else client.capabilities.fails(way.capability, because);
  }
  return because;
}

/** Whether any way is left that may set a time. */
export function maySetModified(client: Client): boolean {
  return waysFor(client).length > 0;
}

/** Whether the server is known to be able to set a time; what only may be is no. */
export function canSetModified(client: Client): boolean {
  const isAnnounced = (["MFMT", "MFF"] as const).some(
    (name) => client.has(name) && !client.capabilities.lacks(name),
  );
  const isKnown = UNANNOUNCED.includes(client.session.family ?? "") && waysFor(client).length > 0;
  return isAnnounced || isKnown || provenWay(client) !== undefined;
}

/** They can, by MDTM or SITE UTIME, and FEAT does not say so. */
const UNANNOUNCED: readonly string[] = ["vsftpd", "pure-ftpd"];

/**
 * The same in one write: by the way that has been seen to work on this connection, or by the likeliest one together
 * with the question whether it did.
 * @returns why it could not be set, after which {@link setModified} may know another way
 */
export async function setModifiedAhead(
  client: Client,
  path: string,
  atMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const absolute = client.absolute(path);
  const way = provenWay(client) ?? waysFor(client)[0];
  if (way === undefined) return `${client.name}: ${NO_WAY}`;
  const verb = way.verb(absolute, atMs);
  const replied = client.reply(verb, signal);
  const read = client.capabilities.has(way.capability) || reads(client, absolute, atMs, signal);
  const [reply, isSet] = read === true ? [await replied, read] : await Promise.all([replied, read]);
  if (isNegative(reply)) return client.refusal(verb, reply).message;
  if (read === true && isSuperfluous(reply)) return client.refusal(verb, reply).message;
  if (!isSet) return wrongTime(client, way, reply);
  client.capabilities.works(way.capability, SEEN);
  return undefined;
}

/** 202 says that nothing was done (RFC 959 §4.2.2), by whatever way has worked before. */
const isSuperfluous = ({ code }: Reply): boolean => code === 202;

function provenWay({ capabilities }: Client): Way | undefined {
  return WAYS.find(({ capability }) => capabilities.has(capability));
}

/** What shows that a way to set times works. */
const SEEN = "the time was read back as it was set";
const NO_WAY = "the server has no command to set times";

function waysFor(client: Client): readonly Way[] {
  return WAYS.filter(
    ({ capability, isLikely }) => !client.capabilities.lacks(capability) && isLikely(client),
  );
}

function wrongTime(client: Client, { name }: Way, reply: Reply): string {
  return `${client.name}: ${name} got the reply ${client.masked(formatReply(reply))}, but the time was not set`;
}

/** A server that does not tell the time has not shown that it was set. */
async function reads(client: Client, path: string, atMs: number, signal: AbortSignal): Promise<boolean> {
  const nowMs = await client.ask(attempt(verbs.modified(path)), signal);
  return nowMs !== undefined && Math.floor(nowMs / 1_000) === Math.floor(atMs / 1_000);
}
