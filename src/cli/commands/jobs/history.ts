import type { HistoryDay, HistoryEntry } from "../../../orchestrator/history/history.ts";
import { historyDayView, historyView } from "../../../api/views/history-views.ts";
import { ControlError } from "../../../orchestrator/runs/control.ts";
import { ConfigError } from "../../../shared/errors.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { formatBytes, formatDuration } from "../../../shared/units.ts";
import type { CommonOptions } from "../../command-line.ts";
import { EXIT } from "../../process/exit.ts";
import { withControl } from "./runs.ts";

interface HistoryOptions extends CommonOptions {
  readonly limit?: string;
  readonly days?: boolean;
}

/** `fxpd history JOB` */
export async function historyCommand(job: string, given: HistoryOptions): Promise<number> {
  return withControl(given, async ({ history, clock }) => {
    const limit = Number(given.limit ?? 30);
    if (!Number.isInteger(limit) || limit < 1 || limit > 2_000)
      throw new ConfigError("expected a whole number from 1 to 2000", "--limit");
    const entries = await history.runs(job, limit);
    if (entries.length === 0)
      throw new ControlError("unknown", `${job}: no run of a job of this name has ended here`);
    const { json, days } = given;
    const at = isoTime(clock.now());
    const lines =
      days === true
        ? (await history.days(job, 0)).map((day) =>
            json === true ? jsonText({ event: "day", at, job, ...historyDayView(day) }) : dayLine(day),
          )
        : entries.map((entry) =>
            json === true ? jsonText({ event: "history", at, job, ...historyView(entry) }) : entryLine(entry),
          );
    process.stdout.write(`${lines.join("\n")}\n`);
    return EXIT.done;
  });
}

function entryLine({ run, outcome, startedMs, endedMs, files, bytes, cause }: HistoryEntry): string {
  const took = startedMs === undefined ? "never began" : formatDuration(endedMs - startedMs);
  const counts = Object.entries(files).filter(([, count]) => count > 0);
  const moved = bytes.thirdParty + bytes.relayed + bytes.serverSide;
  const parts = [
    ...counts.map(([name, count]) => `${count} ${name}`),
    ...(moved > 0 ? [formatBytes(moved)] : []),
  ];
  const words = [isoTime(endedMs), outcome, took, parts.join(", "), cause ?? "", run];
  return printable(words.filter((word) => word !== "").join("  "));
}

function dayLine({ atMs, runs, succeeded, copied, failed, bytes, durationMs }: HistoryDay): string {
  const day = isoTime(atMs).slice(0, 10);
  const files = `${copied} copied${failed > 0 ? `, ${failed} failed` : ""}`;
  return `${day}  ${succeeded} of ${runs} succeeded  ${files}  ${formatBytes(bytes)}  ${formatDuration(durationMs)}`;
}
