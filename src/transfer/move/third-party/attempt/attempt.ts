import { formatReply, isCompletion } from "../../../../ftp/reply.ts";
import { other, type Role } from "../../../role.ts";
import {
  failedOutcomeOf,
  impossible,
  isOver,
  lostEarly,
  noData,
  outcomeOf,
  unserved,
} from "./attempt-end.ts";
import type {
  Attempt,
  AttemptAction,
  AttemptEvent,
  AttemptOutcome,
  AttemptPolicy,
  MovingAttempt,
  SideState,
} from "./attempt-state.ts";
import type { Method } from "../methods.ts";
import { whatIsRefused } from "../refusal.ts";

const STORE: AttemptAction = { type: "start", role: "target" };
const RETRIEVE: AttemptAction = { type: "start", role: "source" };

type Step = readonly [Attempt, ...AttemptAction[]];

/**
 * One third-party transfer of one file by one method, as a state machine without a clock or a socket: what
 * has happened goes in, what is to be done comes out (RFC 959 §5.2, figure 3).
 *
 * 1. The passive side listens, the active side is told where.
 * 2. STOR goes first, and RETR when the target has begun: a source that has connected may send before the
 *    target knows what to do with it. A target that begins only when it has accepted is not waited for.
 * 3. Each side ends with its own reply. When one has ended, the other gets a limited time.
 */
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
  const moving: MovingAttempt = {
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
  if (event.type === "ended" && !isCompletion(event.reply)) return turnedAway(attempt.method, event, policy);
  if (event.type !== "address-accepted") return [attempt];
  const { method, at } = attempt;
  const moving: MovingAttempt = {
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

/** Some servers connect as soon as they are told where, and some refuse as soon as they see who connects. */
function turnedAway(
  method: Method,
  { by, reply }: Extract<AttemptEvent, { type: "ended" }>,
  { names }: AttemptPolicy,
): Step {
  const words = `${names[by]}: ${formatReply(reply)}`;
  return over(impossible(words, whatIsRefused(method, reply), [{ role: by, end: reply, hadBegun: false }]));
}

function whenMoving(attempt: MovingAttempt, event: AttemptEvent, policy: AttemptPolicy): Step {
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

function changed(
  { phase, method, at, source, target, decided }: MovingAttempt,
  role: Role,
  side: SideState,
): MovingAttempt {
  return role === "source"
    ? { phase, method, at, source: side, target, decided }
    : { phase, method, at, source, target: side, decided };
}

/** A side ends once; and one that was not asked can refuse, but not begin and not be done. */
function canCome(side: SideState, event: AttemptEvent): boolean {
  if (isOver(side)) return false;
  if (side.state !== "idle") return true;
  return event.type === "lost" || (event.type === "ended" && !isCompletion(event.reply));
}

function afterChange(attempt: MovingAttempt, policy: AttemptPolicy): Step {
  const { source, target } = attempt;
  if (source.state === "idle") {
    if (target.state === "begun") return start(attempt);
    // The source was never asked: nothing of it is stuck.
    return isOver(target) ? over(outcomeOf(attempt, policy)) : [attempt];
  }
  if (isOver(source) && isOver(target)) return over(outcomeOf(attempt, policy));
  if (!isOver(source) && !isOver(target)) return [attempt];
  return [attempt, { type: "wait", ms: remainingMs(attempt, policy) }];
}

/** How long the side that still runs may take. */
function remainingMs(attempt: MovingAttempt, policy: AttemptPolicy): number {
  const running = isOver(attempt.source) ? attempt.target : attempt.source;
  if (failedOutcomeOf(attempt, policy) !== undefined) return policy.graceMs;
  // A side that has not even begun when the other is done will hardly get a data connection any more.
  return running.state === "asked" ? policy.silentMs : policy.finalMs;
}

function whenElapsed(attempt: MovingAttempt, policy: AttemptPolicy): Step {
  if (attempt.source.state === "idle") return start(attempt);
  // The patience with a target that has begun since then; a transfer takes as long as it takes.
  if (!isOver(attempt.source) && !isOver(attempt.target)) return [attempt];
  const running: Role = isOver(attempt.source) ? "target" : "source";
  if (isOver(attempt[running])) return [attempt];
  const free = attempt.decided === undefined ? waysToFree(attempt, running, policy) : undefined;
  if (free === undefined) {
    return [
      attempt,
      { type: "disconnect", role: running, because: `the transfer on the ${running} did not end` },
    ];
  }
  const decided =
    unserved(attempt, running, policy) ?? failedOutcomeOf(attempt, policy) ?? noData(running, policy);
  return [{ ...attempt, decided }, free, { type: "wait", ms: policy.graceMs }];
}

/** What may end a side's wait for a data connection without ending its control connection. */
function waysToFree(attempt: MovingAttempt, running: Role, policy: AttemptPolicy): AttemptAction | undefined {
  const ended = other(running);
  if (attempt.method.passive === running) {
    return attempt[running].state === "asked" ? { type: "call", at: attempt.at } : undefined;
  }
  const isUnserved = attempt[running].state === "asked" || failedOutcomeOf(attempt, policy) !== undefined;
  return isUnserved && attempt[ended].state === "ended" ? { type: "relisten", role: ended } : undefined;
}

function start(attempt: MovingAttempt): Step {
  return [changed(attempt, "source", { state: "asked" }), RETRIEVE];
}

function over(outcome: AttemptOutcome): Step {
  return [{ phase: "over", outcome }];
}
