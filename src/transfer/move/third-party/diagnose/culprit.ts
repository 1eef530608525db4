import { adviceOn, type RefusalFacts, whenOf } from "../../../../ftp/advice/advice.ts";
import { AddressError, ProtectionError, ReplyError } from "../../../../ftp/errors.ts";
import type { Family } from "../../../../ftp/quirks.ts";
import { formatReply } from "../../../../ftp/reply.ts";
import type { Role } from "../../../role.ts";
import type { AttemptOutcome, BadEnd } from "../attempt/attempt-state.ts";
import type { Method, PeerCapabilities } from "../methods.ts";

/** What the two servers are. */
export type ServerTraits = Readonly<
  Record<Role, { readonly meeting: PeerCapabilities; readonly family: Family | undefined }>
>;

/** A server would not. */
export interface RefusedCommand {
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

/** An attempt that was given up. */
export interface TimedOut {
  readonly kind: "timed-out";
  readonly because: string;
  readonly causes: readonly [];
}

/** What one side has to do with the failure of a method. */
interface Part {
  readonly role: Role;
  readonly facts: RefusalFacts;
  readonly reply: string | null;
  /** A sentence without its host, where that is not in it yet. */
  readonly because: string;
}

export function refused(
  sides: ServerTraits,
  method: Method,
  outcome: Exclude<AttemptOutcome, { kind: "moved" }> | TimedOut,
): Omit<RefusedCommand, "seconds"> {
  const { role, facts, reply, because } = culprit(method, outcome);
  const host = sides[role].meeting.name;
  const sentence = because.startsWith(`${host}: `) ? because : `${host}: ${because}`;
  const advice = adviceOf(sides, method, facts, role);
  return { outcome: "refused", role, host, command: facts.verb, reply, because: sentence, advice };
}

function adviceOf(sides: ServerTraits, method: Method, facts: RefusalFacts, role: Role): readonly string[] {
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
