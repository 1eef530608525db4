import type { HostPort } from "../../../ftp/address.ts";
import { retryOf } from "../../../ftp/errors.ts";
import { formatReply, isCompletion, type Reply } from "../../../ftp/reply.ts";
import type { Method, Refused } from "./methods.ts";
import { other, type Role } from "../../role.ts";
import { whatIsRefused } from "./refusal.ts";

/**
 * One third-party transfer of one file by one method, as a state machine without a clock or a socket: what
 * has happened goes in, what is to be done comes out (RFC 959 §5.2, figure 3).
 *
 * 1. The passive side listens, the active side is told where.
 * 2. STOR goes first, and RETR when the target has begun: a source that has connected may send before the
 *    target knows what to do with it. A target that begins only when it has accepted is not waited for.
 * 3. Each side ends with its own reply. When one has ended, the other gets a limited time.
 */
export type Attempt =
  | { readonly phase: "listening"; readonly method: Method }
  | { readonly phase: "connecting"; readonly method: Method; readonly at: HostPort }
  | Moving
  | { readonly phase: "over"; readonly outcome: AttemptOutcome };

/** At least STOR is on its way. */
interface Moving {
  readonly phase: "moving";
  readonly method: Method;
  readonly at: HostPort;
  readonly source: Side;
  readonly target: Side;
  /** Set when we had to free a side that hung: what it says from then on proves nothing. */
  readonly decided: AttemptOutcome | undefined;
}

type Side =
  | { readonly state: "idle" }
  | { readonly state: "asked" }
  | { readonly state: "begun" }
  | { readonly state: "ended"; readonly reply: Reply; readonly hadBegun: boolean }
  | { readonly state: "lost"; readonly error: Error; readonly hadBegun: boolean };

export type AttemptEvent =
  | { readonly type: "listening"; readonly at: HostPort }
  | { readonly type: "told" }
  | { readonly type: "refused"; readonly by: Role; readonly error: Error }
  | { readonly type: "begun"; readonly by: Role }
  | { readonly type: "ended"; readonly by: Role; readonly reply: Reply }
  | { readonly type: "lost"; readonly by: Role; readonly error: Error }
  | { readonly type: "elapsed" };

export type AttemptAction =
  /** Send STOR or RETR. */
  | { readonly type: "start"; readonly role: Role }
  /** One timer; setting it again replaces it. */
  | { readonly type: "wait"; readonly ms: number }
  /** Connect to where a passive side waits for a data connection, and close: it ends its transfer. */
  | { readonly type: "call"; readonly at: HostPort }
  /** Let a passive side that has ended listen anew: what hung at its old port is cut off. */
  | { readonly type: "relisten"; readonly role: Role }
  | { readonly type: "disconnect"; readonly role: Role; readonly because: string }
  | { readonly type: "tell"; readonly role: Role; readonly at: HostPort };

export type AttemptOutcome =
  /** Both final replies were positive; the octets are still to be verified. */
  | { readonly kind: "moved" }
  /** Not by this method between these servers, nor by any that is alike in what was refused. */
  | {
      readonly kind: "impossible";
      readonly because: string;
      readonly refused: Refused;
      readonly causes: readonly BadEnd[];
    }
  /** Not this file, not now. `because` quotes both sides; */
  | {
      readonly kind: "failed";
      readonly because: string;
      readonly causes: readonly BadEnd[];
    };

/** How a side ended badly. */
export interface BadEnd {
  readonly role: Role;
  readonly end: Reply | Error;
  /** Whether it had agreed to the transfer before. */
  readonly hadBegun: boolean;
}

/** What the servers are known for, and how long they may take. */
export interface AttemptPolicy {
  /** Whether the target says 1yz before the data connection stands; `unknown`: see for `patienceMs`. */
  readonly targetBegins: "at-once" | "after-accept" | "unknown";
  readonly patienceMs: number;
  /** For the other side's final reply, after one side has ended well. */
  readonly finalMs: number;
  /** For a side to end by itself after the other has failed, and again after it was freed. */
  readonly graceMs: number;
  /** For a side that has not even begun when the other one has ended well. */
  readonly silentMs: number;
  /**
   * Whether the transfer commands go out together with PORT: by a method that has worked between these two, to
   * servers that take commands ahead of replies.
   */
  readonly isAhead: boolean;
}

const STORE: AttemptAction = { type: "start", role: "target" };
const RETRIEVE: AttemptAction = { type: "start", role: "source" };

type Step = readonly [Attempt, ...AttemptAction[]];

export function step(attempt: Attempt, event: AttemptEvent, policy: AttemptPolicy): Step {
  if (attempt.phase === "over") return [attempt];
  if (event.type === "refused") return whenRefused(attempt, event);
  if (attempt.phase === "listening") return whenListening(attempt, event, policy);
  if (attempt.phase === "connecting") return whenConnecting(attempt, event, policy);
  return whenMoving(attempt, event, policy);
}

export function begin(method: Method): Attempt {
  return { phase: "listening", method };
}

