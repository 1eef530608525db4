import { z } from "zod";
import type { Place } from "../../batch/pool.ts";
import { TreeMeter } from "../../copy/limits.ts";
import type { Looking } from "../../copy/select.ts";
import { connectionOptions } from "../../config/schema/connection-options.ts";
import { systemClock } from "../../shared/clock.ts";
import { ConfigError, isCancellation, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { about, jsonText, printable } from "../../shared/printable.ts";
import { formatDuration } from "../../shared/units.ts";
import { Retrier } from "../../transfer/retrier.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { LocationContext } from "../../wiring/places.ts";
import { chosen } from "../chosen.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import type { Ask } from "../process/ask.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { isBecauseUnread } from "../output/unread.ts";
import { gathered } from "../output/terminal/gathered.ts";
import { interruptSignal } from "../process/interrupt.ts";
import { errorSentence } from "../process/unexpected.ts";

/** Options of all commands that do one thing to files by name. */
export interface FileFlags extends CommonOptions {
  readonly tls?: string;
  readonly timeout?: string;
  readonly retries?: string;
  readonly dryRun?: boolean;
  readonly interactive?: boolean;
  readonly logFile?: string;
}

const Options = z.strictObject(connectionOptions);

/** What has been done, as the summary counts it. */
interface Counts {
  deleted: number;
  skipped: number;
  failed: number;
}

/** What a command that does one thing to files by name works with. */
export interface FileSession {
  readonly context: LocationContext;
  readonly signal: AbortSignal;
  readonly counts: Counts;
  /** Asks a person; absent: nobody is to be asked. */
  readonly ask: Ask | undefined;
  /** Somebody to ask at a place; the same one for the same place. */
  at(place: Place): Looking & { readonly meter: TreeMeter };
  /** For programs an event, for people a line; absent: none. */
  show(event: { readonly event: string } & Record<string, unknown>, line?: string): void;
  /** The same, for people who asked for reasons (`-v`) or a dry run. */
  detail(event: { readonly event: string } & Record<string, unknown>, line: string): void;
  /** One thing could not be done; the others are. */
  fail(path: string, error: unknown): void;
  /** Does something for each of these; one that fails leaves the others alone. */
  each<T>(items: readonly T[], pathOf: (item: T) => string, act: (item: T) => Promise<void>): Promise<void>;
}

/**
 * Runs a command to its end, and gives its exit status: 1 where something failed, 3 where nothing could be done because
 * nobody could be reached, 4 where a safeguard refused.
 * @param title what is run, as a log names it
 */
export async function fileCommand(
  given: FileFlags,
  title: string,
  run: (session: FileSession) => Promise<void>,
): Promise<number> {
  const output = outputOf(given, title);
  const out = gathered(process.stdout);
  const signal = interruptSignal();
  const startedMs = performance.now();
  const sides = new Map<string, { readonly side: Side; readonly meter: TreeMeter }>();
  const counts: Counts = { deleted: 0, skipped: 0, failed: 0 };
  const isJson = given.json === true;
  let done = 0;
  let fatal: unknown;
  let first: unknown;
  const write = (event: object, line: string | undefined, isWanted: boolean) => {
    if (isJson) out.write(`${jsonText({ ...event, at: isoTime(Date.now()) })}\n`);
    else if (isWanted && line !== undefined) out.write(`${printable(line)}\n`);
    if (line !== undefined) output.log?.(line);
  };
  const fail = (path: string, error: unknown) => {
    counts.failed += 1;
    first ??= error;
    const because = errorSentence(error);
    if (isJson) write({ event: "fault", path, because }, undefined, false);
    if (!isBecauseUnread(error)) output.fault(because.includes(path) ? because : about(path, because));
  };
  try {
    output.open?.();
    const { retries, ...overrides } = chosen(Options, given, {});
    const deps = { clock: systemClock, transcript: output.transcript };
    const retrier = new Retrier({ retries }, { ...deps, chance: Math.random });
    await run({
      context: { directories: directoriesOf(given), overrides, deps },
      signal,
      counts,
      ask: output.ask,
      at: (place) => {
        const key = place.scope ?? place.key;
        const known = sides.get(key) ?? { side: place.connect(), meter: new TreeMeter() };
        sides.set(key, known);
        return { ...known, retrier, signal };
      },
      show: (event, line) => write(event, line, given.quiet !== true),
      detail: (event, line) => write(event, line, (given.verbose ?? 0) > 0 || given.dryRun === true),
      fail,
      each: async (items, pathOf, act) => {
        for (const item of items) {
          signal.throwIfAborted();
          try {
            await act(item);
            done += 1;
          } catch (error) {
            const isCancelled = signal.aborted && isCancellation(error);
            const isRefused = statusOfError(error) === EXIT.refused || error instanceof ConfigError;
            if (isCancelled || isRefused) throw error;
            fail(pathOf(item), error);
            signal.throwIfAborted();
          }
        }
      },
    });
  } catch (error) {
    fatal = error;
    if (!signal.aborted) first ??= error;
    const because = signal.aborted && isCancellation(error) ? "interrupted" : errorSentence(error);
    if (!isBecauseUnread(error)) output.fault(because);
  }
  await Promise.all([...sides.values()].map(({ side }) => side.close().catch(() => {})));
  const status = statusOf();
  const outcome =
    { 0: "succeeded", 4: "refused", 130: "cancelled" }[status] ?? (done > 0 ? "partial" : "failed");
  const seconds = Math.round(performance.now() - startedMs) / 1_000;
  if (isJson) {
    const because = signal.aborted ? "interrupted" : first === undefined ? undefined : messageOf(first);
    const bytes = { thirdParty: 0, relayed: 0, resumed: 0 };
    write(
      { event: "summary", outcome, files: { copied: 0, kept: 0, ...counts }, bytes, seconds, because },
      undefined,
      false,
    );
  }
  output.log?.(endLine(outcome, counts, seconds));
  output.end();
  return status;

  function statusOf(): number {
    if (signal.aborted) return EXIT.interrupted;
    if (fatal !== undefined) return statusOfError(fatal);
    if (first === undefined) return EXIT.done;
    return done > 0 || counts.deleted > 0 ? EXIT.someFailed : statusOfError(first);
  }
}

/** How a command ended, in a log. */
function endLine(outcome: string, counts: Counts, seconds: number): string {
  const counted = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  const time = `in ${formatDuration(seconds * 1_000)}`;
  return counted.length === 0 ? `${outcome}, ${time}` : `${outcome}: ${counted.join(", ")}, ${time}`;
}
