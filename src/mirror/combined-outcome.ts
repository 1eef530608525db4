import type { RunOutcome, SummaryEvent, TargetEvent } from "../batch/events.ts";

/** How a mirror to one of several targets ended. */
export interface TargetEnd extends Omit<TargetEvent, "event"> {
  /** The target, as a location. */
  readonly to: string;
}

const NO_FILES = { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 };
const NO_DIRECTORIES = { compared: 0, byStatus: 0, byListing: 0, targetTrusted: 0 };
const NO_BYTES = { thirdParty: 0, relayed: 0, resumed: 0 };

/** The end of what could not be begun, or not gone on with. */
export function brokenEnd(to: string, because: string, seconds: number): TargetEnd {
  return { to, outcome: "failed", files: { ...NO_FILES, failed: 1 }, bytes: NO_BYTES, seconds, because };
}

/** One summary of all; its outcome is the worst, and a failure beside something that went well is a part. */
export function combinedOutcome(ends: readonly TargetEnd[], seconds: number): SummaryEvent {
  const reasons = ends.flatMap(({ to, because }) => (because === undefined ? [] : [`${to}: ${because}`]));
  const indexed = ends.flatMap(({ directories }) => directories ?? []);
  return {
    event: "summary",
    outcome: worstOf(ends.map(({ outcome }) => outcome)),
    files: sumOf(
      NO_FILES,
      ends.map(({ files }) => files),
    ),
    bytes: bytesOf(ends),
    seconds,
    ...(indexed.length === 0 ? {} : { directories: sumOf(NO_DIRECTORIES, indexed) }),
    ...(reasons.length === 0 ? {} : { because: reasons.join("\n") }),
  };
}

/** What was left when one summary was made, and done when the other was: what the first copied, the second kept. */
export function continuedBy(first: SummaryEvent, then: SummaryEvent): SummaryEvent {
  const { copied, deleted } = first.files;
  return {
    ...then,
    files: {
      ...then.files,
      copied: copied + then.files.copied,
      kept: Math.max(0, then.files.kept - copied),
      deleted: deleted + then.files.deleted,
    },
    bytes: bytesOf([first, then]),
    seconds: first.seconds + then.seconds,
  };
}

function bytesOf(ends: readonly Pick<SummaryEvent, "bytes">[]): SummaryEvent["bytes"] {
  const all = ends.map(({ bytes }) => bytes);
  const serverSide = all.reduce((sum, one) => sum + (one.serverSide ?? 0), 0);
  return { ...sumOf(NO_BYTES, all), ...(serverSide === 0 ? {} : { serverSide }) };
}

function worstOf(outcomes: readonly RunOutcome[]): RunOutcome {
  const worst = (["cancelled", "refused"] as const).find((outcome) => outcomes.includes(outcome));
  if (worst !== undefined) return worst;
  if (outcomes.every((outcome) => outcome === "succeeded")) return "succeeded";
  return outcomes.every((outcome) => outcome === "failed") ? "failed" : "partial";
}

function sumOf<Name extends string>(
  zero: Readonly<Record<Name, number>>,
  counts: readonly Readonly<Record<NoInfer<Name>, number>>[],
): Record<Name, number> {
  const sum: Record<Name, number> = { ...zero };
  for (const one of counts) for (const name of Object.keys(zero) as Name[]) sum[name] += one[name];
  return sum;
}
