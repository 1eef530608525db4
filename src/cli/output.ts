import type { CopyEvent, RetryEvent, SummaryEvent, TransferEvent } from "../copy/events.ts";
import type { DiffEvent, DifferenceEvent, DiffSummaryEvent } from "../mirror/difference.ts";
import type { TranscriptLine } from "../ftp/connection/control-connection.ts";
import { formatBytes, formatDuration, formatRate } from "../shared/units.ts";
import { printable } from "./printable.ts";
import { Screen, type Stream } from "./screen.ts";

/** 0: nothing but faults; 1: each file; 2: each decision; 3: the conversation with the servers as well. */
export type Verbosity = 0 | 1 | 2 | 3;

/** What an output can show. */
export type RunEvent = CopyEvent | DiffEvent;

/** Where a run shows itself. */
export interface Output {
  event(event: RunEvent): void;
  /** One line of the conversation with a server; nothing below `-vv`. */
  transcript(line: TranscriptLine): void;
  /** One sentence about something that went wrong. */
  fault(sentence: string): void;
  end(): void;
}

export interface Streams {
  readonly out: Stream;
  readonly err: Stream;
}

/** For programs: one JSON object a line on standard output and nothing else there. */
export function jsonOutput({ out, err }: Streams, verbosity: Verbosity): Output {
  return {
    event: (event) => {
      // Octet counts are for a terminal; a program that reads a million lines has no use for them.
      if (event.event !== "progress" && isWorthTelling(event, verbosity))
        out.write(`${JSON.stringify({ ...event, at: new Date().toISOString() })}\n`);
    },
    transcript: (line) => void (verbosity >= 3 && err.write(`${conversation(line)}\n`)),
    fault: (sentence) => void err.write(`${faultLines(sentence)}\n`),
    end: () => {},
  };
}

/** Where two trees are compared, what is equal is told of only to those who ask. */
function isWorthTelling(event: RunEvent, verbosity: Verbosity): boolean {
  return event.event !== "difference" || event.sign !== "=" || verbosity >= 2;
}

/** For people: live lines on a terminal, one line for each finished file, a summary. */
export function humanOutput({ out, err }: Streams, verbosity: Verbosity): Output {
  const view = new View();
  const isLive = verbosity > 0 && verbosity < 3 && out.isTTY === true && err.isTTY === true;
  const screen = isLive
    ? new Screen(out, () => view.lines(Date.now()))
    : new Screen({ write: (text) => out.write(text) }, () => []);
  // With live lines on the screen, a fault must not be written across them.
  const reasons = new Set<string>();
  const complain = (line: string) => void (isLive ? screen.print(line) : err.write(`${line}\n`));
  return {
    event: (event) => {
      view.note(event, Date.now());
      if (event.event === "fault") complain(`fxpd: ${printable(`${event.path}: ${event.because}`)}`);
      if (event.event === "transfer" && event.outcome !== "succeeded") complain(failureLine(event));
      if (
        event.event === "transfer" &&
        event.by === "relay" &&
        verbosity > 0 &&
        !reasons.has(event.because)
      ) {
        reasons.add(event.because);
        screen.print(printable(`through this machine: ${event.because}`));
      }
      const line = verbosity === 0 ? undefined : lineOf(event, verbosity);
      if (line !== undefined) screen.print(line);
    },
    transcript: (line) => void (verbosity >= 3 && err.write(`${conversation(line)}\n`)),
    fault: (sentence) => complain(faultLines(sentence)),
    end: () => screen.end(),
  };
}

/** Several faults of one file come as several lines. */
function faultLines(sentence: string): string {
  return sentence
    .split("\n")
    .map((line) => `fxpd: ${printable(line)}`)
    .join("\n");
}

function conversation({ host, from, text }: TranscriptLine): string {
  const arrow = from === "us" ? "→" : from === "server" ? "←" : "·";
  return printable(`${host} ${arrow} ${text}`);
}

function lineOf(event: RunEvent, verbosity: Verbosity): string | undefined {
  switch (event.event) {
    case "difference":
      return isWorthTelling(event, verbosity) ? differenceLine(event, verbosity) : undefined;
    case "action":
      return verbosity >= 2 || event.action === "skip"
        ? printable(`${event.action} ${event.path}: ${event.because}`)
        : undefined;
    case "retry":
      return retryLine(event);
    case "transfer":
      return event.outcome === "succeeded" ? transferLine(event) : undefined;
    case "summary":
      // A command that ended before its first file has said why already.
      if (event.seconds === 0) return undefined;
      return "paths" in event ? diffSummaryLine(event) : summaryLine(event);
    default:
      return undefined;
  }
}

/** That something stands on one side alone needs no reason. */
function differenceLine({ sign, path, because }: DifferenceEvent, verbosity: Verbosity): string {
  const isToBeGiven = verbosity >= 2 || sign === "*" || sign === "!";
  return printable(`${sign} ${path}${isToBeGiven ? `  ${because}` : ""}`);
}

