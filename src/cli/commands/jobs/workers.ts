import { NO_WORKER } from "../../../api/monitoring/health.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { formatDuration } from "../../../shared/units.ts";
import type { CommonOptions } from "../../command-line.ts";
import { EXIT } from "../../process/exit.ts";
import { withControl } from "./runs.ts";

/** `fxpd workers`: who works, on all machines. */
export function workersCommand(given: CommonOptions): Promise<number> {
  return withControl(given, async ({ kv, store }) => {
    const running = (await store.unfinished()).filter(({ state }) => state === "running");
    const jobs = new Map(running.map(({ id, order }) => [id, order.job]));
    const workers = await kv.workers(running.map(({ id }) => id));
    const nowMs = Date.now();
    for (const { id, host, pid, version, sinceMs, runs } of workers) {
      const since = sinceMs === undefined ? null : isoTime(sinceMs);
      const event = {
        event: "worker",
        id,
        host: host ?? null,
        pid: pid ?? null,
        version: version ?? null,
        since,
      };
      if (given.json === true)
        write({
          ...event,
          runs: runs.map((run) => ({ run, job: jobs.get(run) ?? null })),
          at: isoTime(nowMs),
        });
      else if (given.quiet !== true) {
        const age = sinceMs === undefined ? "" : `  up ${formatDuration(Math.max(0, nowMs - sinceMs))}`;
        const what = runs.map((run) => `${jobs.get(run) ?? ""} (${run})`).join(", ") || "plans no run";
        const who = host === undefined ? id : `${host}  pid ${pid}  fxpd ${version}`;
        process.stdout.write(`${printable(`${who}${age}  ${what}`)}\n`);
      }
    }
    if (given.json === true)
      write({ event: "summary", outcome: "succeeded", workers: workers.length, at: isoTime(nowMs) });
    else if (workers.length === 0 && given.quiet !== true) process.stdout.write(`${NO_WORKER}\n`);
    return EXIT.done;
  });
}

function write(event: object): void {
  process.stdout.write(`${jsonText(event)}\n`);
}
