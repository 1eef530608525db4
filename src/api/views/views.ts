import { isoTime } from "../../shared/iso-time.ts";
import type { Definition } from "../../orchestrator/definitions.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import type { FileInFlight } from "../../orchestrator/kv/stores/files/in-flight.ts";
import type { LogEntry } from "../../orchestrator/runs/log-entry.ts";
import type { JobRecord } from "../../orchestrator/kv/stores/jobs.ts";
import { knownInstant } from "../../shared/clock.ts";
import { staleAtMs } from "../../orchestrator/scheduler/staleness.ts";
import { dueTimes } from "../../schedule/due.ts";
import { jitterOf } from "../../schedule/start.ts";
import { locationsIn } from "../access/limits.ts";
import { causeOf, failureIn } from "../../batch/report/causes.ts";
import type { FileTranscript } from "../../orchestrator/runs/transcript.ts";
import type { DueView, FileInFlightView, JobView, RunView, TranscriptView } from "./schemas.ts";

// Runs, jobs and due times, as programs get them: times in ISO 8601, unknown values left out.

/** @param flying what of it is being copied now, where that was looked at */
export function runView(run: Run, flying: readonly FileInFlight[] = []): RunView {
  const { id, order, state, wish, outcome, because, generation, counters } = run;
  const isOpaque = isOpaqueOrder(order);
  const { copied, kept, deleted, skipped, failed, files, bytes } = counters;
  const { thirdParty, relayed, serverSide, resumed } = counters;
  return {
    id,
    job: order.job,
    state,
    wish,
    ...known({
      outcome,
      because: isOpaque && because !== undefined ? OPAQUE : because,
      retryOf: order.retryOf,
    }),
    requestedBy: order.requestedBy,
    requestedBecause: order.because,
    dryRun: order.dryRun,
    createdAt: isoOf(run.createdMs),
    ...knownTimes({
      dueAt: order.dueMs,
      notBefore: order.startMs,
      startedAt: run.startedMs,
      endedAt: run.endedMs,
    }),
    begun: generation,
    ...known({ inFlight: flying.length === 0 ? undefined : sumOf(flying) }),
    planned: { files, bytes },
    files: { copied, kept, deleted, skipped, failed },
    bytes: { thirdParty, relayed, serverSide, resumed },
    retries: isOpaque ? 0 : counters.retries,
    generation,
    isRecovery: run.isRecovery,
    createdMs: run.createdMs,
    ...known({ startedMs: run.startedMs, endedMs: run.endedMs }),
    counters: isOpaque ? { ...counters, retries: 0 } : counters,
  };
}

function sumOf(files: readonly FileInFlight[]) {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Files that are being copied now; nothing is revealed of servers that a request names by URL. */
export function inFlightViews(
  files: readonly FileInFlight[],
  { order }: Pick<Run, "order">,
): FileInFlightView[] {
  if (isOpaqueOrder(order)) return [];
  return files.map(({ source, target, sizeBytes, bytes, startedMs, by, method, local, worker, lane }) => ({
    source,
    target,
    ...known({ size: sizeBytes }),
    bytes,
    startedAt: isoOf(startedMs),
    ...known({ by, method: method ?? undefined, local, worker, lane }),
  }));
}

/** A conversation, with times to the millisecond. */
export function transcriptView({ lines, during, path, ...file }: FileTranscript): TranscriptView {
  return {
    ...known({ during, path }),
    ...file,
    lines: lines.map(({ at, ...line }) => ({ at: isoOf(at), ...line })),
  };
}

/** What is known of a job beside its file. */
interface JobStanding {
  readonly record: JobRecord;
  /** Due times that give no run, since a person wants that: milliseconds since 1970. */
  readonly skipped: readonly number[];
}

export function jobView(definition: Definition, { record, skipped }: JobStanding, nowMs: number): JobView {
  const { name, job } = definition;
  const document = definition.document as Pick<JobView, "schedule" | "after" | "watch">;
  const { lastRun: id, lastOutcome: outcome, lastEndedMs, lastGoodMs } = record;
  const staleMs = staleAtMs(job, record, nowMs);
  const next = dueOf(definition, skipped, nowMs, skipped.length + 1).find((due) => !due.skipped);
  const from = "mirror" in job ? [job.mirror.from] : job.copy.from;
  return {
    name,
    kind: "mirror" in job ? "mirror" : "copy",
    from,
    to: "mirror" in job ? job.mirror.to.join(", ") : job.copy.to,
    priority: job.priority,
    ...known({ schedule: document.schedule, after: document.after, watch: document.watch }),
    paused: record.isPaused,
    stale: staleMs !== undefined && staleMs <= nowMs,
    ...knownTimes({ staleAt: staleMs }),
    ...known({ next: next && { dueAt: next.dueAt, startAt: next.startAt } }),
    ...(id === undefined || outcome === undefined || lastEndedMs === undefined
      ? {}
      : { lastRun: { id, outcome, endedAt: isoOf(lastEndedMs) } }),
    ...knownTimes({ lastGoodAt: knownInstant(lastGoodMs, nowMs) }),
  };
}

/** When a job is due next, so many times. */
export function dueOf(
  { name, job: { schedule } }: Definition,
  skipped: readonly number[],
  nowMs: number,
  limit: number,
): readonly DueView[] {
  const due: DueView[] = [];
  if (schedule === undefined) return due;
  for (const dueMs of dueTimes(schedule, nowMs)) {
    const startMs = dueMs + jitterOf(name, schedule, schedule.jitter ?? 0, dueMs);
    const isSkipped = skipped.includes(dueMs);
    due.push({ job: name, dueAt: isoOf(dueMs), startAt: isoOf(startMs), skipped: isSkipped });
    if (due.length === limit) break;
  }
  return due;
}

/** Entries of a run's log, without the replies of a server that the caller chose. */
export function logViews(entries: readonly LogEntry[], { order }: Pick<Run, "order">) {
  const isOpaque = isOpaqueOrder(order);
  return entries
    .filter(({ event }) => !isOpaque || event.event !== "retry")
    .map(({ id, atMs, event }) => {
      const opaque = isOpaque && "because" in event ? { because: OPAQUE } : {};
      const failure = isOpaque ? undefined : failureIn(event);
      const cause = failure === undefined ? {} : { cause: causeOf(failure) };
      return { id, at: isoOf(atMs), ...event, ...opaque, ...cause };
    });
}

/** Whoever names servers by URL does not learn what they answer, or whether they do: it might be any service of the network. */
const OPAQUE = "an error at a server that the request named by URL; see the daemon's log for details";

export function isOpaqueOrder({ isForeign, document }: Run["order"]): boolean {
  if (isForeign !== true) return false;
  return locationsIn(document)?.some(({ kind }) => kind === "url") ?? true;
}

export function isoOf(ms: number): string {
  return isoTime(ms);
}

/** Without what is not known. */
export function known<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

function knownTimes<K extends string>(times: Readonly<Record<K, number | undefined>>) {
  const entries = Object.entries<number | undefined>(times).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, isoOf(ms)] as const],
  );
  return Object.fromEntries(entries) as Partial<Record<K, string>>;
}
