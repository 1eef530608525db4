import type { PlanEvent, ScanEvent } from "../../../batch/events.ts";
import { counted, formatBytes, formatDuration, formatRate } from "../../../shared/units.ts";
import type { RunEvent } from "../lines.ts";
import { printable } from "../../../shared/printable.ts";

/** From when on a file's age is worth telling. */
const LONG_MS = 1_000;
/** How long back the rate of now looks. */
const WINDOW_MS = 10_000;

interface InFlight {
  readonly target: string;
  readonly size: number | null;
  readonly sinceMs: number;
  /** That the target has so far; undefined where that is not known. */
  bytes: number | undefined;
  /** Those of them that an earlier try had left. */
  from: number;
  /** Whether all of them have been sent; the file waits for its name. */
  isSent: boolean;
}

/** What the live lines tell: the files in flight, how far the trees have been looked at, and the whole. */
export class View {
  readonly #flying = new Map<string, InFlight>();
  readonly #pace = new Pace();
  /** By target, where there are several. */
  readonly #plans = new Map<string, PlanEvent>();
  readonly #scans = new Map<string, ScanEvent>();
  #done = 0;
  #failed = 0;
  /** Files that were tried and not copied. */
  #missed = 0;
  #deleted = 0;
  /** Of files that are done, and of them those that had not to be moved. */
  #bytes = 0;
  #resumed = 0;

