import type { DueView, JobView } from "../../api/views/schemas.ts";
import { hostsOfJob } from "./model.ts";

/** A run that is expected. */
export interface Expected {
  readonly due: DueView & { readonly paused?: boolean };
  readonly startMs: number;
  readonly endMs: number;
  /** Jobs that use one of its hosts at the same time. */
  readonly clashes: readonly string[];
}

/** Where a job has never run, it is shown as long as this. */
const UNKNOWN_SECONDS = 60;

/**
 * Runs to come with how long they will take, and with which others they share a host at that time.
 * @param seconds of a job's usual run
 */
export function expectedRuns(
  dues: readonly (DueView & { readonly paused?: boolean })[],
  jobs: ReadonlyMap<string, Pick<JobView, "from" | "to">>,
  seconds: (job: string) => number | undefined,
): readonly Expected[] {
  const runs = dues
    .map((due) => {
      const startMs = Date.parse(due.startAt);
      return { due, startMs, endMs: startMs + (seconds(due.job) ?? UNKNOWN_SECONDS) * 1_000 };
    })
    .sort((one, two) => one.startMs - two.startMs);
  const clashes = runs.map(() => new Set<string>());
  const open: number[] = [];
  for (const [at, run] of runs.entries()) {
    const still = open.filter((before) => (runs[before]?.endMs ?? 0) > run.startMs);
    open.splice(0, open.length, ...still, at);
    if (run.due.skipped || run.due.paused === true) continue;
    const hosts = new Set(hostsOfJob(jobs.get(run.due.job) ?? { from: [], to: "" }));
    for (const before of still) {
      const other = runs[before]?.due;
      if (other === undefined || other.job === run.due.job || other.skipped || other.paused === true)
        continue;
      if (!hostsOfJob(jobs.get(other.job) ?? { from: [], to: "" }).some((host) => hosts.has(host))) continue;
      clashes[at]?.add(other.job);
      clashes[before]?.add(run.due.job);
    }
  }
  return runs.map((run, at) => ({ ...run, clashes: [...(clashes[at] ?? [])] }));
}

/** Of each job, the run that comes first; of those that are skipped also the one behind them. */
export function firstOfEach(runs: readonly Expected[]): readonly Expected[] {
  const seen = new Set<string>();
  return runs.filter(({ due }) => {
    if (seen.has(due.job)) return false;
    if (!due.skipped) seen.add(due.job);
    return true;
  });
}
