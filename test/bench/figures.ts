import type { Run } from "./measure.ts";
import type { Row } from "./row.ts";

/** What the runs of one client in one row come to: medians over the verified ones. */
export interface Figures {
  readonly client: string;
  readonly verified: number;
  readonly runs: number;
  readonly seconds: number | undefined;
  readonly filesPerSecond: number | undefined;
  readonly octetsPerSecond: number | undefined;
  /** Where it was always ended before it was done: the seconds it had. */
  readonly moreThanSeconds: number | undefined;
  /** How many times as fast as the client named so; undefined where either has no figures. */
  readonly timesFaster: Readonly<Record<string, number>>;
  /** The same, at least, where that client was ended before it was done. */
  readonly moreTimesFaster: Readonly<Record<string, number>>;
  /** For one lane only: several lanes wait at once, and their sum says nothing. */
  readonly turnsPerFile: number | undefined;
  readonly commandsPerFile: number | undefined;
  /** Seconds of the whole process in round trips, for each file; for one lane at a distance. */
  readonly roundTripsPerFile: number | undefined;
  /** The same from the first transfer command to the last, without login, listing and end. */
  readonly roundTripsBetweenFiles: number | undefined;
  readonly processorSeconds: number | undefined;
  /** Why the first run that is not verified is not. */
  readonly because: string | undefined;
}

/** Whom the others are compared with. */
export const REFERENCES = ["lftp", "lftp tuned", "by hand"] as const;

type Shape = Pick<Row, "files" | "octetsPerFile" | "lanes" | "roundTripMs">;

export function figuresFor(row: Shape, runs: readonly Run[]): readonly Figures[] {
  const names = [...new Set(runs.map(({ client }) => client))];
  const seconds = (name: string) => median(verified(runs, name).map((run) => run.seconds));
  const timesOf = (name: string, secondsOf: (reference: string) => number | undefined) =>
    Object.fromEntries(
      REFERENCES.flatMap((reference) => {
        const [ours, theirs] = [seconds(name), secondsOf(reference)];
        return ours === undefined || theirs === undefined ? [] : [[reference, theirs / ours]];
      }),
    );
  const given = (name: string) => moreThanSeconds(runs, name);
  return names.map((name) => ({
    ...figuresOfClient(row, runs, name),
    moreThanSeconds: given(name),
    timesFaster: timesOf(name, seconds),
    moreTimesFaster: timesOf(name, given),
  }));
}

/** How long a client had that never was done in time. */
function moreThanSeconds(runs: readonly Run[], client: string): number | undefined {
  const own = runs.filter((run) => run.client === client && run.isTimed);
  return own.length > 0 && own.every(({ outcome }) => outcome === "hung")
    ? median(own.map(({ wholeSeconds }) => wholeSeconds))
    : undefined;
}

function figuresOfClient(
  row: Shape,
  runs: readonly Run[],
  client: string,
): Omit<Figures, "timesFaster" | "moreTimesFaster" | "moreThanSeconds"> {
  const own = runs.filter((run) => run.client === client);
  const good = verified(runs, client);
  const of = (figure: (run: Run) => number | undefined) => median(good.map(figure));
  const seconds = of((run) => run.seconds);
  const perFile = (figure: number | undefined) => (figure === undefined ? undefined : figure / row.files);
  const isOneLane = row.lanes === 1;
  const failure = own.find(({ outcome }) => outcome !== "verified");
  return {
    client,
    verified: good.length,
    runs: own.length,
    seconds,
    filesPerSecond: seconds === undefined ? undefined : row.files / seconds,
    octetsPerSecond: seconds === undefined ? undefined : (row.files * row.octetsPerFile) / seconds,
    turnsPerFile: isOneLane ? perFile(of((run) => run.counted?.turns)) : undefined,
    commandsPerFile: perFile(of((run) => run.counted?.commands)),
    roundTripsPerFile: roundTrips(
      row,
      of((run) => run.wholeSeconds),
      row.files,
    ),
    roundTripsBetweenFiles: roundTrips(
      row,
      of((run) => run.spreadSeconds),
      row.files - 1,
    ),
    processorSeconds: of((run) => run.processorSeconds),
    because: failure && `${failure.outcome}: ${failure.because ?? ""}`,
  };
}

function roundTrips({ lanes, roundTripMs }: Shape, seconds: number | undefined, files: number) {
  if (seconds === undefined || lanes !== 1 || roundTripMs === 0 || files < 1) return undefined;
  return (seconds * 1_000) / roundTripMs / files;
}

/**
 * Processor seconds for each further GiB: the difference between two sizes, so that what a process costs before
 * it moves anything is left out.
 */
export function processorSecondsPerGib(
  large: { readonly octets: number; readonly processorSeconds: number | undefined },
  small: { readonly octets: number; readonly processorSeconds: number | undefined },
): number | undefined {
  if (large.processorSeconds === undefined || small.processorSeconds === undefined) return undefined;
  return (large.processorSeconds - small.processorSeconds) / ((large.octets - small.octets) / 2 ** 30);
}

function verified(runs: readonly Run[], client: string): readonly Run[] {
  return runs.filter((run) => run.client === client && run.outcome === "verified");
}

/** The middle one, or the mean of the two in the middle; nothing of nothing. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((one, other) => one - other);
  const half = Math.floor(known.length / 2);
  const [below, above] = [known[half - 1], known[half]];
  if (known.length % 2 === 1 || below === undefined || above === undefined) return above;
  return (below + above) / 2;
}
