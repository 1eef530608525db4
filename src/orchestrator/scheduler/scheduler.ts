import { createTask, type ScheduledTask } from "node-cron";
import { type Clock, isFuture } from "../../shared/clock.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { Logger } from "../../shared/logger.ts";
import { type Firing, firingsOf } from "../../schedule/missed.ts";
import { nextDue } from "../../schedule/due.ts";
import { decideOverlap } from "../../schedule/overlap.ts";
import { Complaints } from "../complaints.ts";
import type { Definition } from "../definitions.ts";
import type { Queues } from "../worker/queue/queues.ts";
import type { Stores } from "../kv/stores/stores.ts";
import { enqueueMade } from "../runs/dispatch.ts";
import { orderFor, type RunRequest } from "../runs/request.ts";
import { type Run, runId } from "../runs/run.ts";
import type { RunStore } from "../kv/stores/runs.ts";
import { ClockSetBack } from "./clock-set-back.ts";
import { ScheduleChanges } from "./schedule-changes.ts";

export interface SchedulerDeps {
  readonly kv: Stores;
  readonly store: RunStore;
  readonly queues: Queues;
  /** `compare` measures anew by how much this machine's clock differs; absent where nothing else counts. */
  readonly clock: Clock & { compare?(): Promise<void> };
  readonly log: Logger;
}

