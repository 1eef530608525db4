import { parseCron } from "../../src/schedule/cron.ts";
import type { JobSchedule } from "../../src/schedule/due.ts";
import { parseWindow } from "../../src/schedule/window.ts";

export function timetable(
  cron: string,
  timeZone: string,
  { only = [], except = [] }: { readonly only?: readonly string[]; readonly except?: readonly string[] } = {},
): JobSchedule {
  return { cron: parseCron(cron), timeZone, only: only.map(parseWindow), except };
}

export function at(instant: string): number {
  return Date.parse(instant);
}

/** `03-29T01:00:00`, in UTC. */
export function shown(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(5, 16);
}
