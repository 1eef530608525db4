import { z } from "zod";
import type { Run } from "../runs/run.ts";
import { Causes, type FileReason, type ReasonGroup } from "../../batch/report/causes.ts";
import { counted } from "../../shared/units.ts";

const OCCASIONS = ["failed", "partial", "refused", "recovered", "late", "stale", "succeeded"] as const;
export type Occasion = (typeof OCCASIONS)[number];

/** Causes that one notice has; further ones are counted. */
const MOST_CAUSES = 10;

/** Something that people are notified of, once. */
export const Notice = z.object({
  /** The same for the same event, whoever noticed it. */
  id: z.string(),
  occasion: z.enum(OCCASIONS),
  job: z.string(),
  run: z.string().optional(),
  /** Milliseconds since 1970. */
  atMs: z.number(),
  because: z.string(),
  files: z.record(z.string(), z.number()).optional(),
  causes: z.array(
    z.object({
      because: z.string(),
      count: z.number(),
      first: z.array(z.object({ path: z.string(), because: z.string() })),
    }),
  ),
  /** Files that failed for other causes than these. */
  otherFailures: z.number(),
});
export type Notice = z.infer<typeof Notice>;

/** What is to be reported of a run that has ended; undefined for one that was cancelled, or a dry run. */
export function noticeOfRun(run: Run, failures: Iterable<FileReason>): Notice | undefined {
  const occasion = occasionOf(run);
  if (occasion === undefined) return undefined;
  const all = new Causes();
  if (!isGood(run)) for (const { path, because } of failures) all.note(path, because);
  const causes = all.list();
  const { copied, kept, deleted, skipped, failed } = run.counters;
  return {
    id: `run ${run.id}`,
    occasion,
    job: run.order.job,
    run: run.id,
    atMs: run.endedMs ?? run.createdMs,
    because: run.because ?? sentenceOf(occasion, failed),
    files: { copied, kept, deleted, skipped, failed },
    causes: mutable(causes.slice(0, MOST_CAUSES)),
    otherFailures: causes.slice(MOST_CAUSES).reduce((sum, { count }) => sum + count, 0),
  };
}

/** What is to be reported of a job beside its runs. @param id the same whoever notices it */
export function jobNotice(
  occasion: Occasion,
  id: string,
  job: string,
  atMs: number,
  because: string,
  run?: string,
): Notice {
  const of = run === undefined ? {} : { run };
  return { id, occasion, job, ...of, atMs, because, causes: [], otherFailures: 0 };
}

/** A run that is too long, or something that has not happened in time. @param id the same whoever notices it */
export function lateNotice(id: string, job: string, atMs: number, because: string, run?: string): Notice {
  return jobNotice("late", id, job, atMs, because, run);
}

/** Whether it says that something has not happened in time, which no run that ends says. */
export function isAlarm({ occasion }: Pick<Notice, "occasion">): boolean {
  return occasion === "late" || occasion === "stale";
}

/** Whether nothing of it failed, so that nobody has to look for reasons. */
export function isGood({ outcome }: Pick<Run, "outcome">): boolean {
  return outcome === "succeeded";
}

function occasionOf({ order, outcome, isRecovery }: Run): Occasion | undefined {
  if (order.dryRun || outcome === undefined || outcome === "cancelled") return undefined;
  if (outcome !== "succeeded") return outcome;
  return isRecovery ? "recovered" : "succeeded";
}

function sentenceOf(occasion: Occasion, failed: number): string {
  if (occasion === "succeeded") return "all files are as they should be";
  return occasion === "recovered" ? "the job has succeeded again" : `${counted(failed, "file")} failed`;
}

function mutable(causes: readonly ReasonGroup[]): Notice["causes"] {
  return causes.map(({ because, count, first }) => ({ because, count, first: [...first] }));
}