/** What was written ahead of a refused PORT waits for a data connection that will not come. */
function whenRefused(
  attempt: Exclude<Attempt, { phase: "over" }>,
  { by, error }: Extract<AttemptEvent, { type: "refused" }>,
): Step {
  const causes = [{ role: by, end: error, hadBegun: false }];
  const outcome = impossible(error.message, whatIsRefused(attempt.method, error), causes);
  if (attempt.phase !== "moving") return over(outcome);
  const waiting = (["source", "target"] as const).filter(
    (role) => attempt[role].state !== "idle" && !isOver(attempt[role]),
  );
  const because = "sent before the other command was refused";
  return [
    { phase: "over", outcome },
    ...waiting.map((role): AttemptAction => ({ type: "disconnect", role, because })),
  ];
}

function whenListening(
  attempt: Extract<Attempt, { phase: "listening" }>,
  event: AttemptEvent,
  policy: AttemptPolicy,
): Step {
  const { method } = attempt;
  if (event.type === "lost") return over(lostEarly(event));
  if (event.type !== "listening") return [attempt];
  const { at } = event;
  const tell: AttemptAction = { type: "tell", role: other(method.passive), at };
  if (!policy.isAhead) return [{ phase: "connecting", method, at }, tell];
  // What arrives before STOR is thrown away by servers that accept at once: those are still waited for.
  const waits = method.passive === "target" && policy.targetBegins !== "after-accept";
  const source = { state: waits ? "idle" : "asked" } as const;
  const moving: Moving = {
    phase: "moving",
    method,
    at,
    source,
    target: { state: "asked" },
    decided: undefined,
  };
  return waits ? [moving, tell, STORE] : [moving, tell, STORE, RETRIEVE];
}

function whenConnecting(
  attempt: Extract<Attempt, { phase: "connecting" }>,
  event: AttemptEvent,
  policy: AttemptPolicy,
): Step {
  if (event.type === "lost") return over(lostEarly(event));
  if (event.type === "ended" && !isCompletion(event.reply)) return turnedAway(attempt.method, event);
  if (event.type !== "told") return [attempt];
  const { method, at } = attempt;
  const moving: Moving = {
    phase: "moving",
    method,
    at,
    source: { state: "idle" },
    target: { state: "asked" },
    decided: undefined,
  };
  const waits = method.passive === "source" || policy.targetBegins !== "after-accept";
  if (!waits) return [{ ...moving, source: { state: "asked" } }, STORE, RETRIEVE];
  const isCertain =
    policy.targetBegins === "at-once" || (method.passive === "source" && policy.targetBegins !== "unknown");
  return isCertain ? [moving, STORE] : [moving, STORE, { type: "wait", ms: policy.patienceMs }];
}

function lostEarly({ by, error }: Extract<AttemptEvent, { type: "lost" }>): AttemptOutcome {
  return failed(error.message, [{ role: by, end: error, hadBegun: false }]);
}

/** Some servers connect as soon as they are told where, and some refuse as soon as they see who connects. */
function turnedAway(method: Method, { by, reply }: Extract<AttemptEvent, { type: "ended" }>): Step {
  const words = `${by}: ${formatReply(reply)}`;
  return over(impossible(words, whatIsRefused(method, reply), [{ role: by, end: reply, hadBegun: false }]));
}

function whenMoving(attempt: Moving, event: AttemptEvent, policy: AttemptPolicy): Step {
  if ("by" in event && !canCome(attempt[event.by], event)) return [attempt];
  switch (event.type) {
    case "begun":
      return afterChange(changed(attempt, event.by, { state: "begun" }), policy);
    case "ended": {
      const hadBegun = attempt[event.by].state === "begun";
      return afterChange(
        changed(attempt, event.by, { state: "ended", reply: event.reply, hadBegun }),
        policy,
      );
    }
    case "lost": {
      const hadBegun = attempt[event.by].state === "begun";
      return afterChange(changed(attempt, event.by, { state: "lost", error: event.error, hadBegun }), policy);
    }
    case "elapsed":
      return whenElapsed(attempt, policy);
    default:
      return [attempt];
  }
}

function changed({ phase, method, at, source, target, decided }: Moving, role: Role, side: Side): Moving {
  return role === "source"
    ? { phase, method, at, source: side, target, decided }
    : { phase, method, at, source, target: side, decided };
}

/** A side ends once; and one that was not asked can refuse, but not begin and not be done. */
function canCome(side: Side, event: AttemptEvent): boolean {
  if (isOver(side)) return false;
  if (side.state !== "idle") return true;
  return event.type === "lost" || (event.type === "ended" && !isCompletion(event.reply));
}

function afterChange(attempt: Moving, policy: AttemptPolicy): Step {
  const { source, target } = attempt;
  if (source.state === "idle") {
    if (target.state === "begun") return start(attempt);
    // The source was never asked: nothing of it is stuck.
    return isOver(target) ? over(outcomeOf(attempt)) : [attempt];
  }
  if (isOver(source) && isOver(target)) return over(outcomeOf(attempt));
  if (!isOver(source) && !isOver(target)) return [attempt];
  return [attempt, { type: "wait", ms: remainingMs(attempt, policy) }];
}

