import type { ActionName } from "../../batch/events.ts";
import type { LogEntry } from "../../orchestrator/runs/log-entry.ts";
import { methodWords } from "../../batch/report/method-words.ts";
import type { FileInFlight } from "../../orchestrator/kv/stores/files/in-flight.ts";
import type { Counters, Run } from "../../orchestrator/runs/run.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { counted, formatBytes, formatDuration } from "../../shared/units.ts";
import { aboutOnce, printable } from "../../shared/printable.ts";

/** A run in one line. */
export function runLine(run: Run): string {
  const { counters } = run;
  const counts = (["copied", "kept", "deleted", "skipped", "failed"] as const)
    .filter((name) => counters[name] > 0)
    .map((name) => `${counters[name]} ${name}`);
  if (run.order.dryRun && counters.files > 0)
    counts.unshift(`${counters.files} to copy, ${formatBytes(counters.bytes)}`);
  const moved = counters.thirdParty + counters.relayed + counters.serverSide;
  const figures = [...counts, ...(moved > 0 ? [formatBytes(moved)] : [])].join(", ");
  return printable(
    `${run.id}  ${stateOf(run)}${figures === "" ? "" : `  ${figures}`}${run.because ? `  ${run.because}` : ""}`,
  );
}

function stateOf({ state, wish, outcome, order }: Run): string {
  if (state === "ended")
    return `${outcome ?? "ended"}${order.dryRun ? " (dry run: nothing was changed)" : ""}`;
  if (wish === "pause") return "paused";
  return wish === "cancel" ? "cancelling" : state;
}

/** What is known of a run beside its record. */
interface RunExtras {
  /** Sentences about the run as a whole. */
  readonly notes?: readonly string[];
  /** Why files have failed, the most frequent reason first. */
  readonly causes?: readonly { readonly because: string; readonly count: number }[];
  /** Files that are being copied now. */
  readonly flying?: readonly FileInFlight[];
}

/** All that is known of a run. */
export function runLines(
  run: Run,
  nowMs: number,
  { notes = [], causes = [], flying = [] }: RunExtras = {},
): readonly string[] {
  const { order, counters, createdMs, startedMs, endedMs, generation } = run;
  const time = (ms: number) => isoTime(ms);
  const tookMs = startedMs === undefined ? undefined : (endedMs ?? nowMs) - startedMs;
  return [
    runLine(run),
    `  job        ${order.job}`,
    `  requested  ${time(createdMs)} by ${order.requestedBy}: ${order.because}`,
    ...(order.dueMs === undefined ? [] : [`  due        ${time(order.dueMs)}`]),
    ...(startedMs === undefined
      ? []
      : [`  started    ${time(startedMs)}${generation > 1 ? ` (attempt ${generation})` : ""}`]),
    ...(endedMs === undefined ? [] : [`  ended      ${time(endedMs)}`]),
    ...(tookMs === undefined ? [] : [`  took       ${formatDuration(tookMs)}`]),
    `  files      ${counters.files} to copy: ${counters.copied} copied, ${counters.failed} failed; ${counters.kept} kept, ${counters.deleted} deleted, ${counters.skipped} skipped`,
    `  bytes      ${octetsOf(counters).join(", ")}`,
    ...inFlightLines(flying, nowMs),
    ...(counters.retries > 0 ? [`  retries    ${counters.retries}`] : []),
    ...causes
      .slice(0, MOST_CAUSES)
      .map(({ because, count }) => `  failed     ${counted(count, "file")}: ${because}`),
    ...(causes.length > MOST_CAUSES ? [`  failed     other reasons: ${causes.length - MOST_CAUSES}`] : []),
    ...notes.map((note) => `  note       ${note}`),
  ].map(printable);
}

/** Reasons of failures that are shown one by one; the log has them all. */
const MOST_CAUSES = 5;

/** Files in flight that are shown one by one. */
const MOST_FLYING = 20;

function inFlightLines(flying: readonly FileInFlight[], nowMs: number): readonly string[] {
  if (flying.length === 0) return [];
  const all = flying.reduce((sum, { bytes }) => sum + bytes, 0);
  const more = flying.length - MOST_FLYING;
  return [
    `  in flight  ${counted(flying.length, "file")}, ${formatBytes(all)} so far`,
    ...flying.slice(0, MOST_FLYING).map((file) => `    ${flightOf(file, nowMs).join("  ")}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

/** Which file, how far, for how long, by what, and where. */
function flightOf(file: FileInFlight, nowMs: number): readonly string[] {
  const { source, bytes, sizeBytes, startedMs, worker, lane } = file;
  const of = sizeBytes === undefined ? "" : ` of ${formatBytes(sizeBytes)}`;
  const where = lane === undefined ? undefined : `lane ${lane}${worker === undefined ? "" : ` of ${worker}`}`;
  const method = methodWords(file);
  return [
    source,
    `${formatBytes(bytes)}${of}`,
    formatDuration(Math.max(0, nowMs - startedMs)),
    ...[method, where].filter((one) => one !== undefined),
  ];
}

function octetsOf({ thirdParty, relayed, serverSide, resumed }: Counters): readonly string[] {
  return [
    `${formatBytes(thirdParty)} server to server`,
    `${formatBytes(relayed)} through workers`,
    ...(serverSide > 0 ? [`${formatBytes(serverSide)} copied by a server itself`] : []),
    `${formatBytes(resumed)} already there`,
  ];
}

/** What a dry run only says, in words; what is left as it is stays a statement. */
const WOULD: Readonly<Record<ActionName, string>> = {
  copy: "would copy",
  keep: "keep",
  skip: "skip",
  "make-directory": "would make directory",
  link: "would make link",
  rename: "would rename",
  delete: "would delete",
  trash: "would move to the trash",
  restore: "would restore",
  clean: "would delete leftover",
  "set-permissions": "would set permissions of",
};

/** Something that happened in a run, or would have happened where it was a dry run, in one line. */
export function logLine(event: LogEntry["event"], isDryRun = false): string {
  switch (event.event) {
    case "transfer":
      return printable(
        `${event.outcome} ${event.source} → ${event.target}  ${formatBytes(event.bytes)}  ${event.because}`,
      );
    case "retry":
      return printable(
        `${event.source}: attempt ${event.attempt} in ${formatDuration(event.afterSeconds * 1_000)}: ${event.because}`,
      );
    case "action":
      return printable(`${isDryRun ? WOULD[event.action] : event.action} ${event.path}: ${event.because}`);
    case "fault":
      return printable(aboutOnce(event.path, event.because));
    case "target":
      return printable(`${event.to}: ${event.outcome}: ${countsOf(event.files)}`);
    case "summary":
      return printable(`${event.outcome}: ${countsOf(event.files)}`);
    case "plan":
      return `${counted(event.files, "file")}, ${formatBytes(event.bytes)} to copy`;
    case "note":
      return printable(event.because);
    default:
      return event.event;
  }
}

/** `3 copied, 1 failed`; what there is none of is left out, but for what was copied. */
function countsOf(files: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(files)
    .filter(([name, count]) => name === "copied" || (count ?? 0) > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
