import type { HistoryView } from "../../api/views/history-schemas.ts";
import type { LinkExaminationView } from "../../api/views/link-schemas.ts";
import type { JobView, RunView } from "../../api/views/schemas.ts";

/** What is thought of a job at a glance, the worst first. */
type JobState = "stale" | "failing" | "running" | "paused" | "cancelled" | "good" | "new";
const ORDER: readonly JobState[] = ["stale", "failing", "running", "paused", "cancelled", "new", "good"];

/** What a run does, in a word, as `fxpd runs` has it. */
export function runStateOf({ state, wish, outcome }: Pick<RunView, "state" | "wish" | "outcome">): string {
  if (state === "ended") return outcome ?? "ended";
  if (wish === "pause") return "paused";
  return wish === "cancel" ? "cancelling" : state;
}

/** @param running its run that has not ended; one that is paused or waits for others does not run */
export function jobStateOf(job: JobView, running: RunView | undefined): JobState {
  if (job.stale) return "stale";
  const outcome = job.lastRun?.outcome;
  if (outcome !== undefined && outcome !== "succeeded" && outcome !== "cancelled") return "failing";
  if (running !== undefined && runStateOf(running) === "running") return "running";
  if (job.paused) return "paused";
  if (outcome === "cancelled") return outcome;
  return outcome === undefined ? "new" : "good";
}

export interface JobRow {
  readonly job: JobView;
  readonly state: JobState;
  readonly running: RunView | undefined;
}

/** Jobs that match, stale and failing ones first. @param query words that all have to be in name, places or state */
export function jobRows(
  jobs: Iterable<JobView>,
  running: ReadonlyMap<string, RunView>,
  query: string,
): readonly JobRow[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return [...jobs]
    .map((job): JobRow => {
      const run = running.get(job.name);
      return { job, running: run, state: jobStateOf(job, run) };
    })
    .filter(({ job, state, running: run }) => {
      const states = [state, run === undefined ? "" : runStateOf(run), job.lastRun?.outcome ?? ""];
      const text = [job.name, ...job.from, job.to, ...states].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort(
      (one, two) =>
        ORDER.indexOf(one.state) - ORDER.indexOf(two.state) || (one.job.name < two.job.name ? -1 : 1),
    );
}

/** Bytes that a run has moved or is moving. */
export function movedBytes({ bytes, inFlight }: Pick<RunView, "bytes" | "inFlight">): number {
  return bytes.thirdParty + bytes.relayed + bytes.serverSide + (inFlight?.bytes ?? 0);
}

/** From 0 to 1; undefined where nothing is planned yet. */
export function progressOf(
  run: Pick<RunView, "bytes" | "inFlight" | "planned" | "files">,
): number | undefined {
  const { planned, files, bytes } = run;
  if (planned.bytes > 0) return Math.min(1, (movedBytes(run) + bytes.resumed) / planned.bytes);
  return planned.files > 0 ? Math.min(1, (files.copied + files.failed) / planned.files) : undefined;
}

/** A difference of clocks that is none: answers say the time in whole seconds, and take a moment. */
const SAME_MS = 3_000;

/**
 * How far fxpd's clock is ahead of this browser's, in milliseconds; 0 where they agree.
 * @param date of an answer's header
 */
export function clockAheadMs(date: string | null, nowMs: number): number | undefined {
  const atMs = Date.parse(date ?? "");
  if (Number.isNaN(atMs)) return undefined;
  const aheadMs = atMs + 500 - nowMs;
  return Math.abs(aheadMs) < SAME_MS ? 0 : aheadMs;
}

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

const WINDOW_MS = 15_000;

/** Adds what was seen now; older samples than the window needs are left out. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  // A run that was begun anew may have fewer.
  if (last !== undefined && sample.bytes < last.bytes) return [sample];
  const from = samples.findIndex(({ atMs }) => atMs >= sample.atMs - WINDOW_MS);
  return [...(from === -1 ? [] : samples.slice(Math.max(0, from - 1))), sample];
}

/** Bytes a second over the last seconds; undefined where too little was seen. */
export function recentRate(samples: readonly Sample[], nowMs: number): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const seconds = (Math.max(nowMs, last.atMs) - first.atMs) / 1_000;
  return seconds < 1 ? undefined : (last.bytes - first.bytes) / seconds;
}

/** Seconds that the job's next run will take, if it takes as long as most of the last ones. */
export function expectedSeconds(runs: readonly Pick<HistoryView, "seconds">[]): number | undefined {
  const known = runs.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds])).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)];
}

/** Hosts that a job has to do with. */
export function hostsOfJob({ from, to }: Pick<JobView, "from" | "to">): readonly string[] {
  return [...from, ...to.split(", ")].flatMap((location) => {
    const [, host] = /^(?:\w+:\/\/(?:[^@/]*@)?)?([\w.-]+):?/.exec(location) ?? [];
    return host === undefined || /^[./]/.test(location) ? [] : [host];
  });
}

/** Two hosts, in the order in which files go. */
export function keyOfLink({ source, target }: Pick<LinkExaminationView, "source" | "target">): string {
  return JSON.stringify([source, target]);
}

/** The later of two views of a link's last examination. */
export function laterOf(
  one: LinkExaminationView | undefined,
  two: LinkExaminationView | undefined,
): LinkExaminationView | undefined {
  if (one === undefined || two === undefined) return one ?? two;
  if (one.startedAt !== two.startedAt) return one.startedAt > two.startedAt ? one : two;
  if (one.state === "ended" || two.state === "ended") return one.state === "ended" ? one : two;
  return one.tried.length > two.tried.length ? one : two;
}
