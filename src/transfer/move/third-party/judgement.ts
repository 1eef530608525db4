import type { Role } from "../../role.ts";
import type { AttemptOutcome } from "./attempt/attempt-state.ts";
import { alike, type Method } from "./methods.ts";
import { isFull } from "./outcome.ts";
import { isOfSettings } from "./refusal.ts";
import type { RefusedBy } from "./route.ts";

/** What is known of a method and its two servers beside what has just happened. */
export interface MethodContext {
  /** Whether the method has worked between these two. */
  readonly hasWorked: boolean;
  /** Whether bytes of this file have arrived by it. */
  readonly hasMoved: boolean;
  /** Whether it is known of a server what it refuses together: its software was measured. */
  readonly isMeasured: Readonly<Record<Role, boolean>>;
}

/** Whose fault it is that a method has not moved a file. */
export type MethodJudgement =
  /** These methods need not be tried again for a while. */
  | { readonly fault: "method"; readonly refused: readonly Method[]; readonly by: RefusedBy }
  /** It may be the method's or the file's: whether anything else moves the file will tell. */
  | { readonly fault: "unknown" }
  | { readonly fault: "file" };

/**
 * Judges an attempt by what happened as a whole: a method that has not worked yet between two servers and did not move
 * anything (refused in whatever words, lost, silent, unreachable) is left for the next one, and no words of a server
 * make that the file's failure before all else has failed, too.
 */
export function judgeAttempt(
  method: Method,
  outcome: Exclude<AttemptOutcome, { kind: "moved" }>,
  { hasWorked, hasMoved, isMeasured }: MethodContext,
  methods: readonly Method[],
): MethodJudgement {
  if (isFull(outcome)) return { fault: "file" };
  if (outcome.kind === "failed") return { fault: hasWorked || hasMoved ? "file" : "unknown" };
  const roles = outcome.causes.length === 0 ? ROLES : outcome.causes.map(({ role }) => role);
  // PROT and SSCN are the same commands for all methods alike; what else goes together was measured, or is tried.
  const isCertain = outcome.refused === "protection" || roles.every((role) => isMeasured[role]);
  const refused = isCertain ? alike(method, outcome.refused, methods) : [method];
  const by = outcome.causes.some(({ end }) => isOfSettings(end)) ? "settings" : "unknown";
  return { fault: "method", refused, by };
}

const ROLES: readonly Role[] = ["source", "target"];
