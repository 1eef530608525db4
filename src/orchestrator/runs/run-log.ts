import type { CopyEvent, Emit } from "../../batch/events.ts";
import type { Clock } from "../../shared/clock.ts";
import { causeOf } from "../../batch/report/causes.ts";
import type { Counters } from "./run.ts";
import type { LogEntry } from "./log-entry.ts";
import type { RunStore } from "../kv/stores/runs.ts";

/** How long events wait for others to go with. */
const FLUSH_MS = 300;

/** What happens in a run, on its way to Redis: gathered, and without what nobody asks for afterwards. */
export class RunEventLog implements AsyncDisposable {
  readonly #store: RunStore;
  readonly #run: string;
  readonly #clock: Clock;
  readonly #generation: number | undefined;
  #events: LogEntry["event"][] = [];
  #counts: Partial<Record<keyof Counters, number>> = {};
  #causes = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param generation of the run, whose faults are counted by their causes; absent: none are */
  constructor(store: RunStore, run: string, clock: Clock, generation?: number) {
    this.#store = store;
    this.#run = run;
    this.#clock = clock;
    this.#generation = generation;
  }

  add(event: LogEntry["event"]): void {
    if (!isWorthKeeping(event)) return;
    this.#events.push(event);
    // Files fail in slices, which count them by themselves.
    if (event.event === "fault") this.#countCause(causeOf(event));
    this.#soon();
  }

  /** Counts what is done, so that it can be seen while the run goes on. */
  count(by: Partial<Counters>): void {
    for (const [name, amount] of Object.entries(by) as [keyof Counters, number][])
      this.#counts[name] = (this.#counts[name] ?? 0) + amount;
    this.#soon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #countCause(cause: string): void {
    this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [events, counts, causes] = [this.#events, this.#counts, this.#causes];
    [this.#events, this.#counts, this.#causes] = [[], {}, new Map<string, number>()];
    if (events.length === 0 && causes.size === 0 && Object.keys(counts).length === 0) return;
    this.#writing = this.#writing
      .then(() => this.#store.log(this.#run, events, this.#clock.now()))
      .then(() => this.#store.count(this.#run, counts))
      .then(() => this.#store.causes.count(this.#run, this.#generation ?? 0, causes))
      // What happened is what counts; the workers' own logs have it, too.
      .catch(() => {});
  }
}

/** Adds events to a run's log, but for its end where it goes on, elsewhere or later: it has only been interrupted. */
export function addingTo(log: Pick<RunEventLog, "add">, goesOn: () => boolean): Emit {
  return (event) => {
    const isEnd = event.event === "summary" || event.event === "target";
    if (!isEnd || !goesOn()) log.add(event);
  };
}

/** A run's log that several write together; it is to be disposed of by each. */
export type SharedRunLog = Pick<RunEventLog, "add" | "count" | typeof Symbol.asyncDispose>;

/** Logs of runs, one for all slices of a run in this process, so that many events go in one step. */
export class RunLogs {
  readonly #store: RunStore;
  readonly #clock: Clock;
  readonly #open = new Map<string, { readonly log: RunEventLog; users: number }>();

  constructor(store: RunStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  of(run: string): SharedRunLog {
    const shared = this.#open.get(run) ?? { log: new RunEventLog(this.#store, run, this.#clock), users: 0 };
    this.#open.set(run, shared);
    shared.users += 1;
    return {
      add: (event) => shared.log.add(event),
      count: (by) => shared.log.count(by),
      [Symbol.asyncDispose]: async () => {
        // What others of this process write on goes with theirs.
        if (shared.users === 1) await shared.log[Symbol.asyncDispose]();
        shared.users -= 1;
        if (shared.users === 0) this.#open.delete(run);
      },
    };
  }
}

/** A mirror keeps far more files than it copies; how many is counted. */
function isWorthKeeping(event: CopyEvent | LogEntry["event"]): boolean {
  if (event.event === "progress" || event.event === "sent" || event.event === "method") return false;
  if (event.event === "scan" || event.event === "start") return false;
  return event.event !== "action" || (event.action !== "keep" && event.action !== "copy");
}
