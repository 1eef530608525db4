import { retryOf } from "../../../../ftp/errors.ts";
import { formatReply, isCompletion } from "../../../../ftp/reply.ts";
import { other, type Role } from "../../../role.ts";
import type {
  AttemptEvent,
  AttemptOutcome,
  AttemptPolicy,
  BadEnd,
  MovingAttempt,
  SideState,
} from "./attempt-state.ts";
import type { RefusalScope } from "../methods.ts";
import { whatIsRefused } from "../refusal.ts";

// What the ends of both sides make of an attempt.

export function lostEarly({ by, error }: Extract<AttemptEvent, { type: "lost" }>): AttemptOutcome {
  return failed(error.message, [{ role: by, end: error, hadBegun: false }]);
}

/**
 * A passive side that has not begun when the other one is cut off has turned that away in silence; what the
 * other one says of it is no failure of the file.
 */
export function unserved(
  attempt: MovingAttempt,
  running: Role,
  policy: AttemptPolicy,
): AttemptOutcome | undefined {
  const ended = attempt[other(running)];
  const isCutOff = ended.state === "ended" && [425, 426].includes(ended.reply.code);
  return isCutOff && attempt.method.passive === running && attempt[running].state === "asked"
    ? noData(running, policy, formatReply(ended.reply))
    : undefined;
}

export function noData(role: Role, { names }: AttemptPolicy, because?: string): AttemptOutcome {
  const words = `${names[role]} got no data connection`;
  const quoted = because === undefined ? words : `${words}; ${names[other(role)]}: ${because}`;
  return impossible(quoted, "roles", []);
}

export function outcomeOf(attempt: MovingAttempt, policy: AttemptPolicy): AttemptOutcome {
  const outcome = attempt.decided ?? failedOutcomeOf(attempt, policy);
  if (outcome !== undefined) return outcome;
  if (attempt.source.state !== "idle") return { kind: "moved" };
  return impossible("the data connection was closed before the source was asked", "roles", []);
}

/** What a side that ended badly makes of the attempt. The reply distinguishes a refused method from a refused file. */
export function failedOutcomeOf(
  attempt: MovingAttempt,
  { names }: AttemptPolicy,
): AttemptOutcome | undefined {
  if (!isBad(attempt.source) && !isBad(attempt.target)) return undefined;
  const ends = (["target", "source"] as const).map((role) => ({ role, side: attempt[role] }));
  const bad = ends.filter(({ side }) => isBad(side));
  const words = ends.map(({ role, side }) => wordsOf(side, names[role])).join("; ");
  const causes = bad.flatMap(({ role, side }) => endOf(role, side));
  const refusal = causes.find(refusesMethod);
  if (refusal !== undefined) return impossible(words, whatIsRefused(attempt.method, refusal.end), causes);
  return failed(words, causes);
}

function endOf(role: Role, side: SideState): readonly BadEnd[] {
  if (side.state === "ended") return [{ role, end: side.reply, hadBegun: side.hadBegun }];
  return side.state === "lost" ? [{ role, end: side.error, hadBegun: side.hadBegun }] : [];
}

function refusesMethod({ role, end }: BadEnd): boolean {
  return !(end instanceof Error) && retryOf(role === "source" ? "RETR" : "STOR", end) === "other-method";
}

export function isBad(side: SideState): boolean {
  return side.state === "lost" || (side.state === "ended" && !isCompletion(side.reply));
}

export function isOver(side: SideState): boolean {
  return side.state === "ended" || side.state === "lost";
}

function wordsOf(side: SideState, name: string): string {
  switch (side.state) {
    case "ended":
      return `${name}: ${formatReply(side.reply)}`;
    case "lost": {
      const { message } = side.error;
      return message.startsWith(`${name}: `) ? message : `${name}: ${message}`;
    }
    case "idle":
      return `${name}: no command sent`;
    case "asked":
    case "begun":
      return `${name}: no final reply`;
  }
}

function failed(because: string, causes: readonly BadEnd[]): AttemptOutcome {
  return { kind: "failed", because, causes };
}

export function impossible(
  because: string,
  refused: RefusalScope,
  causes: readonly BadEnd[],
): AttemptOutcome {
  return { kind: "impossible", because, refused, causes };
}
