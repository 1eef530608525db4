import { z } from "zod";
import type { HistoryEntry } from "../../orchestrator/history/history.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import { formatBytes } from "../../shared/units.ts";
import type { JobView } from "./schemas.ts";

/** One mirror, as the status pages of mirror sites read it. */
export const TunasyncMirror = z.object({
  name: z.string(),
  is_master: z.literal(true),
  status: z.enum(["success", "failed", "syncing", "pre-syncing", "paused", "none"]),
  last_update: z.string(),
  last_update_ts: z.int(),
  last_started: z.string(),
  last_started_ts: z.int(),
  last_ended: z.string(),
  last_ended_ts: z.int(),
  next_schedule: z.string(),
  next_schedule_ts: z.int(),
  upstream: z.string(),
  size: z.string(),
});
type TunasyncView = z.infer<typeof TunasyncMirror>;

/** What tunasync's manager reports about a job (`/jobs`): times as text with an offset, and in seconds since 1970. */
export function tunasyncView(
  { name, from, next, lastRun, lastGoodAt, paused }: JobView,
  open: Pick<Run, "state" | "startedMs"> | undefined,
  last: HistoryEntry | undefined,
): TunasyncView {
  const status = () => {
    if (open !== undefined) return open.state === "running" ? "syncing" : "pre-syncing";
    if (paused) return "paused";
    if (lastRun === undefined) return "none";
    return lastRun.outcome === "succeeded" ? "success" : "failed";
  };
  const started = open?.startedMs ?? last?.startedMs;
  const moved = last === undefined ? 0 : last.bytes.thirdParty + last.bytes.relayed + last.bytes.serverSide;
  return {
    name,
    is_master: true,
    status: status(),
    ...timesOf("last_update", lastGoodAt === undefined ? undefined : Date.parse(lastGoodAt)),
    ...timesOf("last_started", started),
    ...timesOf("last_ended", lastRun === undefined ? undefined : Date.parse(lastRun.endedAt)),
    ...timesOf("next_schedule", next === undefined || paused ? undefined : Date.parse(next.startAt)),
    upstream: from.join(" "),
    // That of the tree is not known; it is what the last run moved.
    size: moved > 0 ? formatBytes(moved).replace(/ (\w)i?B$/, "$1") : "unknown",
  };
}

type Name = "last_update" | "last_started" | "last_ended" | "next_schedule";

/** An instant that is not known is the first one of Go's calendar, as tunasync has it. */
function timesOf<N extends Name>(name: N, ms: number | undefined) {
  const text = ms === undefined ? "0001-01-01 00:00:00 +0000" : shown(ms);
  const seconds = ms === undefined ? -62_135_596_800 : Math.floor(ms / 1_000);
  return { [name]: text, [`${name}_ts`]: seconds } as Record<N, string> & Record<`${N}_ts`, number>;
}

function shown(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} +0000`;
}
