import { z } from "zod";
import { Count } from "../kv/rows.ts";
import { type Lack, lackOf, type NamedPlace } from "../slots/lack.ts";

/** The lanes of one worker that work on one run, as it tells others. */
export const LanesOfRun = z.object({
  run: z.string(),
  /** Those that copy. */
  lanes: Count,
  /** Those that hold a slice and wait, by what they wait for. Earlier versions count them as if they copied. */
  waiting: z.array(z.object({ for: z.string(), host: z.string().optional(), lanes: Count })).optional(),
});
export type LanesOfRun = z.infer<typeof LanesOfRun>;

/** A slice in hand. */
interface LaneInUse {
  readonly run: string;
  readonly lack: string | undefined;
  readonly places: readonly NamedPlace[];
}

/** What the lanes in use do, by run. */
export function lanesByRun(inUse: readonly LaneInUse[]): readonly LanesOfRun[] {
  return [...new Set(inUse.map(({ run }) => run))].map((run) => {
    const lanes = inUse.filter((lane) => lane.run === run);
    const lacks = lanes.flatMap(({ lack, places }) => (lack === undefined ? [] : [lackOf(lack, places)]));
    const waiting = countsOf(lacks);
    return { run, lanes: lanes.length - lacks.length, ...(waiting.length === 0 ? {} : { waiting }) };
  });
}

function countsOf(lacks: readonly Lack[]): (Lack & { readonly lanes: number })[] {
  const kinds = new Map(lacks.map((lack) => [lack.for, lack]));
  return [...kinds.values()].map((lack) => ({
    ...lack,
    lanes: lacks.filter((other) => other.for === lack.for).length,
  }));
}

/** Lanes of all workers, by what they do. */
export interface LaneCounts {
  readonly busy: number;
  readonly waiting: number;
  readonly idle: number;
  /** Those that wait, by the name of the host that they wait for. */
  readonly waitingFor: ReadonlyMap<string, number>;
}

/** @param workers as they describe themselves; one of an earlier version says less */
export function laneCounts(
  workers: readonly {
    readonly lanes?: number | undefined;
    readonly busy?: readonly LanesOfRun[] | undefined;
  }[],
): LaneCounts {
  const runs = workers.flatMap(({ busy = [] }) => busy);
  const waits = runs.flatMap(({ waiting = [] }) => waiting);
  const sumOf = (counts: readonly { readonly lanes?: number | undefined }[]) =>
    counts.reduce((sum, { lanes = 0 }) => sum + lanes, 0);
  const [all, busy, waiting] = [sumOf(workers), sumOf(runs), sumOf(waits)];
  const hosts = new Set(waits.flatMap(({ host }) => host ?? []));
  const waitingFor = new Map(
    [...hosts].map((host) => [host, sumOf(waits.filter((one) => one.host === host))]),
  );
  return { busy, waiting, idle: Math.max(0, all - busy - waiting), waitingFor };
}
