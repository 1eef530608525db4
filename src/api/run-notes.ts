import type { Directories } from "../config/load/directories.ts";
import { hostSettings } from "../config/load/load-host.ts";
import { formatLocation, type Location } from "../config/locations/location.ts";
import { accountKey } from "../ftp/settings.ts";
import type { LivingWorker } from "../orchestrator/claims/worker-lease.ts";
import type { Installation } from "../orchestrator/installation.ts";
import type { Run } from "../orchestrator/runs/run.ts";
import { isoTime } from "../shared/iso-time.ts";
import { locationsIn } from "./access/limits.ts";
import { whyNoWorker } from "./monitoring/health.ts";
import { counted } from "../shared/units.ts";

/**
 * What is worth knowing of a run as a whole: first why it does not go on, then what was noted of it.
 * @param isOpaque whether nothing of its servers may be revealed
 */
export async function notesOf(
  run: Run,
  { kv, store, clock }: Pick<Installation, "kv" | "store" | "clock">,
  directories: Directories,
  isOpaque = false,
): Promise<readonly string[]> {
  const noted = isOpaque ? [] : await store.notes.of(run.id);
  if (run.state === "ended") return noted;
  const workers = await kv.workers([]);
  const stranded = workers.length === 0 ? [await whyNoWorker(kv)] : [];
  if (isOpaque) return [...stranded, ...noted];
  const paused = await pausedHosts(run, { kv, clock }, directories);
  return [...stranded, ...paused, ...waitsOf(run, workers), ...noted];
}

/** What lanes of a run wait for, on all machines. */
function waitsOf({ id }: Pick<Run, "id">, workers: readonly LivingWorker[]): readonly string[] {
  const lanes = new Map<string, number>();
  for (const { busy = [] } of workers)
    for (const one of busy.filter(({ run }) => run === id).flatMap(({ waiting = [] }) => waiting))
      lanes.set(one.for, (lanes.get(one.for) ?? 0) + one.lanes);
  return [...lanes].map(([what, count]) => `${counted(count, "lane is", "lanes are")} waiting for ${what}`);
}

/** The hosts of a run with which nothing is begun now, each with the reason and the end of that. */
async function pausedHosts(
  { order }: Pick<Run, "order">,
  { kv, clock }: Pick<Installation, "kv" | "clock">,
  directories: Directories,
): Promise<readonly string[]> {
  const names = new Map<string, string>();
  for (const location of locationsIn(order.document) ?? []) {
    const key = await keyOf(location, directories);
    if (key !== undefined && location.kind !== "local" && !names.has(key)) names.set(key, nameOf(location));
  }
  const found = await Promise.all(
    [...names].map(async ([key, name]) => {
      const pause = await kv.breaker.waitFor([key], clock.now());
      if (pause === undefined) return [];
      return [`waiting for ${name}, which is paused until ${isoTime(pause.untilMs)}: ${pause.because}`];
    }),
  );
  return found.flat();
}

function nameOf(location: Exclude<Location, { kind: "local" }>): string {
  return location.kind === "host" ? location.host : formatLocation({ ...location, path: "" });
}

/** Undefined for this machine, and for a host whose file is gone or wrong: nothing is known of those. */
async function keyOf(location: Location, directories: Directories): Promise<string | undefined> {
  if (location.kind === "local") return undefined;
  return hostSettings(location, directories, {}).then(accountKey, () => undefined);
}
