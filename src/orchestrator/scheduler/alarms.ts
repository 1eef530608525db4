import type { JobFile } from "../../config/schema/jobs.ts";
import { timesOf } from "../../config/schema/watch.ts";
import { nextDue } from "../../schedule/due.ts";
import { nextDeadline, type Promised, promisedBetween, silentTimes } from "../../schedule/late.ts";
import type { Clock } from "../../shared/clock.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { counted, formatDuration } from "../../shared/units.ts";
import type { Definition } from "../definitions.ts";
import { lateNotice, type Notice } from "../notify/notice.ts";
import type { Stores } from "../kv/stores/stores.ts";
import { ClockSetBack } from "./clock-set-back.ts";
import { type Run, runId } from "../runs/run.ts";
import type { RunStore } from "../kv/stores/runs.ts";

/** Nothing is reported that should have happened before that. */
const OLD_MS = 86_400_000;

interface AlarmDeps {
  readonly kv: Stores;
  readonly store: RunStore;
  readonly clock: Clock;
  /** Announces an event once, whichever process notices it. */
  readonly tell: (notice: Notice) => Promise<void>;
}

/** Sees runs that take too long, and what has not happened by the time it should have. */
export class Alarms {
  readonly #deps: AlarmDeps;
  #definitions: readonly Definition[] = [];
  /** Before these instants nothing can be late, by job. */
  readonly #nextMs = new Map<string, number>();
  readonly #setBack = new ClockSetBack();

  constructor(deps: AlarmDeps) {
    this.#deps = deps;
  }

  use(definitions: readonly Definition[]): void {
    this.#definitions = definitions;
    this.#nextMs.clear();
  }

  async look(): Promise<void> {
    if (this.#setBack.since(this.#deps.clock.now())) this.#nextMs.clear();
    await this.#cancelLongest();
    for (const definition of this.#definitions) await this.#lookAt(definition);
  }

  /** By what the job's file says now. */
  async #cancelLongest(): Promise<void> {
    const { store } = this.#deps;
    for (const { name, job } of this.#definitions) {
      const mostMs = longestOf(job);
      if (mostMs === undefined) continue;
      for (const run of await store.unfinished(name)) await this.#cancelWhereTooLong(run, mostMs);
    }
  }

  async #cancelWhereTooLong({ id, order, startedMs, wish }: Run, mostMs: number): Promise<void> {
    const { store, clock, tell } = this.#deps;
    if (startedMs === undefined || wish === "cancel" || clock.now() - startedMs <= mostMs) return;
    const because = `cancelled: it took longer than the limit of ${formatDuration(mostMs)}`;
    await store.requestState(id, "cancel", because);
    await tell(lateNotice(`longest ${id}`, order.job, clock.now(), because, id));
  }

  async #lookAt(definition: Definition): Promise<void> {
    const { kv, clock } = this.#deps;
    const { name, job } = definition;
    const nowMs = clock.now();
    if (nowMs < (this.#nextMs.get(name) ?? 0)) return;
    if (job.schedule?.deadline !== undefined || job.watch?.by !== undefined) {
      const { sinceMs, reportedToMs } = await kv.dueTimes.watchedFor(name, nowMs);
      const afterMs = Math.max(sinceMs, reportedToMs, nowMs - OLD_MS);
      await this.#tellLate(definition, afterMs, sinceMs, nowMs);
      await this.#tellSilent(definition, afterMs, nowMs);
      await kv.dueTimes.noteReported(name, nowMs);
    }
    this.#nextMs.set(name, nextOf(job, nowMs));
  }

  async #tellLate({ name, job }: Definition, afterMs: number, sinceMs: number, nowMs: number): Promise<void> {
    const { schedule } = job;
    if (schedule?.deadline === undefined) return;
    const { kv, store, tell } = this.#deps;
    const { isPaused, resumedMs = 0 } = await store.jobs.get(name);
    if (isPaused) return;
    const promised = [...promisedBetween(schedule, schedule.deadline, afterMs, nowMs)];
    const skipped = await kv.skips.of(name, promised[0]?.dueMs ?? nowMs);
    for (const one of promised) {
      if (one.dueMs <= Math.max(sinceMs, resumedMs) || skipped.includes(one.dueMs)) continue;
      const run = await store.get(runId(name, one.dueMs));
      const because = lateness(one, run);
      if (because !== undefined)
        await tell(lateNotice(`late ${name} ${one.dueMs}`, name, nowMs, because, run?.id));
    }
  }

  async #tellSilent({ name, job }: Definition, afterMs: number, nowMs: number): Promise<void> {
    if (job.watch?.by === undefined) return;
    const { kv, store, tell } = this.#deps;
    if ((await store.jobs.get(name)).isPaused) return;
    const { arrivedMs, fault } = await kv.watches.lately(name);
    for (const time of silentTimes(timesOf(job.watch, job.watch.by), arrivedMs, afterMs, nowMs)) {
      const because = `no files arrived by ${shown(time)}${fault ? `; the directory could not be listed: ${fault}` : ""}`;
      await tell(lateNotice(`silent ${name} ${time}`, name, nowMs, because));
    }
  }
}

function longestOf({ schedule, watch }: JobFile): number | undefined {
  return schedule?.longest ?? watch?.longest;
}

/** When something of this job can next be late. */
function nextOf({ schedule, watch }: JobFile, nowMs: number): number {
  const deadline = schedule?.deadline;
  const times = [
    schedule !== undefined && deadline !== undefined ? nextDeadline(schedule, deadline, nowMs) : undefined,
    watch?.by === undefined ? undefined : nextDue(timesOf(watch, watch.by), nowMs),
  ];
  return Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
}

/** Why a due time is late; undefined where its run has ended in time. */
function lateness({ dueMs, deadlineMs }: Promised, run: Run | undefined): string | undefined {
  const [due, deadline] = [shown(dueMs), shown(deadlineMs)];
  if (run === undefined) return `due ${due}: no run had been started by ${deadline}`;
  const { state, endedMs, startedMs, counters } = run;
  if (endedMs !== undefined && endedMs <= deadlineMs) return undefined;
  if (state === "ended") return `due ${due}: ended ${shown(endedMs ?? deadlineMs)}, after ${deadline}`;
  if (startedMs === undefined) return `due ${due}: had not started by ${deadline}`;
  return `due ${due}: had not ended by ${deadline}; ${counted(counters.copied, "file")} copied so far`;
}

function shown(ms: number): string {
  return isoTime(ms).replace(/:\d\d\.\d+Z/, "Z");
}
