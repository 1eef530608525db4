import type { Definition } from "../definitions.ts";

/**
 * Which jobs have lost their schedule while a scheduler ran, and which have one again, or another. What was due
 * meanwhile was due by no schedule.
 */
export class ScheduleChanges {
  #timetables: ReadonlyMap<string, string> | undefined;
  /** Jobs whose loss is still to be noted. */
  readonly gone = new Set<string>();
  readonly #back = new Set<string>();
  /** Jobs that this scheduler has looked at. */
  readonly #known = new Set<string>();

  use(definitions: readonly Definition[]): void {
    const now = new Map(
      definitions.flatMap((one) =>
        one.job.schedule === undefined ? [] : [[one.name, timetableOf(one)] as const],
      ),
    );
    const before = this.#timetables;
    this.#timetables = now;
    if (before === undefined) return;
    for (const name of before.keys()) {
      if (now.has(name)) continue;
      this.gone.add(name);
      this.#back.delete(name);
    }
    for (const [name, timetable] of now) {
      if (before.get(name) === timetable) continue;
      this.#back.add(name);
      this.gone.delete(name);
    }
  }

  /** @param isNoted whether it is noted that the job had lost its schedule, by a scheduler that has ended since */
  isBack(name: string, isNoted: boolean): boolean {
    return this.#back.has(name) || (isNoted && !this.#known.has(name));
  }

  /** A job has been looked at. */
  note(name: string): void {
    this.#back.delete(name);
    this.#known.add(name);
  }
}

/** What says when a job is due, as it is written; what becomes of its runs says nothing of that. */
function timetableOf({ document }: Definition): string {
  const { schedule } = (document ?? {}) as { readonly schedule?: Readonly<Record<string, unknown>> };
  const { cron, timeZone, only, except } = schedule ?? {};
  return JSON.stringify([cron, timeZone, only, except]);
}
