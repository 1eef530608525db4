import type { Definition } from "../../orchestrator/definitions.ts";
import type { FileInFlight } from "../../orchestrator/kv/stores/files/in-flight.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import type { Installation } from "../../orchestrator/installation.ts";
import type { DefinitionCache } from "../definitions.ts";
import { isLimited, isWithinLimits, type TokenLimits, type AccessSubject } from "../access/limits.ts";
import type { LinkExaminationView } from "./link-schemas.ts";
import { examinationView } from "./link-views.ts";
import type { JobView, RunView } from "./schemas.ts";
import { jobView, runView } from "./views.ts";

/** Runs that ended lately are looked at among so many of the last. */
const LAST_RUNS = 200;

/** Examinations that were active within this time are reported: a client that was away for longer asks. Milliseconds. */
const EXAMINED_MS = 60_000;

/** How everything is at one moment. */
export interface Standing {
  /** Milliseconds since 1970: what is reported was so then, or later. */
  readonly atMs: number;
  readonly jobs: readonly JobView[];
  /** Those that have not ended, and the last ones. */
  readonly runs: readonly RunView[];
  /** Of links, those that go on and those that ended a moment ago. */
  readonly examinations: readonly LinkExaminationView[];
  /** What these are about, by `job NAME` and `run ID`. */
  readonly subjects: ReadonlyMap<string, AccessSubject>;
}

/** Where jobs and runs are looked up. */
type Records = Pick<Installation, "kv" | "store" | "clock">;

interface Sources {
  readonly installation: Records;
  readonly definitions: Pick<DefinitionCache, "all">;
}

export async function readStanding(deps: Sources): Promise<Standing> {
  const { kv, store, clock } = deps.installation;
  const atMs = clock.now();
  const { definitions: all } = await deps.definitions.all();
  const [jobs, open, last, examined] = await Promise.all([
    viewsOf(all, deps.installation),
    store.unfinished(),
    store.latest(LAST_RUNS),
    kv.examinations.lately(EXAMINED_MS),
  ]);
  // A run that ended between the two questions has ended: the later answer counts.
  const runs = new Map([...open, ...last].map((run: Run) => [run.id, run]));
  const subjects = new Map<string, AccessSubject>([
    ...all.map(({ name, document }) => [`job ${name}`, { job: name, document }] as const),
    ...[...runs.values()].map(
      ({ id, order: { job, document } }) => [`run ${id}`, { job, document }] as const,
    ),
  ]);
  const views = [...runs.values()].map(async (run) => runView(run, await flyingOf(run, deps)));
  const examinations = examined.map(examinationView);
  return { atMs, jobs, runs: await Promise.all(views), examinations, subjects };
}

/** What of a run is being copied now. */
export async function flyingOf(
  { id, state }: Pick<Run, "id" | "state">,
  { installation: { kv } }: { readonly installation: Pick<Installation, "kv"> },
): Promise<readonly FileInFlight[]> {
  return state === "running" ? kv.filesInFlight(id) : [];
}

/** The same, as far as somebody may see it. */
export function visibleTo(limits: TokenLimits | undefined, standing: Standing): Standing {
  if (!isLimited(limits)) return standing;
  const isVisible = (key: string) => {
    const subject = standing.subjects.get(key);
    return subject !== undefined && isWithinLimits(limits, subject);
  };
  const jobs = standing.jobs.filter(({ name }) => isVisible(`job ${name}`));
  const runs = standing.runs.filter(({ id }) => isVisible(`run ${id}`));
  // Examinations are about hosts, whichever job uses them.
  return { ...standing, jobs, runs, examinations: [] };
}

export async function viewsOf(
  definitions: readonly Definition[],
  installation: Records,
): Promise<readonly JobView[]> {
  return Promise.all(definitions.map((one) => viewOfJob(one, installation)));
}

/** A job as its file says, and its current state. */
export async function viewOfJob(definition: Definition, installation: Records): Promise<JobView> {
  const { store, clock } = installation;
  const skipped = await skippedOf(definition, installation);
  return jobView(definition, { record: await store.jobs.get(definition.name), skipped }, clock.now());
}

/** Due times to come that give no run. */
export async function skippedOf(
  { name, job }: Definition,
  { kv, clock }: Records,
): Promise<readonly number[]> {
  return job.schedule === undefined ? [] : kv.skips.of(name, clock.now());
}

/** Tracks what was sent last, and gives what has changed since. */
export class ChangeTracker {
  #sent: ReadonlyMap<string, string> = new Map();

  /** What has changed since; what there is no more is forgotten. */
  since({
    jobs,
    runs,
    examinations = [],
  }: Pick<Standing, "jobs" | "runs"> & Partial<Pick<Standing, "examinations">>): readonly Change[] {
    const changes = [
      ...examinations.map((value): Change => ({ event: "examination", value })),
      ...jobs.map((value): Change => ({ event: "job", value })),
      ...runs.map((value): Change => ({ event: "run", value })),
    ];
    const before = this.#sent;
    const jobsNow = new Set(jobs.map(({ name }) => `job ${name}`));
    for (const key of before.keys())
      if (key.startsWith("job ") && !jobsNow.has(key))
        changes.push({ event: "job-removed", value: { job: key.slice("job ".length) } });
    const now = changes.map((change) => [keyOf(change), JSON.stringify(change.value)] as const);
    this.#sent = new Map(now);
    return changes.filter((_, index) => {
      const [key = "", text] = now[index] ?? [];
      return before.get(key) !== text;
    });
  }
}

export type Change =
  | { readonly event: "job"; readonly value: JobView }
  | { readonly event: "run"; readonly value: RunView }
  | { readonly event: "job-removed"; readonly value: { readonly job: string } }
  | { readonly event: "examination"; readonly value: LinkExaminationView };

function keyOf({ event, value }: Change): string {
  if (event === "job-removed") return `removed ${value.job}`;
  if (event === "examination") return `examination ${JSON.stringify([value.source, value.target])}`;
  return event === "job" ? `job ${value.name}` : `run ${value.id}`;
}

/** Whether a client that has seen all events until then needs this one at first: of runs, those that may have changed since. */
export function isNewTo(change: Change, seenUntilMs: number | undefined): boolean {
  if (change.event !== "run" || change.value.state !== "ended") return true;
  const { endedAt } = change.value;
  return seenUntilMs !== undefined && endedAt !== undefined && Date.parse(endedAt) >= seenUntilMs;
}
