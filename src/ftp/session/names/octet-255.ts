import type { ControlConnection } from "../../connection/control/control-connection.ts";
import { formatReply, isNegative, type Reply } from "../../reply.ts";
import { waysOf } from "../../ways.ts";
import type { ServerSession } from "../login.ts";
import { answer, ask, unjudged } from "../requests.ts";
import type { Verb } from "../verbs.ts";

/** Octet 255 begins a Telnet command, and is doubled to mean itself (RFC 2640 §3.1); many servers take it as it is. */
const IAC = 255;
/** Commands about names that exist, of which a refusal has changed nothing. */
const ASKS = /^(SIZE|MDTM|MLST|CWD|DELE|RMD|RNFR)$/;
/** What a name that does not exist is refused with. */
const ABSENT: ReadonlySet<number> = new Set([450, 501, 550, 553]);
const ASCII = /^[\0-\x7f]*$/;

/** Whether octet 255 is in a name, as this server writes names. */
export function hasOctet255(name: string, { names }: ControlConnection): boolean {
  return !ASCII.test(name) && names.missing(name) === undefined && names.encode(name).includes(IAC);
}

/** Whether nothing is known of how this server takes octet 255 in a name. */
export function isOpenHowItGoes({ control, family }: ServerSession): boolean {
  return family === undefined && waysOf(control.host).doublesIac === undefined;
}

/** Whether {@link askEitherWay} is to ask it. */
export function mayGoEitherWay(
  { command: { verb, argument = "" } }: Verb<unknown>,
  session: ServerSession,
): boolean {
  if (ASCII.test(argument) || !ASKS.test(verb)) return false;
  return isOpenHowItGoes(session) && hasOctet255(argument, session.control);
}

/** Asks about a name in the form that is thought right, and in the other one where there is no such name. */
export async function askEitherWay<T>(
  { control }: ServerSession,
  verb: Verb<T>,
  signal: AbortSignal,
  replyMs?: number,
): Promise<T> {
  const asked = () => ask(control, unjudged(verb), signal, replyMs);
  const first = await asked();
  if (!isNegative(first)) learnHowItGoes(control, first);
  if (!ABSENT.has(first.code)) return answer(control, verb, first);
  control.doubleIac = !control.doubleIac;
  let second: Reply | undefined;
  try {
    second = await asked();
  } finally {
    if (second === undefined || isNegative(second)) control.doubleIac = !control.doubleIac;
  }
  if (isNegative(second)) return answer(control, verb, first);
  learnHowItGoes(control, second);
  return answer(control, verb, second);
}

/** A name was found in the form in which names are sent now. */
export function learnHowItGoes(control: ControlConnection, seen: Reply | string): void {
  const because = typeof seen === "string" ? seen : `a name with it was found: ${formatReply(seen)}`;
  waysOf(control.host).learn(control.doubleIac ? "255-doubled" : "255-plain", because);
}