/** Puts due runs into the queue. Of any number of schedulers, each due time gives one run. */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  #definitions: readonly Definition[] = [];
  /** Due times to come, by job: before them there is nothing to see to. */
  readonly #nextMs = new Map<string, number>();
  readonly #changes = new ScheduleChanges();
  /** Jobs whose due times Redis has not recorded as handled: that it can be read again says nothing of writing. */
  readonly #unwritten = new Set<string>();
  readonly #setBack = new ClockSetBack();
  #watchedMs: number;
  readonly #complaints: Complaints;
  #task: ScheduledTask | undefined;
  #ticking: Promise<void> | undefined;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#watchedMs = deps.clock.now();
    this.#complaints = new Complaints(deps.log);
  }

  /** Takes other jobs from now on; what was asked for already stays. */
  use(definitions: readonly Definition[]): void {
    this.#definitions = definitions;
    this.#changes.use(definitions);
    this.#nextMs.clear();
  }

  start(): void {
    // Which due times there are is not asked of it: see dueTimes.
    // Nor is it shown how long that takes: it would complain every second as long as Redis is away.
    const tick = () => void this.#tickOnce();
    this.#task = createTask("* * * * * *", tick, { suppressMissedWarning: true });
    void this.#task.start();
  }

  async close(): Promise<void> {
    await this.#task?.destroy();
    await this.#ticking;
  }

  /** Sees to all due times up to now. */
  async tick(): Promise<void> {
    const { clock, store } = this.#deps;
    const wasSetBack = this.#setBack.since(clock.now());
    // Where only this machine's clock was set, nothing is due again, or too soon. Without Redis nothing is handled.
    if (wasSetBack || this.#definitions.some((one) => this.#isTurnOf(one, clock.now())))
      await clock.compare?.().catch(() => {});
    if (wasSetBack) {
      this.#nextMs.clear();
      this.#watchedMs = Math.min(this.#watchedMs, clock.now());
    }
    for (const name of this.#changes.gone) {
      await store.jobs.noteGone(name, clock.now());
      this.#changes.gone.delete(name);
    }
    for (const definition of this.#definitions) {
      try {
        const isHandled = await this.#handle(definition, clock.now());
        if (isHandled) this.#complaints.over(`starting due runs of ${definition.name}`);
      } catch (error) {
        // What was due is looked for again at once, and not at the next due time: a Redis that is full or has no disk
        // space left can still be read, but what is due cannot be written.
        this.#nextMs.delete(definition.name);
        this.#complaints.tell(`starting due runs of ${definition.name}`, error, { job: definition.name });
      }
    }
  }

  #tickOnce(): Promise<void> {
    this.#ticking ??= this.tick()
      .then(
        () => this.#complaints.over("scheduler"),
        (error: unknown) => this.#complaints.tell("scheduler", error),
      )
      .finally(() => (this.#ticking = undefined));
    return this.#ticking;
  }

  #isTurnOf({ name, job }: Definition, nowMs: number): boolean {
    return job.schedule !== undefined && nowMs >= (this.#nextMs.get(name) ?? 0);
  }

  /** @returns false where it was not yet time to ask Redis */
  async #handle(definition: Definition, nowMs: number): Promise<boolean> {
    const { schedule } = definition.job;
    if (schedule === undefined || !this.#isTurnOf(definition, nowMs)) return false;
    const { store } = this.#deps;
    const { handledToMs, isPaused, goneMs } = await store.jobs.get(definition.name);
    // A job that is new, or there again, has missed nothing.
    const isBack = this.#changes.isBack(definition.name, goneMs !== undefined);
    if (handledToMs === undefined || isBack) {
      await this.#fire(definition, handledToMs, nowMs, []);
      if (isBack) await store.jobs.noteBack(definition.name, nowMs);
      this.#changes.note(definition.name);
      return true;
    }
    this.#changes.note(definition.name);
    if (isFuture(handledToMs, nowMs)) {
      // Until then no due time would give a run.
      const because = `its due times are recorded as handled until ${isoTime(handledToMs)}, by a clock that was wrong; they are handled from now on`;
      this.#deps.log.warn({ job: definition.name, because }, "clock was set back");
      await this.#fire(definition, handledToMs, nowMs, []);
      return true;
    }
    // Until then nothing is asked of Redis.
    this.#nextMs.set(definition.name, nextDue(schedule, nowMs) ?? Number.POSITIVE_INFINITY);
    if (nowMs <= handledToMs) return true;
    const jitterMs = schedule.jitter ?? 0;
    const firings = isPaused
      ? []
      : firingsOf(
          definition.name,
          { ...schedule, jitterMs },
          { handledToMs, nowMs, watchedMs: this.#watchedMs },
        );
    if (firings.length === 0 && !isPaused && !this.#unwritten.has(definition.name)) return true;
    await this.#fire(definition, handledToMs, nowMs, await this.#unskipped(definition.name, firings));
    return true;
  }

  /** Without those that a person wants to be skipped. */
  async #unskipped(job: string, firings: readonly Firing[]): Promise<readonly Firing[]> {
    const { kv, log } = this.#deps;
    if (firings.length === 0) return firings;
    const skipped = await kv.skips.of(job, Math.min(...firings.map(({ dueMs }) => dueMs)));
    return firings.filter(({ dueMs }) => {
      const isSkipped = skipped.includes(dueMs);
      if (isSkipped) log.info({ job, due: isoTime(dueMs) }, "skipped a due time, as requested");
      return !isSkipped;
    });
  }

  async #fire(
    definition: Definition,
    handledToMs: number | undefined,
    nowMs: number,
    firings: readonly Firing[],
  ): Promise<void> {
    const { kv, store, log } = this.#deps;
    const { name } = definition;
    const asked = await this.#asked(definition, firings);
    this.#unwritten.add(name);
    const made = await kv.dueTimes.fire(name, handledToMs, nowMs, asked.runs);
    this.#unwritten.delete(name);
    if (made === undefined) return;
    for (const because of asked.skipped) log.info({ job: name, because }, "skipped a run that is due");
    const before = await this.#madeBefore(name, asked.runs, made);
    for (const { id, by } of asked.replaced) {
      // A run is not cancelled for one that is not run, and one that has ended not at all.
      if (!made.includes(by) || before.get(id)?.state === "ended") continue;
      await store.requestState(id, "cancel", `cancelled: replaced by ${by} (overlap: replace)`);
    }
    await enqueueMade(this.#deps, made);
  }

  /** Runs whose due times a clock that was ahead has seen to, by ID. */
  async #madeBefore(job: string, asked: readonly RunRequest[], made: readonly string[]) {
    const before = new Map<string, Run>();
    for (const { id } of asked) {
      const run = made.includes(id) ? undefined : await this.#deps.store.get(id);
      if (run === undefined) continue;
      before.set(id, run);
      const because = `${id} was made for this due time before, at ${isoTime(run.createdMs)} by a clock that was ahead; to run the job now, use fxpd submit ${job}`;
      this.#deps.log.warn({ job, run: id, because }, "skipped a run that is due");
    }
    return before;
  }

  async #asked(definition: Definition, firings: readonly Firing[]) {
    const { name, job } = definition;
    const ours = firings.length === 0 ? [] : await this.#deps.store.unfinished(name);
    let [running, queued] = [
      ours.find(({ state }) => state === "running")?.id,
      ours.find(({ state }) => state === "queued")?.id,
    ];
    const asked = {
      runs: [] as RunRequest[],
      skipped: [] as string[],
      replaced: [] as { readonly id: string; readonly by: string }[],
    };
    const { overlap = "skip", missed } = job.schedule ?? {};
    for (const { dueMs, startMs, isMissed, because } of firings) {
      // All that were missed are due at once, and run one after the other.
      const before = missed === "all" && isMissed ? {} : { running, queued };
      const decision = decideOverlap(overlap, before);
      if (decision.action === "skip") {
        asked.skipped.push(decision.because);
        continue;
      }
      const id = runId(name, dueMs);
      if (decision.action === "replace") {
        const replaced = [...ours.filter(({ wish }) => wish !== "cancel"), ...asked.runs];
        asked.replaced.push(...replaced.map((one) => ({ id: one.id, by: id })));
      }
      const order = orderFor(definition, { requestedBy: "schedule", dueMs, startMs, because });
      asked.runs.push({ id, order });
      if (decision.action === "replace") running = undefined;
      queued = id;
    }
    return asked;
  }
}