  note(event: RunEvent, nowMs: number): void {
    switch (event.event) {
      case "scan":
        this.#scans.set(event.to ?? "", event);
        this.#plans.set(event.to ?? "", { ...event, event: "plan" });
        return;
      case "plan":
        this.#scans.delete(event.to ?? "");
        this.#plans.set(event.to ?? "", event);
        return;
      case "target":
        this.#scans.delete(event.to ?? "");
        return;
      case "start": {
        const { target, size } = event;
        this.#flying.set(target, { target, size, sinceMs: nowMs, bytes: undefined, from: 0, isSent: false });
        return;
      }
      case "progress": {
        const file = this.#flying.get(event.target);
        if (file !== undefined) [file.bytes, file.from] = [event.bytes, event.from];
        return;
      }
      case "sent": {
        const file = this.#flying.get(event.target);
        if (file !== undefined) [file.isSent, file.bytes] = [true, file.size ?? file.bytes];
        return;
      }
      case "retry":
        this.#flying.delete(event.target);
        return;
      case "transfer":
        this.#flying.delete(event.target);
        this.#bytes += event.bytes + event.resumedFrom;
        this.#resumed += event.resumedFrom;
        if (event.outcome === "succeeded") this.#done += 1;
        else [this.#failed, this.#missed] = [this.#failed + 1, this.#missed + 1];
        return;
      case "action":
        if (event.action === "delete" || event.action === "trash") this.#deleted += 1;
        return;
      case "fault":
        this.#failed += 1;
        return;
      default:
    }
  }

  lines(nowMs: number): readonly string[] {
    const moving = [...this.#flying.values()].filter(({ isSent }) => !isSent);
    const flying = moving.map((file) => flightLine(file, nowMs));
    return [...flying, ...this.#scanLine(), ...this.#wholeLine(nowMs)];
  }

  #scanLine(): readonly string[] {
    if (this.#scans.size === 0) return [];
    // Of several targets, the one that is farthest: they have one source.
    const scans = [...this.#scans.values()];
    const directories = Math.max(...scans.map((one) => one.directories));
    const seen = Math.max(...scans.map((one) => one.seen));
    return [`${counted(directories, "directory", "directories")} and ${counted(seen, "file")} listed so far`];
  }

  /** How far all of it is. */
  figures(nowMs: number): Figures {
    const plans = [...this.#plans.values()];
    const flying = [...this.#flying.values()];
    const passing = flying.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
    const all = this.#bytes + passing;
    const toCome = flying.reduce((sum, { size, bytes = 0 }) => sum + Math.max(0, (size ?? 0) - bytes), 0);
    // A file that has begun was planned, even where that event has not come yet.
    const begun = this.#done + this.#missed + flying.length;
    const total = Math.max(
      begun,
      plans.reduce((sum, one) => sum + one.files, 0),
    );
    const bytes = Math.max(
      all + toCome,
      plans.reduce((sum, one) => sum + one.bytes, 0),
    );
    const had = this.#resumed + flying.reduce((sum, { from }) => sum + from, 0);
    const bytesPerSecond = this.#pace.at(nowMs, all - had);
    const isListing = this.#scans.size > 0;
    // While more is being found, nobody knows how long it will take.
    const isKnown = !isListing && bytes > all && bytesPerSecond > 0;
    return {
      files: { done: this.#done, total, failed: this.#failed, deleted: this.#deleted },
      bytes: { done: all, total: bytes },
      bytesPerSecond,
      secondsLeft: isKnown ? Math.round((10 * (bytes - all)) / bytesPerSecond) / 10 : null,
      listing: isListing,
    };
  }

  #wholeLine(nowMs: number): readonly string[] {
    const line = figuresLine(this.figures(nowMs));
    return line === "" ? [] : [line];
  }
}

/** How far a run is. */
export interface Figures {
  /** `total`: as far as that is known; `failed` has directories that could not be read as well. */
  readonly files: Readonly<Record<"done" | "total" | "failed" | "deleted", number>>;
  /** `done` has what an earlier try had left as well. */
  readonly bytes: Readonly<Record<"done" | "total", number>>;
  readonly bytesPerSecond: number;
  /** Null where it is not known. */
  readonly secondsLeft: number | null;
  /** Whether more is being found. */
  readonly listing: boolean;
}

/** How far a run is, in one line; empty where there is nothing to say. */
export function figuresLine({ files, bytes, bytesPerSecond, secondsLeft, listing }: Figures): string {
  const more = listing ? " or more" : "";
  const share = `${files.done} of ${counted(files.total, "file")}${more}, ${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}${more}`;
  const parts = [
    ...(files.total > 0 ? [share] : []),
    ...(files.failed > 0 ? [`${files.failed} failed`] : []),
    ...(files.deleted > 0 ? [`${files.deleted} deleted`] : []),
    ...(bytesPerSecond > 0 ? [formatRate(bytesPerSecond, 1_000)] : []),
    ...(secondsLeft === null ? [] : [`${formatDuration(secondsLeft * 1_000)} left`]),
  ];
  return parts.join(", ");
}

/** How much is done in a second, lately. */
class Pace {
  readonly #seen: { readonly atMs: number; readonly octets: number }[] = [];

  /** @param bytes done so far @returns bytes per second */
  at(nowMs: number, octets: number): number {
    this.#seen.push({ atMs: nowMs, octets });
    // After a long pause the average covers the time since.
    while (this.#seen.length > 2 && nowMs - (this.#seen[0]?.atMs ?? nowMs) > WINDOW_MS) this.#seen.shift();
    const { atMs, octets: before } = this.#seen[0] ?? { atMs: nowMs, octets };
    return nowMs === atMs ? 0 : Math.round(((octets - before) * 1_000) / (nowMs - atMs));
  }
}

function flightLine({ target, size, sinceMs, bytes }: InFlight, nowMs: number): string {
  const elapsedMs = nowMs - sinceMs;
  const total = size === null ? "" : formatBytes(size);
  if (bytes === undefined) {
    const age = elapsedMs < LONG_MS ? "" : `  ${formatDuration(elapsedMs)}`;
    return printable(`  ${target}  ${total}${age}`);
  }
  return printable(`  ${target}  ${movedFigures(bytes, size, elapsedMs)}`);
}

/** How much of a file has moved and how fast: `1.0 MiB of 4.0 MiB 25 %  2.0 MiB/s`. @param size null: not known */
export function movedFigures(bytes: number, size: number | null, elapsedMs: number): string {
  const share = size !== null && size > 0 ? ` ${Math.floor((100 * bytes) / size)} %` : "";
  const of = size === null ? "" : ` of ${formatBytes(size)}`;
  return `${formatBytes(bytes)}${of}${share}  ${formatRate(bytes, elapsedMs)}`;
}
