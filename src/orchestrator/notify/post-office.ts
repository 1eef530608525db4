import { WAITS } from "../../shared/waits.ts";
import type { Clock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/logger.ts";
import { formatDuration } from "../../shared/units.ts";
import type { Stores } from "../kv/stores/stores.ts";
import type { RunStore } from "../kv/stores/runs.ts";
import { failureIn, type FileReason } from "../../batch/report/causes.ts";
import { matchesName } from "../../shared/name-pattern.ts";
import type { Channel } from "./channel.ts";
import { DeliveryError } from "./errors.ts";
import { isAlarm, isGood, type Notice, noticeOfRun } from "./notice.ts";
import type { Outbox } from "../kv/stores/outbox.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** How many runs are announced at once; the others follow a moment later. */
const AT_ONCE = 200;
/** For one message; well below the time after which another process would send it. */
const PATIENCE_MS = WAITS.notice.ms;

interface PostOfficeDeps {
  readonly kv: Pick<Stores, "outbox">;
  readonly store: RunStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells people what they want to know; no run waits for it. */
export class PostOffice {
  readonly #deps: PostOfficeDeps;
  readonly #channels: readonly Channel[];
  readonly #outbox: Outbox;

  constructor(deps: PostOfficeDeps, channels: readonly Channel[]) {
    this.#deps = deps;
    this.#channels = channels;
    this.#outbox = deps.kv.outbox;
  }

  /** Announces an event, once over all processes; alarms are logged, too. */
  async tell(notice: Notice): Promise<void> {
    const { clock, log } = this.#deps;
    const channels = this.#channels.filter((channel) => wants(channel, notice)).map(({ name }) => name);
    if (channels.length === 0 && notice.occasion === "succeeded") return;
    if (!(await this.#outbox.tell(notice, channels, clock.now()))) return;
    const { job, run, occasion, because } = notice;
    if (isAlarm(notice))
      log.warn({ job, run, because }, occasion === "late" ? "run is late" : "job is stale");
  }

  /** Announces the runs that have ended since, and sends what is due. */
  async work(signal: AbortSignal): Promise<void> {
    for (const id of await this.#outbox.unannounced(AT_ONCE)) await this.#tellOf(id);
    for (const channel of this.#channels) await this.#send(channel, signal);
  }

  async #tellOf(id: string): Promise<void> {
    const { store } = this.#deps;
    const run = await store.get(id);
    const notice = run && noticeOfRun(run, isGood(run) ? [] : await this.#failuresOf(id));
    if (notice !== undefined) await this.tell(notice);
    await this.#outbox.noteAnnounced(id);
  }

  /** As far as the log of the run goes back. */
  async #failuresOf(id: string): Promise<readonly FileReason[]> {
    const failures: FileReason[] = [];
    for (let after = "0"; ; ) {
      const entries = await this.#deps.store.logs(id, after);
      for (const { event } of entries) {
        const failure = failureIn(event);
        if (failure !== undefined) failures.push(failure);
      }
      const last = entries.at(-1);
      if (last === undefined) return failures;
      after = last.id;
    }
  }

  async #send({ name, shown, send }: Channel, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const batch = await this.#outbox.take(name, clock.now());
    if (batch === undefined) return;
    const patience = anySignal(signal, AbortSignal.timeout(PATIENCE_MS));
    try {
      await send(batch.notices, patience);
      await batch.done();
    } catch (error) {
      const because = messageOf(error);
      const pauseMs = error instanceof DeliveryError ? error.afterMs : undefined;
      const again = await batch.failed(clock.now(), pauseMs);
      if (again === undefined)
        log.error(
          { channel: shown, because },
          "notification abandoned after too many attempts; check the channel",
        );
      else {
        const next = `in ${formatDuration(again - clock.now())}`;
        log.warn({ channel: shown, because, next }, "notification not accepted; will retry");
      }
    }
  }
}

/** A run that recovered has succeeded, too. */
function wants({ on, jobs }: Channel, { occasion, job }: Notice): boolean {
  if (jobs !== undefined && !matchesName(jobs, job)) return false;
  return on.includes(occasion) || (occasion === "recovered" && on.includes("succeeded"));
}
