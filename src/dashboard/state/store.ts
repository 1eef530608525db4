import { useEffect, useState } from "preact/hooks";
import type { MeView } from "../../api/views/system-schemas.ts";
import type { HistoryView } from "../../api/views/history-schemas.ts";
import type { LinkExaminationView } from "../../api/views/link-schemas.ts";
import type { JobView, RunView } from "../../api/views/schemas.ts";
import { ApiError, get, listen, readiness, serverNowMs } from "./client.ts";
import type { StreamEvent } from "./event-blocks.ts";
import { keyOfLink, movedBytes, recentRate, type Sample, withSample } from "./model.ts";

export type OwnAccess = MeView;

/** Ended runs that are kept in memory beside those that go on. */
const MOST_ENDED = 500;
const READINESS_MS = 5_000;

/** The state of everything, as far as this tab knows. */
export class Store {
  readonly jobs = new Map<string, JobView>();
  readonly runs = new Map<string, RunView>();
  /** Of links, by {@link keyOfLink}. */
  readonly examinations = new Map<string, LinkExaminationView>();
  readonly samples = new Map<string, readonly Sample[]>();
  /** The last runs of each job, the latest first. */
  history: ReadonlyMap<string, readonly HistoryView[]> = new Map();
  /** What the overview is filtered by, also when somebody comes back to it. */
  query = "";
  fault: ApiError | undefined;
  /** Why nothing goes on, though the API answers. */
  troubles: readonly string[] = [];
  isLoaded = false;
  /** ID of the last event received. */
  #last: string | undefined;
  #wasConnected = false;
  #isHistoryOld = true;
  /** Whether runs may have been deleted without an event about it. */
  #isRunListOld = false;
  #listeners = new Set<() => void>();
  #isTelling = false;

  /** Calls the listener on every change, at most once a frame. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Why the API does not answer, as a caller has found; undefined: it does. */
  reportFault(fault: ApiError | undefined): void {
    if (this.fault === fault) return;
    this.fault = fault;
    this.#tell();
  }

  /** What is asked for every so often. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#followHistory(signal), this.#followReadiness(signal)]);
  }

  /**
   * What the API tells by itself; after an interruption, also what has changed meanwhile, but not what was removed:
   * that is asked for.
   */
  async listen(signal: AbortSignal): Promise<void> {
    const onConnected = () => {
      if (this.#wasConnected) this.#doubt();
      this.#wasConnected = true;
    };
    const onEvents = (events: readonly StreamEvent[], last: string | undefined) => {
      this.#last = last;
      this.#take(events);
    };
    const onFault = (fault: ApiError | undefined) => this.reportFault(fault);
    await listen("events", { onEvents, onFault, onConnected }, signal, this.#last);
  }

  #doubt(): void {
    this.#isHistoryOld = true;
    this.#isRunListOld = true;
  }

  /** Runs that go on, the latest first. */
  get running(): readonly RunView[] {
    return [...this.runs.values()]
      .filter(({ state }) => state !== "ended")
      .sort((one, two) => two.createdMs - one.createdMs);
  }

  rate(run: string): number | undefined {
    return recentRate(this.samples.get(run) ?? [], Date.now());
  }

  #take(events: readonly StreamEvent[]): void {
    for (const { event, data } of events) {
      if (event === "job") this.#takeJob(data as JobView);
      if (event === "job-removed") this.jobs.delete((data as { readonly job: string }).job);
      if (event === "run") this.#takeRun(data as RunView);
      if (event === "examination") {
        const examination = data as LinkExaminationView;
        this.examinations.set(keyOfLink(examination), examination);
      }
    }
    this.isLoaded = true;
    this.#tell();
  }

