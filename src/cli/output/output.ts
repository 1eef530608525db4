import { isoTime } from "../../shared/iso-time.ts";
import type { TransferEvent } from "../../batch/events.ts";
import { Causes } from "../../batch/causes.ts";
import type { Transcript } from "../../ftp/connection/transcript.ts";
import * as lines from "./lines.ts";
import type { RunEvent } from "./lines.ts";
import { ProgressEvents } from "./progress-events.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { Screen, type Stream } from "./screen.ts";
import { View } from "./view.ts";

/** 0: nothing but faults; 1: each file; 2: each decision; 3: the conversation with the servers as well. */
export type Verbosity = 0 | 1 | 2 | 3;

/** Of one kind of failure, or of one reason to leave files alone, so many are told in full; the rest is counted. */
const IN_FULL = 5;

/** Where a run shows itself. */
export interface Output {
  event(event: RunEvent): void;
  /** One line of the conversation with a server; absent below `-vv`, so that none is made. */
  readonly transcript: Transcript | undefined;
  /** One sentence about something that went wrong. */
  fault(sentence: string): void;
  end(): void;
}

export interface Streams {
  readonly out: Stream;
  readonly err: Stream;
}

/** For programs: one JSON object a line on standard output and nothing else there; failures on both. */
export function jsonOutput({ out, err }: Streams, verbosity: Verbosity): Output {
  const complain = (line: string) => void err.write(`${line}\n`);
  const telling = new Telling({ say: () => {}, complain }, verbosity, false, false);
  const progress = new ProgressEvents();
  const write = (event: object) =>
    void out.write(`${jsonText(event).slice(0, -1)},"at":"${isoTime(Date.now())}"}\n`);
  return {
    event: (event) => {
      telling.event(event);
      const isOfCopy = event.event !== "difference" && !(event.event === "summary" && "paths" in event);
      const told = isOfCopy ? progress.note(event, Date.now()) : undefined;
      if (told !== undefined) write(told);
      if (event.event !== "progress" && event.event !== "sent" && isWorthTelling(event, verbosity))
        write(event);
    },
    transcript: transcriptTo(err, verbosity),
    fault: (sentence) => complain(lines.faultLines(sentence)),
    end: () => {},
  };
}

/** Where two trees are compared, what is equal is told of only to those who ask. */
function isWorthTelling(event: RunEvent, verbosity: Verbosity): boolean {
  return event.event !== "difference" || event.sign !== "=" || verbosity >= 2;
}

function transcriptTo(err: Stream, verbosity: Verbosity): Transcript | undefined {
  return verbosity < 3 ? undefined : (line) => void err.write(`${lines.conversation(line)}\n`);
}

/** For people: live lines on a terminal, else one line for each finished file; a summary. */
export function humanOutput({ out, err }: Streams, verbosity: Verbosity, isDryRun = false): Output {
  const view = new View();
  const isLive = verbosity > 0 && verbosity < 3 && out.isTTY === true && err.isTTY === true;
  const screen = isLive
    ? new Screen(out, () => view.lines(Date.now()))
    : new Screen({ write: (text) => out.write(text) }, () => []);
  // With live lines on the screen, a fault must not be written across them.
  const complain = (line: string) => void (isLive ? screen.print(line) : err.write(`${line}\n`));
  // Files that come and go are seen in the live lines.
  const isEachTold = !isLive || verbosity >= 2;
  const telling = new Telling({ say: screen.print.bind(screen), complain }, verbosity, isDryRun, isEachTold);
  return {
    event: (event) => {
      view.note(event, Date.now());
      telling.event(event);
    },
    transcript: transcriptTo(err, verbosity),
    fault: (sentence) => complain(lines.faultLines(sentence)),
    end: () => screen.end(),
  };
}

/** Where lines go that stay. */
interface Lines {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Which events are worth a line, at which verbosity. */
class Telling {
  readonly #to: Lines;
  readonly #verbosity: Verbosity;
  readonly #isDryRun: boolean;
  readonly #isEachTold: boolean;
  readonly #failures = new Causes();
  readonly #skips = new Causes();
  readonly #relayed = new Set<string>();
  readonly #would: { -readonly [Action in keyof lines.Would]: number } = {};
  /** To be copied, by target where there are several. */
  readonly #bytes = new Map<string, number>();

  /** @param isEachTold whether each finished file is worth a line */
  constructor(to: Lines, verbosity: Verbosity, isDryRun: boolean, isEachTold: boolean) {
    this.#to = to;
    this.#isEachTold = isEachTold;
    this.#verbosity = verbosity;
    this.#isDryRun = isDryRun;
  }

  event(event: RunEvent): void {
    switch (event.event) {
      case "fault":
        return this.#fail(event.path, event);
      case "transfer":
        return event.outcome === "succeeded" ? this.#transfer(event) : this.#fail(event.source, event);
      case "action":
        return this.#action(event);
      case "difference":
        if (isWorthTelling(event, this.#verbosity))
          this.#say(lines.differenceLine(event, this.#verbosity >= 2));
        return;
      case "retry":
        return this.#say(lines.retryLine(event));
      case "plan":
        this.#bytes.set(event.to ?? "", event.bytes);
        return;
      case "target":
        return this.#say(lines.targetLine(event));
      case "note":
        return this.#say(lines.noteLine(event));
      case "summary":
        return this.#summary(event);
      default:
    }
  }

  #say(line: string): void {
    if (this.#verbosity > 0) this.#to.say(line);
  }

  /** Whether there is no need of another line like those before. */
  #isOneOfMany(count: number): boolean {
    return count > IN_FULL && this.#verbosity < 2;
  }

  #fail(path: string, event: Parameters<typeof lines.failureLine>[0]): void {
    if (!this.#isOneOfMany(this.#failures.note(path, event.because)))
      this.#to.complain(lines.failureLine(event));
  }

  #transfer(event: TransferEvent): void {
    if (event.by === "relay" && !this.#relayed.has(event.because)) {
      this.#relayed.add(event.because);
      this.#say(printable(`through this machine: ${event.because}`));
    }
    if (this.#isEachTold) this.#say(lines.transferLine(event));
  }

  #action(event: Parameters<typeof lines.actionLine>[0]): void {
    const { action, path, because } = event;
    this.#would[action] = (this.#would[action] ?? 0) + 1;
    const isOneOfMany = action === "skip" && this.#isOneOfMany(this.#skips.note(path, because));
    const isChange = action !== "keep" && action !== "skip";
    const isDue = this.#verbosity >= 2 || action === "skip" || (isChange && this.#isDryRun);
    if ((isDue && !isOneOfMany) || action === "restore") this.#say(lines.actionLine(event));
  }

  #summary(event: Extract<RunEvent, { readonly event: "summary" }>): void {
    this.#tellRest();
    // A command that ended before its first file has said why already.
    if (event.seconds === 0) return;
    if ("paths" in event) this.#say(lines.diffSummaryLine(event));
    else if (this.#isDryRun)
      this.#say(
        lines.wouldLine(
          this.#would,
          [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0),
          event,
        ),
      );
    else this.#say(lines.summaryLine(event));
  }

  /** What was not told in full. */
  #tellRest(): void {
    if (this.#verbosity >= 2) return;
    for (const { count, because } of this.#skips.list())
      if (count > IN_FULL) this.#say(printable(`skip: ${count - IN_FULL} more: ${because}`));
    for (const { count, path, because } of this.#failures.list())
      if (count > IN_FULL)
        this.#to.complain(printable(`fxpd: ${count - IN_FULL} more like ${path}: ${because}`));
  }
}
