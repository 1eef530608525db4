import { definitionOf } from "../../orchestrator/definitions.ts";
import { Skips } from "../../orchestrator/due/skips.ts";
import { dueTimes, nextDue, type Timetable } from "../../schedule/due.ts";
import { ConfigError } from "../../shared/errors.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { EXIT } from "../exit.ts";
import { withControl } from "./runs.ts";

/** `fxpd skip JOB [DUE]`: a due time gives no run; with `--undo` it does again. */
export async function skipCommand(
  name: string,
  due: string | undefined,
  given: CommonOptions & { readonly undo?: boolean },
): Promise<number> {
  return withControl(given, async ({ redis, names, clock }) => {
    const { name: job, job: file } = await definitionOf(name, directoriesOf(given));
    if (file.schedule === undefined) throw new ConfigError("it has no schedule", job);
    const [skips, nowMs] = [new Skips(redis, names), clock.now()];
    const skipped = await skips.of(job, nowMs);
    const undo = given.undo === true;
    const dueMs = due === undefined ? defaultOf(job, file.schedule, skipped, nowMs, undo) : instantIn(due);
    const shown = new Date(dueMs).toISOString();
    if (undo && !(await skips.remove(job, dueMs)))
      throw new ConfigError(`${shown} was not to be skipped`, job);
    if (!undo) {
      requireDue(job, file.schedule, dueMs, nowMs);
      await skips.add(job, dueMs, nowMs);
    }
    if (given.json === true)
      process.stdout.write(
        `${JSON.stringify({ event: "due", at: new Date(nowMs).toISOString(), job, due: shown, skipped: !undo })}\n`,
      );
    else if (given.quiet !== true)
      process.stdout.write(`${job}: ${shown} gives ${undo ? "a run again" : "no run"}\n`);
    return EXIT.done;
  });
}

/** The next due time that is not skipped; to undo, the next one that is. */
function defaultOf(
  job: string,
  schedule: Timetable,
  skipped: readonly number[],
  nowMs: number,
  undo: boolean,
): number {
  if (undo) {
    const [first] = skipped;
    if (first === undefined) throw new ConfigError("no due time is to be skipped", job);
    return first;
  }
  for (const dueMs of dueTimes(schedule, nowMs)) if (!skipped.includes(dueMs)) return dueMs;
  throw new ConfigError("it is not due any more", job);
}

function instantIn(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (Number.isNaN(ms))
    throw new ConfigError(`"${text}" is no instant; expected one such as 2026-12-24T02:15:00Z`);
  return ms;
}

function requireDue(job: string, schedule: Timetable, dueMs: number, nowMs: number): void {
  if (dueMs <= nowMs) throw new ConfigError(`${new Date(dueMs).toISOString()} is past`, job);
  const next = nextDue(schedule, dueMs - 1);
  if (next === dueMs) return;
  const instead = next === undefined ? "never after that" : `next at ${new Date(next).toISOString()}`;
  throw new ConfigError(`it is not due at ${new Date(dueMs).toISOString()}; ${instead}`, job);
}