function diffSummaryLine({ outcome, paths, seconds }: DiffSummaryEvent): string {
  const { equal, onlySource, onlyTarget, different, unknown, skipped } = paths;
  const isEqual = onlySource + onlyTarget + different + unknown === 0;
  const counts = [
    [different, "different"],
    [onlySource, "only at the source"],
    [onlyTarget, "only at the target"],
    [unknown, "not known"],
    [skipped, "left out"],
  ] as const;
  const words = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const verdict = outcome === "cancelled" ? outcome : isEqual ? "equal" : "different";
  return `${verdict}: ${[...words, `${equal} equal`].join(", ")}, in ${formatDuration(seconds * 1000)}`;
}

function transferLine(event: TransferEvent): string {
  const { source, target, bytes, seconds, resumedFrom } = event;
  const rest = resumedFrom > 0 ? ` after the ${formatBytes(resumedFrom)} that were there` : "";
  const rate = formatRate(bytes, seconds * 1000);
  return printable(`${source} → ${target}  ${formatBytes(bytes)}${rest}  ${rate}  ${wayOf(event)}`);
}

function wayOf({ by, method, protected: isPrivate }: TransferEvent): string {
  switch (by) {
    case "third-party":
      return `server to server (${method ?? "nothing left to move"}${isPrivate ? ", private" : ""})`;
    case "server-side":
      return "by the server itself";
    default:
      return `through this machine${isPrivate ? " (private)" : ""}`;
  }
}

function retryLine({ source, attempt, afterSeconds, because }: RetryEvent): string {
  return printable(`${source}: try ${attempt} in ${formatDuration(afterSeconds * 1000)}: ${because}`);
}

function failureLine({ source, outcome, because }: TransferEvent): string {
  return printable(`fxpd: ${source}: ${outcome === "cancelled" ? "cancelled" : "not copied"}: ${because}`);
}

function summaryLine({ outcome, files, bytes, seconds }: SummaryEvent): string {
  const first = files.restored === undefined ? "copied" : "restored";
  const counts = Object.entries(files).filter(([name, count]) => count > 0 || name === first);
  const moved = [
    ...(bytes.thirdParty > 0 ? [`${formatBytes(bytes.thirdParty)} server to server`] : []),
    ...(bytes.relayed > 0 ? [`${formatBytes(bytes.relayed)} through this machine`] : []),
    ...(bytes.resumed > 0 ? [`${formatBytes(bytes.resumed)} were there already`] : []),
  ];
  const words = counts.map(([name, count]) => `${count} ${name}`);
  return `${outcome}: ${[...words, ...moved].join(", ")}, in ${formatDuration(seconds * 1000)}`;
}

interface InFlight {
  readonly target: string;
  readonly size: number | null;
  readonly sinceMs: number;
  bytes: number | undefined;
}

/** What the live lines tell: the files in flight and the whole. */
class View {
  readonly #flying = new Map<string, InFlight>();
  #plan = { files: 0, bytes: 0 };
  #done = 0;
  #bytes = 0;
  #sinceMs: number | undefined;

  note(event: RunEvent, nowMs: number): void {
    if (event.event === "plan") this.#plan = event;
    if (event.event === "start") {
      this.#sinceMs ??= nowMs;
      this.#flying.set(event.target, {
        target: event.target,
        size: event.size,
        sinceMs: nowMs,
        bytes: undefined,
      });
    }
    if (event.event === "progress") {
      const file = this.#flying.get(event.target);
      if (file !== undefined) file.bytes = event.bytes;
    }
    if (event.event === "transfer") {
      this.#flying.delete(event.target);
      this.#done += 1;
      this.#bytes += event.bytes;
    }
  }

  lines(nowMs: number): readonly string[] {
    const elapsed = nowMs - (this.#sinceMs ?? nowMs);
    const flying = [...this.#flying.values()];
    const passing = flying.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
    const all = this.#bytes + passing;
    const { files, bytes } = this.#plan;
    const left = all > 0 && all < bytes ? `, ${formatDuration((elapsed * (bytes - all)) / all)} left` : "";
    const share = `${this.#done} of ${files} files, ${formatBytes(all)} of ${formatBytes(bytes)}`;
    return [...flying.map((file) => flightLine(file, nowMs)), `${share}, ${formatRate(all, elapsed)}${left}`];
  }
}

function flightLine({ target, size, sinceMs, bytes }: InFlight, nowMs: number): string {
  const time = formatDuration(nowMs - sinceMs);
  const total = size === null ? "" : formatBytes(size);
  if (bytes === undefined) return printable(`  ${target}  ${total}  ${time}`);
  const share = size !== null && size > 0 ? ` ${Math.floor((100 * bytes) / size)} %` : "";
  return printable(
    `  ${target}  ${formatBytes(bytes)}${total === "" ? "" : ` of ${total}`}${share}  ${formatRate(bytes, nowMs - sinceMs)}`,
  );
}
