import type { Definition } from "../definitions.ts";

/**
 * Which jobs have lost their schedule while a scheduler ran, and which have one again, or another. What was due
 * meanwhile was due by no schedule.
 */
export class ScheduleChanges {
  #timetables: ReadonlyMap<string, string> = new Map();
  /** Jobs whose loss is still to be noted. */
  readonly gone = new Set<string>();
  /** Those with another schedule than before. */
  readonly #changed = new Set<string>();
  /** Those that were not there before, as far as this scheduler knows. */
  readonly #appeared = new Set<string>();

  use(definitions: readonly Definition[]): void {
    const now = new Map(
      definitions.flatMap((one) =>
        one.job.schedule === undefined ? [] : [[one.name, timetableOf(one)] as const],
      ),
    );
    const before = this.#timetables;
    this.#timetables = now;
    for (const name of before.keys()) {
      if (now.has(name)) continue;
      this.gone.add(name);
      this.note(name);
    }
    for (const [name, timetable] of now) {
      const known = before.get(name);
      if (this.gone.delete(name) || (known !== undefined && known !== timetable)) this.#changed.add(name);
      else if (known === undefined) this.#appeared.add(name);
    }
  }

  /** @param isNoted whether it is noted that the job had lost its schedule, by whatever scheduler */
  isBack(name: string, isNoted: boolean): boolean {
    return this.#changed.has(name) || (isNoted && this.#appeared.has(name));
  }

  /** A job has been looked at. */
  note(name: string): void {
    this.#changed.delete(name);
    this.#appeared.delete(name);
  }
}

/** What says when a job is due, as it is written; what becomes of its runs says nothing of that. */
function timetableOf({ document }: Definition): string {
  const { schedule } = (document ?? {}) as { readonly schedule?: Readonly<Record<string, unknown>> };
  const { cron, timeZone, only, except } = schedule ?? {};
  return JSON.stringify([cron, timeZone, only, except]);
}
