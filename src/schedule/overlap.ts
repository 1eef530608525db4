/** What becomes of a run that is due while another of its job goes on. */
type Overlap = "skip" | "queue-one" | "replace";

/** The runs of a job that have not ended, by what they are called. */
interface Unfinished {
  readonly running?: string | undefined;
  readonly queued?: string | undefined;
}

interface OverlapDecision {
  /** `queue`: when the one that goes on has ended; `replace`: when that one, cancelled, has ended. */
  readonly action: "run" | "skip" | "queue" | "replace";
  readonly because: string;
}

export function decideOverlap(policy: Overlap, { running, queued }: Unfinished): OverlapDecision {
  const before = running ?? queued;
  if (before === undefined) return { action: "run", because: "no other run of this job is active" };
  const because = running === undefined ? `${before} is waiting` : `${before} is still running`;
  if (policy === "replace") return { action: "replace", because: `${because} (overlap: replace)` };
  if (policy === "queue-one" && queued === undefined) {
    return { action: "queue", because: `${because} (overlap: queue-one)` };
  }
  return {
    action: "skip",
    because:
      policy === "skip" ? `${because} (overlap: skip)` : `${queued} is already waiting (overlap: queue-one)`,
  };
}