  #takeJob(job: JobView): void {
    const before = this.jobs.get(job.name);
    if (before?.lastRun?.id !== job.lastRun?.id) this.#isHistoryOld = true;
    this.jobs.set(job.name, job);
  }

  #takeRun(run: RunView): void {
    this.runs.set(run.id, run);
    if (run.state === "running") {
      const sample = { atMs: Date.now(), bytes: movedBytes(run) };
      this.samples.set(run.id, withSample(this.samples.get(run.id) ?? [], sample));
    } else this.samples.delete(run.id);
    if (this.runs.size <= MOST_ENDED * 1.2) return;
    const ended = [...this.runs.values()].filter(({ state }) => state === "ended");
    ended.sort((one, two) => (one.endedMs ?? 0) - (two.endedMs ?? 0));
    for (const { id } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.runs.delete(id);
  }

  async #followHistory(signal: AbortSignal): Promise<void> {
    for (let looks = 0; !signal.aborted; looks += 1) {
      // Of an installation without jobs and runs, the event stream has nothing to say.
      if (this.#isHistoryOld && (this.isLoaded || looks >= 10)) {
        this.#isHistoryOld = false;
        try {
          type Answer = {
            readonly jobs: readonly { readonly job: string; readonly runs: readonly HistoryView[] }[];
          };
          const before = [...this.jobs.keys()];
          const { jobs } = await get<Answer>("history?runs=20", signal);
          this.history = new Map(jobs.map(({ job, runs }) => [job, runs]));
          if (jobs.length === 0) this.isLoaded = true;
          const names = new Set(jobs.map(({ job }) => job));
          // Nothing else reports a job whose file is gone.
          for (const name of before) if (!names.has(name)) this.jobs.delete(name);
          this.#tell();
          if (this.#isRunListOld) await this.#forgetRuns(signal);
        } catch {
          this.#isHistoryOld = true;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, this.isLoaded || looks >= 10 ? 2_000 : 100));
    }
  }

  /** Runs that go on here and are not known there any more. */
  async #forgetRuns(signal: AbortSignal): Promise<void> {
    const before = this.running.map(({ id }) => id);
    // Not afterwards: the stream may have been interrupted again meanwhile.
    this.#isRunListOld = false;
    const { runs } = await get<{ readonly runs: readonly RunView[] }>("runs?limit=1000", signal).catch(
      (error: unknown) => {
        this.#isRunListOld = true;
        throw error;
      },
    );
    const known = new Set(runs.map(({ id }) => id));
    // Those that were asked for earlier than these are asked about one by one.
    for (const id of before.filter((one) => !known.has(one))) {
      const fault = await get(`runs/${encodeURIComponent(id)}`, signal).catch((error: unknown) => error);
      if (!(fault instanceof ApiError)) continue;
      // One that this token may not see any more is as good as gone.
      if (fault.status === 404 || fault.status === 403) this.runs.delete(id);
      else [this.#isRunListOld, this.#isHistoryOld] = [true, true];
    }
    this.#tell();
  }

  async #followReadiness(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const reasons = await readiness(signal).catch(() => []);
      if (reasons.join() !== this.troubles.join()) {
        if (reasons.length === 0) this.#doubt();
        this.troubles = reasons;
        this.#tell();
      }
      await new Promise((resolve) => setTimeout(resolve, READINESS_MS));
    }
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    // A tab that nobody sees gets no frames.
    const later = document.hidden ? (act: () => void) => setTimeout(act, 1_000) : requestAnimationFrame;
    later(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

/** Draws again whenever the store changes. */
export function useStore(store: Store): void {
  const [, draw] = useState(0);
  useEffect(() => store.subscribe(() => draw((times) => times + 1)), [store]);
}

/** Draws again every so often, for ages: by the clock that the records go by. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(serverNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNowMs()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export interface Fetched<T> {
  readonly value: T | undefined;
  readonly fault: ApiError | undefined;
  readonly again: () => void;
}

/** What a path of the API answers, asked for again every so often. */
export function useGet<T>(path: string, everyMs = 10_000): Fetched<T> {
  const nothing = { path, value: undefined, fault: undefined };
  const [state, setState] = useState<Omit<Fetched<T>, "again"> & { readonly path: string }>(nothing);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    const ask = () =>
      get<T>(path, ending.signal).then(
        (value) => setState({ path, value, fault: undefined }),
        (fault: unknown) => {
          if (ending.signal.aborted) return;
          setState((before) => ({ ...(before.path === path ? before : nothing), fault: fault as ApiError }));
        },
      );
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => {
      ending.abort();
      clearInterval(timer);
    };
  }, [path, everyMs, turn]);
  // What was answered to another question says nothing about this one.
  const { value, fault } = state.path === path ? state : nothing;
  return { value, fault, again: () => setTurn((before) => before + 1) };
}
