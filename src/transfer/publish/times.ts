import type { ControlTurn } from "../lane.ts";
import type { Verified } from "../phases.ts";
import type { FileFacts, Published } from "../sides/side.ts";

/** The time that the target is to get, or why there is none. */
export function timeFor({ ends, record, policy, verified }: Verified): {
  readonly modifiedMs?: number;
  readonly modified?: FileFacts["modified"];
  readonly fault?: string;
} {
  if (!policy.preserveTimes) return {};
  const modified = verified.source?.modified;
  const atMs = modified?.atMs ?? record.modifiedMs;
  if (atMs === undefined) return { fault: `${ends.source.side.name} does not report it` };
  return { modifiedMs: atMs, modified };
}

/** Why the time could not be set; what the first way to set it would not do, another one may. */
export function timeFault(
  { ends }: Verified,
  controlTurn: ControlTurn,
  { timeFault: fault, mayHaveOther }: Published,
  modifiedMs: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> | string | undefined {
  if (mayHaveOther !== true || modifiedMs === undefined) return fault;
  const { side, path } = ends.target;
  return controlTurn.speak(() => side.setModified(path, modifiedMs, signal));
}

/**
 * What is at the target now. A time that was to be set was not asked for; one that could not be set is.
 * @param kept the time that was set
 */
export function storedAt(
  { ends, policy, verified: { target } }: Verified,
  controlTurn: ControlTurn,
  kept: FileFacts["modified"] | undefined,
  signal: AbortSignal,
): Promise<FileFacts | undefined> | FileFacts | undefined {
  if (!policy.preserveTimes) return target;
  if (kept !== undefined) return target && { ...target, modified: kept };
  if (target === undefined || target.modified !== undefined) return target;
  const { side, path } = ends.target;
  // The file is in its place, whether this can be known or not.
  return controlTurn.speak(() => side.facts(path, signal)).catch(() => target);
}
