import { whyNoWorker } from "../../../api/monitoring/health.ts";
import type { WorkerView } from "../../../api/views/system-schemas.ts";
import { workerViews } from "../../../api/views/worker-views.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { counted, formatDuration } from "../../../shared/units.ts";
import type { CommonOptions } from "../../command-line.ts";
import { EXIT } from "../../process/exit.ts";
import { withControl } from "./runs.ts";

/** `fxpd workers`: who works, on all machines. */
export function workersCommand(given: CommonOptions): Promise<number> {
  return withControl(given, async (installation) => {
    const workers = await workerViews(installation);
    const nowMs = installation.clock.now();
    for (const worker of workers) {
      if (given.json === true) write(eventOf(worker, nowMs));
      else if (given.quiet !== true) process.stdout.write(`${printable(workerLine(worker, nowMs))}\n`);
    }
    if (given.json === true)
      write({ event: "summary", outcome: "succeeded", workers: workers.length, at: isoTime(nowMs) });
    else if (workers.length === 0 && given.quiet !== true)
      process.stdout.write(`${printable(await whyNoWorker(installation.kv))}\n`);
    return EXIT.done;
  });
}

function eventOf({ id, host, pid, version, since, lanes, works }: WorkerView, nowMs: number): object {
  return {
    event: "worker",
    ...{ id, host: host ?? null, pid: pid ?? null, version: version ?? null, since: since ?? null },
    lanes: lanes ?? null,
    // Those that it plans; where it only copies files of a run, the list of works says so.
    runs: works.filter(({ plans }) => plans).map(({ run, job }) => ({ run, job: job ?? null })),
    works: works.map(({ job, ...work }) => ({ ...work, job: job ?? null })),
    at: isoTime(nowMs),
  };
}

/** A worker in one line: `copier-3  pid 4711  fxpd 0.1.0  up 3 h 2 min  3 of 8 lanes busy  nightly (nightly_…): plans it, 3 lanes` */
export function workerLine(
  { id, host, pid, version, since, lanes, works }: WorkerView,
  nowMs: number,
): string {
  const busy = works.reduce((sum, one) => sum + one.lanes, 0);
  const waiting = works.flatMap((one) => one.waiting).reduce((sum, one) => sum + one.lanes, 0);
  return [
    ...(host === undefined ? [id] : [host, `pid ${pid}`, `fxpd ${version}`]),
    ...(since === undefined ? [] : [`up ${formatDuration(Math.max(0, nowMs - Date.parse(since)))}`]),
    ...(lanes === undefined
      ? []
      : [`${busy} of ${lanes} lanes busy${waiting > 0 ? `, ${waiting} waiting` : ""}`]),
    works.map(workWords).join(", ") || "no run",
  ].join("  ");
}

function workWords({ run, job, plans, lanes, waiting }: WorkerView["works"][number]): string {
  const what = [
    ...(plans ? ["plans it"] : []),
    ...(lanes > 0 ? [counted(lanes, "lane")] : []),
    ...waiting.map((one) => `${counted(one.lanes, "lane")} waiting for ${one.for}`),
  ];
  return `${job === undefined ? run : `${job} (${run})`}: ${what.join(", ")}`;
}

function write(event: object): void {
  process.stdout.write(`${jsonText(event)}\n`);
}
