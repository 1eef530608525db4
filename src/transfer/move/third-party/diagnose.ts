import { adviceOn, type RefusalFacts, whenOf } from "../../../ftp/advice.ts";
import { IN_CLEAR } from "../../../ftp/directives.ts";
import { AddressError, ProtectionError, ReplyError } from "../../../ftp/errors.ts";
import type { Family } from "../../../ftp/quirks.ts";
import { formatReply } from "../../../ftp/reply.ts";
import type { Clock } from "../../../shared/clock.ts";
import { messageOf } from "../../../shared/errors.ts";
import { formatDuration } from "../../../shared/units.ts";
import type { AttemptOutcome, BadEnd } from "./attempt.ts";
import type { FtpSide } from "../../sides/ftp-side.ts";
import { type PeerCapabilities, type Method, methodsFor } from "./methods.ts";
import type { Role } from "../../role.ts";
import { probePath } from "./probe-file.ts";
import { IN_STEP } from "./parties.ts";
import { moveThirdParty } from "./third-party.ts";
import type { Traces } from "./traces.ts";
import { verifyNow } from "../../prove/verify.ts";
import { meetingsOf } from "./choice.ts";
import { type WhyNot, whyNot } from "./why-not.ts";

/** What became of one method between two servers. */
export type Diagnosis = About & (Works | Refused | Failed | NotTried);

interface About {
  readonly method: string;
  /** Who listens, by which command, and who begins TLS; null: octets pass in clear. */
  readonly passive: Role;
  readonly form: Method["form"];
  readonly tlsClient: Role | null;
}

interface Works {
  readonly outcome: "works";
  readonly seconds: number;
}

/** A server would not. */
interface Refused {
  readonly outcome: "refused";
  readonly role: Role;
  readonly host: string;
  /** What it was asked: PROT, SSCN, PASV, EPSV, CPSV, PORT, EPRT, RETR or STOR. */
  readonly command: string;
  /** Its own words; null where it had none. */
  readonly reply: string | null;
  readonly because: string;
  /** What to set on which server, in sentences. */
  readonly advice: readonly string[];
  readonly seconds: number;
}

/** Both servers said that all went well, and it had not. */
interface Failed {
  readonly outcome: "failed";
  readonly because: string;
  readonly advice: readonly string[];
  readonly seconds: number;
}

interface NotTried {
  readonly outcome: "not-tried";
  readonly because: string;
  readonly advice: readonly string[];
}

/** What is tried out: a file at the source, a directory at the target. */
export interface Examination {
  readonly source: { readonly side: FtpSide; readonly path: string };
  readonly target: { readonly side: FtpSide; readonly directory: string };
  /** Letters and digits that our names have and others do not. */
  readonly nonce: string;
  readonly traces: Traces;
  /** How long one method may take. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/**
 * Tries every third-party method between two servers: first those that may work, the likeliest first, then
 * those that cannot be tried, and why. A method that costs a connection costs no more than itself.
 * @throws ConnectionError, LoginError where a server cannot be reached (any more)
 */
export async function* diagnose(examination: Examination, signal: AbortSignal): AsyncGenerator<Diagnosis> {
  const { source, target } = examination;
  const [there, here] = await meetingsOf(source.side, target.side, signal);
  const sides: Sides = {
    source: { meeting: there, family: (await source.side.client(signal)).session.family },
    target: { meeting: here, family: (await target.side.client(signal)).session.family },
  };
  const methods = methodsFor(there, here);
  for (const [index, method] of methods.entries()) yield tryMethod(examination, sides, method, index, signal);
  const isHopeless = methods.length === 0;
  for (const method of methodsFor(willing(there), willing(here))) {
    const reason = whyNot(method, { source: there, target: here });
    if (reason !== undefined) yield { ...aboutOf(method), ...notTried(reason, sides, isHopeless) };
  }
}

type Sides = Readonly<
  Record<Role, { readonly meeting: PeerCapabilities; readonly family: Family | undefined }>
>;

/** As if a server would do everything, at an address that everybody reaches. */
function willing(meeting: PeerCapabilities): PeerCapabilities {
  const able = { sscn: true, cpsv: true, canBePassive: true, cutsAsTlsClient: false };
  return { ...meeting, ...able, address: "192.0.2.1", protection: "possible" };
}

function aboutOf({ name, passive, form, tlsClient }: Method): About {
  return { method: name, passive, form, tlsClient: tlsClient ?? null };
}

/** Where something can be tried, what cannot needs no advice. */
function notTried({ because, hinges }: WhyNot, sides: Sides, isHopeless: boolean): NotTried {
  if (!isHopeless) return { outcome: "not-tried", because, advice: [] };
  const advice = hinges.flatMap(({ role, on }) => {
    const { meeting, family } = sides[role];
    const sentences = on === "policy" ? [TLS_PREFERRED] : adviceOn(family, on);
    return sentences.map((sentence) => `${meeting.name}: ${sentence}`);
  });
  return { outcome: "not-tried", because, advice };
}

const TLS_PREFERRED = `set tls: prefer instead of required in its host file (${IN_CLEAR})`;

/** One method from STOR to the size of what arrived; then the file is removed. */
async function tryMethod(
  examination: Examination,
  sides: Sides,
  method: Method,
  index: number,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { source, target, nonce, traces, clock } = examination;
  const path = probePath(target.directory, `${nonce}-${index + 1}`);
  const beganMs = clock.now();
  const trace = traces.add(target.side, path);
  try {
    const outcome = await moved(examination, path, method, signal);
    const seconds = (clock.now() - beganMs) / 1_000;
    if (outcome.kind !== "moved") return { ...aboutOf(method), ...refused(sides, method, outcome), seconds };
    const fault = await faultOf(source, { side: target.side, path }, signal);
    return fault === undefined
      ? { ...aboutOf(method), outcome: "works", seconds }
      : { ...aboutOf(method), outcome: "failed", because: fault, advice: [], seconds };
  } finally {
    await traces.remove(trace);
  }
}

/** The attempt; one that does not end in time ended with both sides waiting for a data connection. */
async function moved(
  { source, target, limitMs }: Examination,
  path: string,
  method: Method,
  signal: AbortSignal,
): Promise<AttemptOutcome | TimedOut> {
  const parties = {
    source: { client: await source.side.client(signal), path: source.path, verb: "RETR", restartAt: 0 },
    target: { client: await target.side.client(signal), path, verb: "STOR", restartAt: 0 },
  } as const;
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await moveThirdParty(parties, method, IN_STEP, AbortSignal.any([signal, limit])).outcome;
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw error;
    return { kind: "timed-out", because: `did not end within ${formatDuration(limitMs)}`, causes: [] };
  }
}

