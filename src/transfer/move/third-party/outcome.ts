import { ReplyError } from "../../../ftp/errors.ts";
import { refusesRestart, saysFull } from "../../../ftp/quirks.ts";
import type { Reply } from "../../../ftp/reply.ts";
import { AppError, blame, type Retry } from "../../../shared/errors.ts";
import { TransferError } from "../../errors.ts";
import type { Ends } from "../relay.ts";
import type { AttemptOutcome } from "./attempt/attempt-state.ts";
import type { Method } from "./methods.ts";
import type { Role } from "../../role.ts";

/** Whether the target has no room, which no other order of commands would change; a 550 may be SIZE's. */
export function isFull({ causes }: Exclude<AttemptOutcome, { kind: "moved" }>): boolean {
  return causes.some(({ end }) => !(end instanceof Error) && saysFull(end));
}

/** Who would not go on where the partial file ends; a refusal before the transfer, not a failure in it. */
export function restartRefused(
  outcome: AttemptOutcome,
): { readonly role: Role; readonly reply: Reply } | undefined {
  if (outcome.kind !== "failed") return undefined;
  for (const { role, end, hadBegun } of outcome.causes) {
    if (!(end instanceof Error) && !hadBegun && refusesRestart(end)) return { role, reply: end };
  }
  return undefined;
}

/**
 * Both sides' words in one error, which is the fault of the one that ended first. A side that refused the file for
 * good decides; what befell the other follows.
 */
export function transferErrorOf(
  ends: Ends,
  method: Method,
  { because, causes }: Exclude<AttemptOutcome, { kind: "moved" }>,
): TransferError {
  const errors = causes.map(({ role, end }) => {
    if (end instanceof Error) return end;
    const { side, path } = ends[role];
    return new ReplyError(side.name, { verb: role === "source" ? "RETR" : "STOR", argument: path }, end);
  });
  const refused = errors.findIndex((error) => error instanceof ReplyError && error.retry === "never");
  const retries = errors.map((error) => (error instanceof AppError ? error.retry : "later"));
  const retry = refused < 0 ? (HOPE.find((one) => retries.includes(one)) ?? "later") : "never";
  const route = `${ends.source.side.name} → ${ends.target.side.name}`;
  const decisive = Math.max(refused, 0);
  const error = new TransferError(`${route} (${method.name}): ${because}`, retry, errors[decisive]);
  const role = causes[decisive]?.role;
  return role === undefined ? error : blame(error, ends[role].side.name);
}

const HOPE: readonly Retry[] = ["other-method", "new-connection", "later", "never"];
