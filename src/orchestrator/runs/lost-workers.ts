/** What has befallen the workers that planned a run since it last got any further. */
interface LostWorkers {
  /** Those that died; who was cut off for a while, and lives, is none. */
  readonly deaths: number;
  /** How often it was begun without having been handed back before: deaths, and stalls of workers that live. */
  readonly cutOff: number;
  /** Whether files of it were in flight when the last one was lost. */
  readonly hasSlices: boolean;
}

/** One of a run's beginnings, and what has befallen those before it. */
export interface Beginning extends LostWorkers {
  /** Which one it is, 1 …. */
  readonly generation: number;
}

/** Where files are in flight they are charged first, by name; see `claims/ledger.ts`. */
const MOST_DEATHS = { planning: 3, copying: 6 } as const;
const MOST_CUT_OFF = 20;

/** Why a run is not begun once more; undefined where it is. */
export function giveUpAfter({ deaths, cutOff, hasSlices }: LostWorkers): string | undefined {
  const most = hasSlices ? MOST_DEATHS.copying : MOST_DEATHS.planning;
  if (deaths >= most) {
    const doing = hasSlices ? "copying" : "planning";
    return `the worker died ${deaths} times in a row while ${doing} this run, without any progress; see the workers' logs`;
  }
  if (cutOff < MOST_CUT_OFF) return undefined;
  return `started ${cutOff} times in a row without progress: its workers lose the connection to Redis or are overloaded`;
}