/** How long the side that still runs may take. */
function remainingMs(attempt: Moving, policy: AttemptPolicy): number {
  const running = isOver(attempt.source) ? attempt.target : attempt.source;
  if (failureOf(attempt) !== undefined) return policy.graceMs;
  // A side that has not even begun when the other is done will hardly get a data connection any more.
  return running.state === "asked" ? policy.silentMs : policy.finalMs;
}

function whenElapsed(attempt: Moving, policy: AttemptPolicy): Step {
  if (attempt.source.state === "idle") return start(attempt);
  // The patience with a target that has begun since then; a transfer takes as long as it takes.
  if (!isOver(attempt.source) && !isOver(attempt.target)) return [attempt];
  const running: Role = isOver(attempt.source) ? "target" : "source";
  if (isOver(attempt[running])) return [attempt];
  const free = attempt.decided === undefined ? waysToFree(attempt, running) : undefined;
  if (free === undefined) {
    return [
      attempt,
      { type: "disconnect", role: running, because: `the transfer on the ${running} did not end` },
    ];
  }
  const decided = unserved(attempt, running) ?? failureOf(attempt) ?? noData(running);
  return [{ ...attempt, decided }, free, { type: "wait", ms: policy.graceMs }];
}

/**
 * A passive side that has not begun when the other one is cut off has turned that away in silence; what the
 * other one says of it is no failure of the file.
 */
function unserved(attempt: Moving, running: Role): AttemptOutcome | undefined {
  const ended = attempt[other(running)];
  const isCutOff = ended.state === "ended" && [425, 426].includes(ended.reply.code);
  return isCutOff && attempt.method.passive === running && attempt[running].state === "asked"
    ? noData(running, formatReply(ended.reply))
    : undefined;
}

function noData(role: Role, because?: string): AttemptOutcome {
  const words = `${role} got no data connection`;
  return impossible(because === undefined ? words : `${words}; ${other(role)}: ${because}`, "roles", []);
}

/** What may end a side's wait for a data connection without ending its control connection. */
function waysToFree(attempt: Moving, running: Role): AttemptAction | undefined {
  const ended = other(running);
  if (attempt.method.passive === running) {
    return attempt[running].state === "asked" ? { type: "call", at: attempt.at } : undefined;
  }
  const isUnserved = attempt[running].state === "asked" || failureOf(attempt) !== undefined;
  return isUnserved && attempt[ended].state === "ended" ? { type: "relisten", role: ended } : undefined;
}

function start(attempt: Moving): Step {
  return [changed(attempt, "source", { state: "asked" }), RETRIEVE];
}

function outcomeOf(attempt: Moving): AttemptOutcome {
  const outcome = attempt.decided ?? failureOf(attempt);
  if (outcome !== undefined) return outcome;
  if (attempt.source.state !== "idle") return { kind: "moved" };
  return impossible("the data connection was closed before the source was asked", "roles", []);
}

/** What a side that ended badly makes of the attempt. A refused method is told from a refused file by the reply. */
function failureOf(attempt: Moving): AttemptOutcome | undefined {
  if (!isBad(attempt.source) && !isBad(attempt.target)) return undefined;
  const ends = (["target", "source"] as const).map((role) => ({ role, side: attempt[role] }));
  const bad = ends.filter(({ side }) => isBad(side));
  const words = ends.map(({ role, side }) => `${role}: ${wordsOf(side)}`).join("; ");
  const causes = bad.flatMap(({ role, side }) => endOf(role, side));
  const refusal = causes.find(refusesMethod);
  if (refusal !== undefined) return impossible(words, whatIsRefused(attempt.method, refusal.end), causes);
  return failed(words, causes);
}

function endOf(role: Role, side: Side): readonly BadEnd[] {
  if (side.state === "ended") return [{ role, end: side.reply, hadBegun: side.hadBegun }];
  return side.state === "lost" ? [{ role, end: side.error, hadBegun: side.hadBegun }] : [];
}

function refusesMethod({ role, end }: BadEnd): boolean {
  return !(end instanceof Error) && retryOf(role === "source" ? "RETR" : "STOR", end) === "other-method";
}

function isBad(side: Side): boolean {
  return side.state === "lost" || (side.state === "ended" && !isCompletion(side.reply));
}

function isOver(side: Side): boolean {
  return side.state === "ended" || side.state === "lost";
}

function wordsOf(side: Side): string {
  switch (side.state) {
    case "ended":
      return formatReply(side.reply);
    case "lost":
      return side.error.message;
    case "idle":
      return "no command sent";
    case "asked":
    case "begun":
      return "no final reply";
  }
}

function failed(because: string, causes: readonly BadEnd[]): AttemptOutcome {
  return { kind: "failed", because, causes };
}

function impossible(because: string, refused: Refused, causes: readonly BadEnd[]): AttemptOutcome {
  return { kind: "impossible", because, refused, causes };
}

function over(outcome: AttemptOutcome): Step {
  return [{ phase: "over", outcome }];
}
