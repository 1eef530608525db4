import { nextDue, type JobSchedule } from "../../schedule/due.ts";
import { ConfigError } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { JobFile } from "../../config/schema/jobs.ts";
import type { Skips } from "../kv/stores/skips.ts";

/** Milliseconds since 1970; undefined for what is no instant such as `2026-12-24T02:15:00Z`. */
export function parseInstant(text: string): number | undefined {
  const isOne = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isOne ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** That a due time is to give no run, or a run again. */
export interface SkipOrder {
  readonly job: string;
  readonly schedule: JobFile["schedule"];
  /** Milliseconds since 1970; absent: the next one, skipped or not, or the first of which that can be undone. */
  readonly dueMs: number | undefined;
  readonly undo: boolean;
}

/** @returns which due time it is @throws ConfigError for a job that is not due then, or not to be skipped then */
export async function skipDue(order: SkipOrder, skips: Skips, nowMs: number): Promise<number> {
  const { job, schedule, undo } = order;
  if (schedule === undefined) throw new ConfigError("it has no schedule", job);
  if (undo) {
    const [first] = await skips.of(job, nowMs);
    const dueMs = order.dueMs ?? first;
    if (dueMs === undefined) throw new ConfigError("no due time is marked to be skipped", job);
    if (!(await skips.remove(job, dueMs)))
      throw new ConfigError(`${isoTime(dueMs)} was not marked to be skipped`, job);
    return dueMs;
  }
  // Asked for twice, it is the same one: a caller that asks again has not received the answer.
  const dueMs = order.dueMs ?? nextDue(schedule, nowMs);
  if (dueMs === undefined) throw new ConfigError("it has no further due times", job);
  requireDue(job, schedule, dueMs, nowMs);
  await skips.add(job, dueMs, nowMs);
  return dueMs;
}

function requireDue(job: string, schedule: JobSchedule, dueMs: number, nowMs: number): void {
  if (dueMs <= nowMs) throw new ConfigError(`${isoTime(dueMs)} is past`, job);
  const next = nextDue(schedule, dueMs - 1);
  if (next === dueMs) return;
  const instead = next === undefined ? "the schedule has no later due time" : `next at ${isoTime(next)}`;
  throw new ConfigError(`it is not due at ${isoTime(dueMs)}; ${instead}`, job);
}