interface TimedOut {
  readonly kind: "timed-out";
  readonly because: string;
  readonly causes: readonly [];
}

async function faultOf(
  source: Examination["source"],
  target: Examination["source"],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await verifyNow({ source, target }, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

/** What one side has to do with the failure of a method. */
interface Part {
  readonly role: Role;
  readonly facts: RefusalFacts;
  readonly reply: string | null;
  /** A sentence without its host, where that is not in it yet. */
  readonly because: string;
}

function refused(
  sides: Sides,
  method: Method,
  outcome: Exclude<AttemptOutcome, { kind: "moved" }> | TimedOut,
): Omit<Refused, "seconds"> {
  const { role, facts, reply, because } = culprit(method, outcome);
  const host = sides[role].meeting.name;
  const sentence = because.startsWith(`${host}: `) ? because : `${host}: ${because}`;
  const advice = adviceOf(sides, method, facts, role);
  return { outcome: "refused", role, host, command: facts.verb, reply, because: sentence, advice };
}

function adviceOf(sides: Sides, method: Method, facts: RefusalFacts, role: Role): readonly string[] {
  const when = whenOf(facts);
  if (when === undefined) return [];
  // Who cannot get through has not closed the way: that is the passive side's, or its firewall's.
  const at = sides[when === "unreachable" ? method.passive : role];
  return adviceOn(at.family, when).map((sentence) => `${at.meeting.name}: ${sentence}`);
}

/** The side whose end says most: a reason that a setting decides, or else the first refusal. */
function culprit(method: Method, outcome: Exclude<AttemptOutcome, { kind: "moved" }> | TimedOut): Part {
  const parts = outcome.causes.map((cause) => partOf(method, cause));
  const decided = parts.filter(({ facts }) => whenOf(facts) !== undefined);
  const own = decided.find(({ facts }) => whenOf(facts) !== "unreachable");
  return own ?? decided[0] ?? parts[0] ?? wordlessPart(method, outcome);
}

/** Nobody said why: the passive side is the one that let nobody in. */
function wordlessPart(
  method: Method,
  { kind, because }: { readonly kind: string; readonly because: string },
): Part {
  const role = method.passive;
  const verb = transferVerb(role);
  const [end, words] =
    kind === "timed-out"
      ? (["timed-out", because] as const)
      : (["silent", "no data connection was accepted; no reply says why"] as const);
  return { role, facts: { ...stanceOf(method, role), verb, end }, reply: null, because: `${verb}: ${words}` };
}

function partOf(method: Method, { role, end }: BadEnd): Part {
  const stance = stanceOf(method, role);
  const verb = transferVerb(role);
  if (!(end instanceof Error)) {
    const reply = formatReply(end);
    return { role, facts: { ...stance, verb, end }, reply, because: `${verb}: ${reply}` };
  }
  const because = end.message.replace(OUR_FILE, "");
  if (end instanceof ReplyError) {
    const facts = { ...stance, verb: end.command.verb, end: end.reply };
    return { role, facts, reply: formatReply(end.reply), because };
  }
  const facts = { ...stance, ...wordlessEnd(end, method, verb) };
  return { role, facts, reply: null, because };
}

/** Whatever our own file is called says nothing. */
const OUR_FILE = /(?<=: (RETR|STOR)) .*\.fxpd-[\w-]+\.probe(?=: )/;

function wordlessEnd(end: Error, { form }: Method, verb: string): Pick<RefusalFacts, "verb" | "end"> {
  if (end instanceof AddressError) return { verb: form, end: "bad-address" };
  return { verb: end instanceof ProtectionError ? "SSCN" : verb, end: "lost" };
}

const transferVerb = (role: Role) => (role === "source" ? "RETR" : "STOR");

function stanceOf({ passive, tlsClient }: Method, role: Role): Pick<RefusalFacts, "stance" | "tls"> {
  const stance = passive === role ? "passive" : "active";
  if (tlsClient === undefined) return { stance, tls: "clear" };
  return { stance, tls: tlsClient === role ? "client" : "server" };
}
