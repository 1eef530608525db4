import type { JobFile } from "../../config/schema/jobs.ts";
import { type Clock, knownInstant } from "../../shared/clock.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { formatDuration } from "../../shared/units.ts";
import type { Definition } from "../definitions.ts";
import { ClockSetBack } from "./clock-set-back.ts";
import { type Notice, jobNotice } from "../notify/notice.ts";
import type { Stores } from "../kv/stores/stores.ts";
import type { JobRecord } from "../kv/stores/jobs.ts";
import type { RunStore } from "../kv/stores/runs.ts";

interface StalenessDeps {
  readonly kv: Stores;
  readonly store: RunStore;
  readonly clock: Clock;
  /** Announces an event once, whichever process notices it. */
  readonly tell: (notice: Notice) => Promise<void>;
}

/** A job that is stale is looked at again after so long: a run may have gone well. */
const AGAIN_MS = 60_000;

/**
 * From when on a job is stale unless a run goes well before, milliseconds since 1970; a job without any good run is
 * counted from when a scheduler first saw it, and one that was put back from then on. Undefined where its file asks for nothing, or no scheduler has seen it.
 */
export function staleAtMs(
  { staleAfter }: Pick<JobFile, "staleAfter">,
  record: Pick<JobRecord, "lastGoodMs" | "knownSinceMs" | "knownAgainMs">,
  nowMs: number,
): number | undefined {
  const sinceMs = countedSince(record, nowMs);
  return staleAfter === undefined || sinceMs === undefined ? undefined : sinceMs + staleAfter;
}

/** Nobody wanted runs of a job while its file was away; what a wrong clock has noted is not known. */
function countedSince(record: Partial<JobRecord>, nowMs: number): number | undefined {
  const sinceMs = knownInstant(record.lastGoodMs, nowMs) ?? record.knownSinceMs;
  const knownAgainMs = knownInstant(record.knownAgainMs, nowMs);
  return sinceMs === undefined ? undefined : Math.max(sinceMs, knownAgainMs ?? sinceMs);
}

/** Sees jobs of which no run has gone well for too long, whatever the reason: also where none was due. */
export class Staleness {
  readonly #deps: StalenessDeps;
  #definitions: readonly Definition[] = [];
  /** Before these instants no job can be stale. */
  readonly #nextMs = new Map<string, number>();
  /** Jobs that are seen no longer, which has still to be noted. */
  readonly #gone = new Set<string>();
  readonly #setBack = new ClockSetBack();

  constructor(deps: StalenessDeps) {
    this.#deps = deps;
  }

  use(definitions: readonly Definition[]): void {
    const before = this.#definitions;
    this.#definitions = definitions.filter(({ job }) => job.staleAfter !== undefined);
    const names = new Set(this.#definitions.map(({ name }) => name));
    for (const { name } of before) if (!names.has(name)) this.#gone.add(name);
    for (const name of names) this.#gone.delete(name);
    this.#nextMs.clear();
  }

  async look(): Promise<void> {
    if (this.#setBack.since(this.#deps.clock.now())) this.#nextMs.clear();
    for (const name of this.#gone) {
      await this.#deps.kv.dueTimes.noteUnknown(name);
      this.#gone.delete(name);
    }
    for (const definition of this.#definitions) await this.#lookAt(definition);
  }

  async #lookAt({ name, job }: Definition): Promise<void> {
    const { kv, store, clock, tell } = this.#deps;
    const nowMs = clock.now();
    if (nowMs < (this.#nextMs.get(name) ?? 0)) return;
    await kv.dueTimes.noteKnown(name, nowMs);
    const record = await store.jobs.get(name);
    const atMs = staleAtMs(job, record, nowMs) ?? nowMs + AGAIN_MS;
    this.#nextMs.set(name, Math.max(atMs, nowMs + AGAIN_MS));
    if (nowMs < atMs) return;
    const sinceMs = countedSince(record, nowMs) ?? nowMs;
    await tell(jobNotice("stale", `stale ${name} ${sinceMs}`, name, nowMs, staleness(job, record, nowMs)));
  }
}

function staleness(
  { staleAfter = 0 }: Pick<JobFile, "staleAfter">,
  { knownSinceMs = 0, isPaused, lastOutcome, ...record }: JobRecord,
  nowMs: number,
): string {
  const lastGoodMs = knownInstant(record.lastGoodMs, nowMs);
  const knownAgainMs = knownInstant(record.knownAgainMs, nowMs) ?? 0;
  const last =
    lastGoodMs === undefined
      ? `none has succeeded since ${isoTime(knownSinceMs)}, when the job was first seen`
      : `the last one to succeed ended ${isoTime(lastGoodMs)}`;
  const again =
    knownAgainMs > (lastGoodMs ?? knownSinceMs) ? `; its file was put back ${isoTime(knownAgainMs)}` : "";
  const because = isPaused
    ? "; its schedule is paused"
    : lastOutcome === undefined || lastOutcome === "succeeded"
      ? ""
      : `; the last run ended as ${lastOutcome}`;
  return `no run has succeeded for ${formatDuration(staleAfter)}: ${last}${again}${because}`;
}
