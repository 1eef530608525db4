import type { HistoryDay, HistoryEntry } from "../../orchestrator/history/history.ts";
import type { HostLink, LinkHour } from "../../orchestrator/history/links.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { HistoryDayView, HistoryView, LinkHourView, LinkView } from "./history-schemas.ts";

// The long-term history of runs and links, as programs get it.

export function historyView({ createdMs, startedMs, endedMs, ...entry }: HistoryEntry): HistoryView {
  return {
    ...entry,
    createdAt: isoTime(createdMs),
    ...(startedMs === undefined
      ? {}
      : { startedAt: isoTime(startedMs), seconds: Math.max(0, endedMs - startedMs) / 1_000 }),
    endedAt: isoTime(endedMs),
  };
}

export function historyDayView({ atMs, durationMs, ...day }: HistoryDay): HistoryDayView {
  return { day: isoTime(atMs).slice(0, 10), ...day, seconds: durationMs / 1_000 };
}

/** @param hasCauses whether it says why files failed */
export function linkHourView(
  { atMs, transferMs, methods, causes, ...hour }: LinkHour,
  hasCauses: boolean,
): LinkHourView {
  return {
    at: isoTime(atMs),
    ...hour,
    transferSeconds: transferMs / 1_000,
    ...(transferMs > 0 ? { bytesPerSecond: Math.round(hour.bytes / (transferMs / 1_000)) } : {}),
    concurrency: transferMs / 3_600_000,
    methods,
    ...(hasCauses ? { causes } : {}),
  };
}

/** Hours of a link in one; their concurrency is that of the hours in which something went. */
export function linkView(
  { source, target, lastMs }: HostLink & { readonly lastMs: number },
  hours: readonly LinkHour[],
  hasCauses: boolean,
): LinkView {
  const sum = (of: (hour: LinkHour) => number) => hours.reduce((total, hour) => total + of(hour), 0);
  const merged = (of: (hour: LinkHour) => Readonly<Record<string, number>>) => {
    const counts: Record<string, number> = {};
    for (const hour of hours)
      for (const [name, count] of Object.entries(of(hour))) counts[name] = (counts[name] ?? 0) + count;
    return counts;
  };
  const total: LinkHour = {
    atMs: lastMs,
    succeeded: sum(({ succeeded }) => succeeded),
    failed: sum(({ failed }) => failed),
    bytes: sum(({ bytes }) => bytes),
    transferMs: sum(({ transferMs }) => transferMs),
    methods: merged(({ methods }) => methods),
    causes: merged(({ causes }) => causes),
  };
  const { at, ...day } = linkHourView(total, hasCauses);
  return {
    source,
    target,
    lastAt: at,
    ...day,
    concurrency: hours.length === 0 ? 0 : day.concurrency / hours.length,
  };
}
