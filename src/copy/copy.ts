import { setMaxListeners } from "node:events";
import { Retrier } from "../transfer/retrier.ts";
import { runnerFor } from "../batch/local-runner.ts";
import type { SummaryEvent } from "../batch/events.ts";
import type { TaskRunner } from "../batch/contract.ts";
import { TreeMeter } from "./limits.ts";
import { deleteEmptied, type EmptiedDeps } from "./emptied.ts";
import { planCopy, type PlanDeps, rootOfSource } from "./plan.ts";
import { OwnPool, type Place, type Pool } from "../batch/pool.ts";
import type { CopyRequest } from "./request.ts";
import { StatusListings } from "../batch/status-listings.ts";
import { forEachAt } from "../batch/connected.ts";
import { requireNoFileInPath } from "../transfer/sides/file-in-path.ts";
import type { Side } from "../transfer/sides/side.ts";
import { Tally } from "../batch/tally.ts";
import type { FileTask } from "../batch/task.ts";
import { TaskQueue } from "../batch/task-queue.ts";
import { parentOf } from "../ftp/pathname.ts";
import { WarmUp } from "../batch/warm-up.ts";
import type { BatchDeps } from "../batch/contract.ts";

/**
 * Copies files between two places.
 * @returns the summary, which is also the last event
 * @throws what makes the whole copy impossible before the first file: a source that is not there, no login
 */
export async function copy(
  request: CopyRequest,
  deps: BatchDeps,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  // As many listeners as there are connections and waits; not a leak.
  setMaxListeners(0, signal);
  const { onExists, parallel, dryRun } = request;
  const { clock, emit, journal } = deps;
  const [pool, tally] = [deps.pool ?? new OwnPool(), new Tally(clock)];
  let runner: TaskRunner | undefined;
  try {
    // While the sources are listed, the other lanes' connections are logged in.
    const warm = new WarmUp(pool, clock);
    const planning = planCopy(request, planDepsOf(request, { ...deps, pool, warm }, signal), signal);
    const { tasks, directories, empty, skipped, faults } = await planning.finally(() =>
      warm[Symbol.asyncDispose](),
    );
    tally.skipped += skipped;
    tally.failed += faults;
    const bytes = tasks.reduce((sum, { source }) => sum + (source.facts.sizeBytes ?? 0), 0);
    emit({ event: "plan", files: tasks.length, bytes });
    if (dryRun && request.sourceAfter !== undefined) {
      const also =
        request.sourceAfter.deletesEmpty === true ? ", and directories that are empty then deleted" : "";
      const because = `each source would be ${WOULD[request.sourceAfter.after.action]} when its copy is proven${also}`;
      emit({ event: "note", because });
    }
    const options = { ...request, parallel: Math.min(parallel, tasks.length) };
    const planned = onExists === "unique" ? tasks.map((task) => task.target) : [];
    runner = runnerFor({ options, deps, pool, tally, planned });
    const queue = new TaskQueue(tasks);
    queue.close();
    announceDirectories(tasks, request, deps);
    await runner.work(queue, signal);
    if (runner.stopped === undefined && !signal.aborted)
      await makeEmptyDirectories(directories, { request, deps, pool, tally }, signal);
    if (!signal.aborted && !dryRun)
      await deleteEmptiedOf(
        request,
        [...tasks.map(directoryOf), ...empty],
        { deps, pool, tally, parallel },
        signal,
      );
    const untried = signal.aborted ? 0 : queue.length;
    const summary = tally.summary(untried, signal.aborted, runner.stopped, runner.isSpent);
    await journal.close(summary.outcome === "succeeded" && !dryRun);
    emit(summary);
    return summary;
  } finally {
    await pool.close();
    await runner?.settled();
  }
}

/** All files that come to a directory are known before the first. */
function announceDirectories(
  tasks: readonly FileTask[],
  { target }: CopyRequest,
  { followUp }: Pick<BatchDeps, "followUp">,
): void {
  if (followUp === undefined) return;
  const directories = tasks.map((task) => target.place.at(parentOf(task.target)));
  for (const directory of directories) followUp.directories.planned(directory);
  for (const directory of new Set(directories)) followUp.directories.listed(directory);
}

const WOULD = { delete: "deleted", rename: "renamed", move: "moved" } as const;

function directoryOf({ source: { place, path } }: FileTask) {
  return { place, path: parentOf(path) };
}

/** Directories of all sources that files have left, where that is asked for. */
async function deleteEmptiedOf(
  { sources, sourceAfter }: CopyRequest,
  left: readonly { readonly place: Place; readonly path: string }[],
  emptied: EmptiedDeps,
  signal: AbortSignal,
): Promise<void> {
  if (sourceAfter?.deletesEmpty !== true) return;
  for (const place of new Set(sources.map((one) => one.place))) {
    const roots = sources.filter((one) => one.place.key === place.key).map(rootOfSource);
    const directories = left.flatMap((one) => (one.place === place ? [one.path] : []));
    await deleteEmptied({ place, roots, directories }, emptied, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** What a directory at the target is made with. */
interface Making {
  readonly request: CopyRequest;
  readonly deps: BatchDeps;
  readonly pool: Pool;
  readonly tally: Tally;
}

/** Makes the directories that no file is in, unless they are there. */
async function makeEmptyDirectories(
  directories: readonly string[],
  { request: { target, parallel, dryRun }, deps, pool, tally }: Making,
  signal: AbortSignal,
): Promise<void> {
  const { place } = target;
  const because = "empty at the source";
  const act = async (side: Side, { path }: { readonly path: string }) => {
    if ((await side.facts(path, signal))?.kind === "directory") return;
    if (dryRun) await requireNoFileInPath(side, path, signal);
    else await side.makeDirectory(path, signal);
    deps.emit({ event: "action", action: "make-directory", path: place.at(path), because });
  };
  const failed = ({ path }: { readonly path: string }, fault: string) => {
    tally.failed += 1;
    deps.emit({ event: "fault", path: place.at(path), because: fault });
  };
  // The login directory and the root are there.
  const items = directories.filter((path) => path !== "" && path !== "/").map((path) => ({ path }));
  await forEachAt({ items, place, pool, parallel, act, failed }, signal).catch((error: unknown) => {
    // What was copied until then is reported.
    if (!signal.aborted) throw error;
  });
}

/** What a plan is made with. Lanes are warmed up where they are ours and many files are likely. */
function planDepsOf(
  request: CopyRequest,
  { warm, ...deps }: BatchDeps & { readonly pool: Pool; readonly warm: WarmUp },
  signal: AbortSignal,
): PlanDeps {
  const { sources, parallel, dryRun, limits, effort } = request;
  const { pool, clock, memory, emit, journal } = deps;
  const isList = sources.every(({ pattern }) => pattern.kind === "path");
  const lanes =
    dryRun || deps.runner !== undefined ? 1 : isList ? Math.min(parallel, sources.length) : parallel;
  return {
    pool,
    retrier: new Retrier(request, deps),
    meter: new TreeMeter(limits),
    emit,
    warm: (place) => void warm.open(place, lanes - 1, signal),
    effort,
    status: new StatusListings({ clock, memory, tell: (because) => emit({ event: "note", because }) }),
    finished:
      deps.finishedBefore ??
      (async (targets) => new Set(targets.filter((target) => journal.finished(target) !== undefined))),
  };
}
