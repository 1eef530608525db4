import { isoTime } from "../../shared/iso-time.ts";
import type { RunOutcome, TransferEvent } from "../../batch/events.ts";
import type { FollowUp } from "../../batch/follow-up.ts";
import type { DifferenceEvent } from "../../mirror/decide/difference.ts";
import { Causes } from "../../batch/report/causes.ts";
import type { Ask } from "../process/ask.ts";
import type { Transcript } from "../../ftp/connection/transcript.ts";
import * as lines from "./lines.ts";
import type { RunEvent } from "./lines.ts";
import { type Palette, PLAIN } from "./terminal/palette.ts";
import { ProgressEvents } from "./progress-events.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { LiveScreen, type Stream } from "./terminal/screen.ts";
import { periodically } from "./statistics.ts";
import { View } from "./terminal/view.ts";

/** 0: nothing but faults; 1: each file; 2: each decision; 3: the conversation with the servers as well. */
export type Verbosity = 0 | 1 | 2 | 3;

/** Of one kind of failure, or of one reason to leave files alone, so many are reported in full; the rest is counted. */
const IN_FULL = 5;

/** Where a run shows itself. */
export interface Output {
  /** Called before anything is done. @throws ConfigError where it cannot be shown as it was asked for */
  readonly open?: () => void;
  event(event: RunEvent): void;
  /** One line of the conversation with a server; absent below `-vv`, so that none is made. */
  readonly transcript: Transcript | undefined;
  /** One sentence about something that went wrong. */
  fault(sentence: string): void;
  /** A line that only a log has; absent: there is no log. */
  readonly log?: (line: string) => void;
  /** Asks a person before something is deleted; absent: nobody is to be asked. */
  readonly ask?: Ask;
  /** What follows the files that are copied; absent: nothing does. */
  readonly followUp?: FollowUp | undefined;
  /** Does something, such as asking a question, while no live lines are drawn; absent: there are none. */
  readonly whilePaused?: <T>(act: () => Promise<T>) => Promise<T>;
  end(): void;
}

export interface OutputStreams {
  readonly out: Stream;
  readonly err: Stream;
}

/** For programs: one JSON object a line on standard output and nothing else there; failures on both. */
export function jsonOutput(
  { out, err }: OutputStreams,
  verbosity: Verbosity,
  { statsMs }: Pick<HumanOptions, "statsMs"> = {},
): Output {
  const complain = (line: string) => void err.write(`${line}\n`);
  const printer = new EventPrinter({ say: () => {}, complain }, verbosity, { isEachShown: false });
  const progress = new ProgressEvents();
  const write = (event: object) =>
    void out.write(`${jsonText(event).slice(0, -1)},"at":"${isoTime(Date.now())}"}\n`);
  const view = statsMs === undefined ? undefined : new View();
  const stopStats = periodically(statsMs, view, (figures) => write({ event: "stats", ...figures }));
  return {
    event: (event) => {
      view?.note(event, Date.now());
      printer.event(event);
      const isOfCopy = event.event !== "difference" && !(event.event === "summary" && "paths" in event);
      const shown = isOfCopy ? progress.note(event, Date.now()) : undefined;
      if (shown !== undefined) write(shown);
      if (isWorthTelling(event, verbosity)) write(event);
    },
    transcript: transcriptTo(err, verbosity),
    fault: (sentence) => complain(lines.faultLines(sentence)),
    end: stopStats,
  };
}

/** Where two trees are compared, equal files are shown only on request; momentary events are for live lines. */
function isWorthTelling(event: RunEvent, verbosity: Verbosity): boolean {
  if (event.event === "progress" || event.event === "sent" || event.event === "method") return false;
  return event.event !== "difference" || event.sign !== "=" || verbosity >= 2;
}

function transcriptTo(err: Stream, verbosity: Verbosity): Transcript | undefined {
  return verbosity < 3 ? undefined : (line) => void err.write(`${lines.conversation(line)}\n`);
}

/** How lines for people look. */
export interface HumanOptions {
  readonly isDryRun?: boolean;
  /** Of both streams; absent: none. */
  readonly colors?: { readonly out: Palette; readonly err: Palette };
  /** How often a line of statistics is written where no live lines are, in milliseconds; absent: never. */
  readonly statsMs?: number;
  /** What is run, where nothing but one line of it is wanted, when it has ended. */
  readonly oneLineOf?: string;
  /** Whether lines cannot be written anew: the terminal knows no control sequences. */
  readonly isDumb?: boolean;
  /** Whether the outcome is also shown of a run that ended before its first file, and has reported why. */
  readonly isEndAlwaysShown?: boolean;
}

