import type { Quirks } from "../quirks.ts";

/**
 * What may be written to a server before its replies to earlier commands have come (RFC 959 §4.2): nothing; questions,
 * which change nothing there and are about no data connection; or any command.
 */
export type Pipelining = "nothing" | "questions" | "commands";

/** What has been seen of a server beyond its kind. Read whenever something is about to be written. */
export interface PipeliningEvidence {
  /** Whether replies to what was written ahead were lost here lately. */
  readonly hasLostReplies: boolean;
  /** Whether it was seen to answer several questions in one write, in order. */
  readonly takesQuestions: boolean;
}

export const NO_EVIDENCE: PipeliningEvidence = { hasLostReplies: false, takesQuestions: false };

/** What decides about one control connection. */
export interface PipeliningGrounds {
  /** Whether the host's file allows it at all. */
  readonly isAllowed: boolean;
  readonly quirks: Pick<Quirks, "takesAhead" | "takesBehind">;
  readonly evidence: PipeliningEvidence;
}

export function pipeliningOf({ isAllowed, quirks, evidence }: PipeliningGrounds): Pipelining {
  if (!isAllowed || evidence.hasLostReplies) return "nothing";
  if (quirks.takesAhead) return "commands";
  return evidence.takesQuestions ? "questions" : "nothing";
}

/**
 * Whether commands may be written behind this transfer command, to be answered after the transfer.
 * @param control `answersInside`: the server has answered one in the middle of a transfer
 */
export function mayFollow(
  verb: string,
  grounds: PipeliningGrounds,
  control: { readonly isProtected: boolean; readonly answersInside: boolean },
): boolean {
  const where = grounds.quirks.takesBehind[verb];
  const isTaken = where === "anywhere" || (where === "in-clear" && !control.isProtected);
  return isTaken && !control.answersInside && pipeliningOf(grounds) === "commands";
}
