import type { Client } from "../client.ts";
import { listsFacts } from "../../features.ts";
import type { EntryKind } from "../../listing/entry.ts";
import { parseFacts } from "../../listing/format/mlsd.ts";
import { deniesExistence, impliesExistence } from "../../quirks.ts";
import { isNegative, type Reply } from "../../reply.ts";
import * as verbs from "../verbs.ts";

/** A name that a server is asked for. */
export interface NameQuery {
  readonly path: string;
  /** What it is elsewhere: the absence of a directory is another question than that of a file. */
  readonly kind: EntryKind;
}

/** What a server says of one name when it is asked for that name. */
export type Presence =
  /** `seesLinks`: a symbolic link that leads nowhere would have been listed as well. */
  | { readonly kind: "absent"; readonly seesLinks: boolean }
  | { readonly kind: "present"; readonly as: EntryKind }
  /** `isUnanswerable`: the server has no command that answers; only its listings can tell. */
  | { readonly kind: "unknown"; readonly because: string; readonly isUnanswerable: boolean };

const ABSENT: Presence = { kind: "absent", seesLinks: false };
const UNANSWERABLE: Presence = {
  kind: "unknown",
  because: "it supports neither MLST, SIZE nor MDTM",
  isUnanswerable: true,
};

/** Commands that a server does not have, or not with this argument (RFC 959 §4.2.2). */
const UNKNOWN_COMMAND: readonly number[] = [500, 501, 502, 504];

/**
 * Asks for each of these names over the control connection, all in one write where the server takes that: MLST, or else
 * SIZE (or MDTM) and CWD (RFC 3659 §3, §4, §7). Absent is only what the server itself says is not there.
 */
export async function presenceOf(
  client: Client,
  asked: readonly NameQuery[],
  signal: AbortSignal,
): Promise<readonly Presence[]> {
  if (client.pipelining !== "nothing")
    return Promise.all(asked.map((one) => presenceOfOne(client, one, signal)));
  const found: Presence[] = [];
  for (const one of asked) found.push(await presenceOfOne(client, one, signal));
  return found;
}

async function presenceOfOne(
  client: Client,
  { path, kind }: NameQuery,
  signal: AbortSignal,
): Promise<Presence> {
  // What a relative name means depends on which directory the connection is in.
  if (client.session.home === undefined && !path.startsWith("/")) return UNANSWERABLE;
  const ask = (verb: verbs.Verb<unknown>) => client.reply(verb, signal);
  const absolute = client.absolute(path);
  if (listsFacts(client.session.features) && !client.capabilities.lacks("MLST")) {
    const verb = verbs.facts(absolute);
    const reply = await ask(verb);
    if (!isNegative(reply))
      return { kind: "present", as: parseFacts(client.answer(verb, reply))?.kind ?? "unknown" };
    if (!UNKNOWN_COMMAND.includes(reply.code)) return judged(client, verb, reply, absolute);
    if (reply.code !== 501) client.capabilities.refused("MLST", reply);
  }
  const file = kind === "directory" ? ABSENT : await presenceOfFile(client, absolute, ask);
  if (file.kind === "unknown" && !file.isUnanswerable) return file;
  const verb = verbs.changeDirectory(absolute);
  const entered = await client.tryToEnter(path, signal);
  if (!isNegative(entered)) return { kind: "present", as: "directory" };
  if (file.kind !== "absent") return file;
  if ([500, 502].includes(entered.code) && !client.capabilities.has("CWD")) return UNANSWERABLE;
  return judged(client, verb, entered, absolute);
}

async function presenceOfFile(
  client: Client,
  absolute: string,
  ask: (verb: verbs.Verb<unknown>) => Promise<Reply>,
): Promise<Presence> {
  const questions = [
    { name: "SIZE", verb: verbs.size(absolute) },
    { name: "MDTM", verb: verbs.modified(absolute) },
  ] as const;
  for (const { name, verb } of questions) {
    if (client.capabilities.lacks(name)) continue;
    const reply = await ask(verb);
    if (!isNegative(reply)) return { kind: "present", as: "file" };
    if (!UNKNOWN_COMMAND.includes(reply.code)) return judged(client, verb, reply, absolute);
    if (reply.code !== 501) client.capabilities.refused(name, reply);
  }
  return UNANSWERABLE;
}

/** What a refusal says of the name that was asked for; the words count where it does not quote that name. */
function judged(client: Client, verb: verbs.Verb<unknown>, reply: Reply, absolute: string): Presence {
  const words = reply.lines.join(" ").replaceAll(absolute, "");
  if (reply.code === 550 && impliesExistence(words)) return { kind: "present", as: "other" };
  if (reply.code === 550 && deniesExistence(words)) return ABSENT;
  return { kind: "unknown", because: client.refusal(verb, reply).message, isUnanswerable: false };
}