/** For people: live lines on a terminal, else one line for each finished file; a summary. */
export function humanOutput(
  { out, err }: OutputStreams,
  verbosity: Verbosity,
  options: HumanOptions = {},
): Output {
  const { statsMs, colors = { out: PLAIN, err: PLAIN }, oneLineOf, isDumb = false } = options;
  const view = new View();
  const isTerminal = out.isTTY === true && err.isTTY === true && !isDumb;
  const isLive = verbosity > 0 && verbosity < 3 && oneLineOf === undefined && isTerminal;
  const screen = isLive
    ? new LiveScreen(out, () => view.lines(Date.now()))
    : new LiveScreen({ write: (text) => out.write(text) }, () => []);
  // With live lines on the screen, a fault must not be written across them.
  const complain = (line: string) =>
    void (isLive ? screen.print(colors.out.failure(line)) : err.write(`${colors.err.failure(line)}\n`));
  // Files that come and go are seen in the live lines, and counted in the statistics.
  const isEachShown = (!isLive && statsMs === undefined) || verbosity >= 2;
  const to = { say: screen.print.bind(screen), complain };
  const printer = new EventPrinter(to, verbosity, { ...options, isEachShown });
  const isCounted = !isLive && verbosity > 0 && oneLineOf === undefined;
  const stopStats = periodically(isCounted ? statsMs : undefined, view, (_, line) =>
    screen.print(`${isoTime(Date.now())} ${line}`),
  );
  return {
    event: (event) => {
      view.note(event, Date.now());
      printer.event(event);
    },
    transcript: transcriptTo(err, verbosity),
    fault: (sentence) => complain(lines.faultLines(sentence)),
    whilePaused: (act) => screen.whilePaused(act),
    end: () => {
      stopStats();
      screen.end();
    },
  };
}

/** Where lines go that stay. */
interface Lines {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Which events are worth a line, at which verbosity. */
class EventPrinter {
  readonly #to: Lines;
  readonly #verbosity: Verbosity;
  readonly #options: Omit<HumanOptions, "statsMs">;
  readonly #isEachShown: boolean;
  readonly #colors: Palette;
  readonly #failures = new Causes();
  readonly #skips = new Causes();
  readonly #relayed = new Set<string>();
  readonly #would: { -readonly [Action in keyof lines.Would]: number } = {};
  /** To be copied, by target where there are several. */
  readonly #bytes = new Map<string, number>();

  /** @param isEachShown whether each finished file is worth a line */
  constructor(
    to: Lines,
    verbosity: Verbosity,
    { isEachShown, ...options }: HumanOptions & { readonly isEachShown: boolean },
  ) {
    this.#to = to;
    this.#isEachShown = isEachShown;
    this.#options = options;
    this.#colors = options.colors?.out ?? PLAIN;
    // Of what is reported in one line, only that one and what failed is shown.
    this.#verbosity = options.oneLineOf === undefined ? verbosity : 0;
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
        if (isWorthTelling(event, this.#verbosity)) this.#say(this.#difference(event));
        return;
      case "retry":
        return this.#say(this.#colors.warning(lines.retryLine(event)));
      case "plan":
        this.#bytes.set(event.to ?? "", event.bytes);
        return;
      case "target":
        return this.#say(this.#ofOutcome(event.outcome)(lines.targetLine(event)));
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
      this.#say(printable(`files pass through this machine: ${event.because}`));
    }
    if (this.#isEachShown) this.#say(lines.transferLine(event));
  }

  #action(event: Parameters<typeof lines.actionLine>[0]): void {
    const { action, path, because } = event;
    this.#would[action] = (this.#would[action] ?? 0) + 1;
    const isOneOfMany = action === "skip" && this.#isOneOfMany(this.#skips.note(path, because));
    const isChange = action !== "keep" && action !== "skip";
    const isDue = this.#verbosity >= 2 || action === "skip" || (isChange && this.#options.isDryRun === true);
    if ((isDue && !isOneOfMany) || action === "restore") this.#say(lines.actionLine(event));
  }

  #summary(event: Extract<RunEvent, { readonly event: "summary" }>): void {
    this.#tellRest();
    const { oneLineOf, isEndAlwaysShown = false } = this.#options;
    if (oneLineOf !== undefined)
      return this.#to.say(`${isoTime(Date.now())} ${printable(oneLineOf)}: ${this.#end(event)}`);
    // A command that ended before its first file has reported why.
    if (event.seconds > 0 || isEndAlwaysShown) this.#say(this.#end(event));
  }

  #end(event: Extract<RunEvent, { readonly event: "summary" }>): string {
    const color = this.#ofOutcome(event.outcome);
    if ("paths" in event) return lines.diffSummaryLine(event);
    if (event.seconds === 0 && event.because !== undefined)
      return color(printable(`${event.outcome}: ${event.because}`));
    const bytes = [...this.#bytes.values()].reduce((sum, one) => sum + one, 0);
    if (this.#options.isDryRun === true) return lines.wouldLine(this.#would, bytes, event);
    return lines.summaryLine(event).replace(event.outcome, color);
  }

  #ofOutcome(outcome: RunOutcome): (text: string) => string {
    const { success, warning, failure } = this.#colors;
    return outcome === "succeeded" ? success : outcome === "partial" ? warning : failure;
  }

  #difference(event: DifferenceEvent): string {
    const { success, warning, failure } = this.#colors;
    const color = { "+": success, "-": failure, "*": warning, "!": failure, "=": (text: string) => text };
    return color[event.sign](lines.differenceLine(event, this.#verbosity >= 2));
  }

  /** What was not reported in full. */
  #tellRest(): void {
    if (this.#verbosity >= 2) return;
    for (const {
      count,
      first: [{ because }],
    } of this.#skips.list())
      if (count > IN_FULL) this.#say(printable(`skip: ${count - IN_FULL} more: ${because}`));
    for (const {
      count,
      first: [{ path, because }],
    } of this.#failures.list())
      if (count > IN_FULL)
        this.#to.complain(printable(`fxpd: ${count - IN_FULL} more like ${path}: ${because}`));
  }
}
