import type { Beginning } from "../../runs/lost-workers.ts";
import type { RunOutcome } from "../../../batch/events.ts";
import { measureRun } from "../../history/measures.ts";
import { RunCauses } from "../../history/run-causes.ts";
import { RunNotes } from "../../history/run-notes.ts";
import { type SigningKey, signed } from "../../authority/signing.ts";
import type { KeyNames } from "../names.ts";
import { FailedFiles } from "./files/failed-files.ts";
import { TranscriptStore } from "./transcripts.ts";
import type { RedisClient } from "../client.ts";
import { Count, findRow, leaveOut } from "../rows.ts";
import { JobStore } from "./jobs.ts";
import { END, WAITERS_SECONDS } from "../../runs/end-effects.ts";
import { isBehind, type LogEntry, logEntriesOf } from "../../runs/log-entry.ts";
import type { RunRequest } from "../../runs/request.ts";
import { COUNTERS, type Counters, type Run, type RunOrder, type RequestedState } from "../../runs/run.ts";
import { OUTCOMES, runOf } from "../../runs/run-of.ts";
import { ADDED_UP, BEGIN, COUNT, CREATE, CREATE_RETRY, HAND_BACK, LOG, SET, WAIT } from "./run-scripts.ts";

const TOTALS = new Set<string>([...COUNTERS, ...OUTCOMES.map((outcome) => `runs:${outcome}`)]);

/** Entries of one run's log that are kept; each file's own record is in the workers' transfer logs. */
const LOG_ENTRIES = 20_000;

/** How long the key of a submission stands for its run. */
const SUBMISSION_SECONDS = 30 * 86_400;

/** What is counted over all runs, whether they are still known or not; what never happened is absent. */
export type Totals = Readonly<Partial<Record<keyof Counters | `runs:${RunOutcome}`, number>>>;

/** What came of ending a run. */
interface EndedRun {
  /** Not where it has been begun anew since, or had ended. */
  readonly isEnded: boolean;
  /** Ids of the runs that were made. */
  readonly followers: readonly string[];
  /** Ids of runs that are to be looked at now; each is noted as woken. */
  readonly woken: readonly string[];
}

/** Runs in Redis. Whatever is read from there is checked; what is no run any more is none. */
export class RunStore {
  readonly #redis: RedisClient;
  readonly names: KeyNames;
  /** What is known of jobs between their runs. */
  readonly jobs: JobStore;
  /** Why files of runs have failed. */
  readonly causes: RunCauses;
  /** What has failed of a run, for the one that tries again. */
  readonly failed: FailedFiles;
  /** Transcripts of commands and replies. */
  readonly transcripts: TranscriptStore;
  /** Notes, each of which is logged once in a run. */
  readonly notes: RunNotes;
  readonly #key: SigningKey | undefined;

  /** @param key what orders are signed with, so that workers carry them out whatever their own jobs are */
  constructor(redis: RedisClient, names: KeyNames, key?: SigningKey) {
    this.#redis = redis;
    this.names = names;
    this.jobs = new JobStore(redis, names);
    this.causes = new RunCauses(redis, names);
    this.failed = new FailedFiles(redis, names);
    this.notes = new RunNotes(redis, names);
    this.transcripts = new TranscriptStore(redis, names);
    this.#key = key;
  }

  /** Runs as the scripts take them that make runs: id, job and signed order of each. */
  argsOf(requests: readonly RunRequest[]): readonly string[] {
    return requests.flatMap(({ id, order }) => [id, order.job, JSON.stringify(signed(order, id, this.#key))]);
  }

  /** Asks for a run. @returns false where there is one of this id already */
  async create(id: string, order: RunOrder, nowMs: number): Promise<boolean> {
    const { prefix, runs } = this.names;
    const args = [prefix, nowMs, ...this.argsOf([{ id, order }])];
    return ((await CREATE.run(this.#redis, [runs], args)) as string[]).length > 0;
  }

  /** Asks for a run of what failed in another. @returns the run that does that: this one, or one that has not ended */
  async createRetry(of: string, request: RunRequest, nowMs: number): Promise<string> {
    const args = [this.names.prefix, nowMs, ...this.argsOf([request])];
    return String(await CREATE_RETRY.run(this.#redis, [this.names.run(of)], args));
  }

  /** Takes a submission's key for a run. @returns the run that has it: this one, or one of before */
  async takeKey(digest: string, id: string): Promise<string> {
    const key = this.names.submission(digest);
    const isNew = (await this.#redis.set(key, id, "EX", SUBMISSION_SECONDS, "NX")) !== null;
    return isNew ? id : ((await this.#redis.get(key)) ?? id);
  }

  /**
   * @param worker who begins it
   * @returns which beginning this is, 1 …, and what has befallen those before; undefined for a run that has ended
   */
  async begin(id: string, nowMs: number, worker = ""): Promise<Beginning | undefined> {
    const keys = [this.names.run(id), this.names.worker("")];
    const answer = (await BEGIN.run(this.#redis, keys, [nowMs, worker])) as number[];
    const [generation = 0, deaths = 0, cutOff = 0, hasSlices = 0] = answer;
    return generation === 0 ? undefined : { generation, deaths, cutOff, hasSlices: hasSlices === 1 };
  }

  /** By what slices of this beginning are parts of its trace (W3C Trace Context). */
  async noteTrace(id: string, traceparent: string): Promise<void> {
    await this.#redis.hset(this.names.run(id), "trace", traceparent);
  }

  /** Files of this beginning are in flight from now on. */
  async noteSlices(id: string, generation: number): Promise<void> {
    await this.#redis.hset(this.names.run(id), "sliced", generation);
  }

  /** Nobody plans it now, and what is left of this generation is of no use any more. */
  async handBack(id: string, generation: number, nowMs: number): Promise<void> {
    await HAND_BACK.run(this.#redis, [this.names.run(id)], [generation, nowMs]);
  }

  /** Ends a run, with all that follows from that, in one step. @param generation undefined: whichever it is */
  async end(
    run: Pick<Run, "id" | "order">,
    generation: number | undefined,
    nowMs: number,
    outcome: RunOutcome,
    because = "",
    followers: readonly RunRequest[] = [],
  ): Promise<EndedRun> {
    const { names } = this;
    const { job, dryRun, retryOf, completes } = run.order;
    const kind = [dryRun ? 1 : 0, retryOf === undefined ? 0 : 1, (completes === true && retryOf) || ""];
    const fixed = [names.prefix, run.id, job, generation ?? 0, nowMs, outcome, because, ...kind];
    const args = [...fixed, ...this.argsOf(followers)];
    const answer = await END.run(this.#redis, [names.run(run.id)], args);
    const [isOurs, made = [], woken = []] = answer as [number, string[]?, string[]?];
    if (isOurs !== 1) return { isEnded: false, followers: [], woken: [] };
    await measureRun(this.#redis, names, run.id, nowMs).catch(() => {});
    // It says only that something is new; who misses it looks by himself.
    await this.#redis.publish(names.news, JSON.stringify({ run: run.id, ended: outcome })).catch(() => {});
    return { isEnded: true, followers: made, woken };
  }

  async get(id: string): Promise<Run | undefined> {
    return (await this.#all([id]))[0];
  }

  /** The last ones that were asked for, the latest first. @param job absent: of all jobs */
  async latest(limit: number, job?: string): Promise<readonly Run[]> {
    const index = job === undefined ? this.names.runs : this.names.runsOf(job);
    return this.#all(await this.#redis.zrevrange(index, "0", String(limit - 1)));
  }

  /** Those that have not ended, the earliest first. @param job absent: of all jobs */
  async unfinished(job?: string): Promise<readonly Run[]> {
    const index = job === undefined ? this.names.open : this.names.openOf(job);
    return this.#all(await this.#redis.zrange(index, "0", "-1"));
  }

  /** The earliest run of a job that has not ended: the one whose turn it is. */
  async firstOf(job: string): Promise<string | undefined> {
    for (let at = 0; ; at += 1) {
      const [id] = await this.#redis.zrange(this.names.openOf(job), String(at), String(at));
      if (id === undefined) return undefined;
      const run = await this.get(id);
      // What is only in the index delays nobody.
      if (run !== undefined && run.state !== "ended" && run.order.job === job) return id;
    }
  }

  async isBusy(job: string): Promise<boolean> {
    return (await this.firstOf(job)) !== undefined;
  }

  /** Some of those that have not ended, the earliest first, and when they were asked for. */
  async openFrom(offset: number, limit: number): Promise<readonly { id: string; createdMs: number }[]> {
    const { open } = this.names;
    const found = await this.#redis.zrange(open, String(offset), String(offset + limit - 1), "WITHSCORES");
    return found.flatMap((id, at) => (at % 2 === 0 ? [{ id, createdMs: Number(found[at + 1]) }] : []));
  }

  /** A run is to be woken when another has ended. @returns false where that is so already */
  async waitFor(other: string, run: Pick<Run, "id" | "createdMs">): Promise<boolean> {
    const keys = [this.names.run(other), this.names.waiters(other)];
    return (await WAIT.run(this.#redis, keys, [run.id, run.createdMs, WAITERS_SECONDS])) === 1;
  }

  /** Notes that a run is to be looked at again, also by whoever is just putting it aside. */
  async noteWoken(id: string): Promise<void> {
    await this.#redis.hincrby(this.names.run(id), "woken", 1);
  }

  /** How often it was woken. */
  async timesWoken(id: string): Promise<number> {
    const key = this.names.run(id);
    return Number((await findRow(this.#redis, key, this.#redis.hget(key, "woken"), null)) ?? 0);
  }

  async #all(ids: readonly string[]): Promise<readonly Run[]> {
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hgetall(this.names.run(id));
    const answers = (await pipeline.exec()) ?? [];
    const runs = await Promise.all(ids.map((id, at) => this.#read(id, answers[at])));
    return runs.filter((run) => run !== undefined);
  }

  /** What is no run is left out; one that has been forgotten meanwhile without a word. */
  async #read(id: string, [error, fields]: [Error | null, unknown] = [null, {}]): Promise<Run | undefined> {
    const key = this.names.run(id);
    const answer = error === null ? Promise.resolve(fields) : Promise.reject(error);
    const found = (await findRow(this.#redis, key, answer, {})) as Record<string, string>;
    if (Object.keys(found).length === 0) return undefined;
    const read = runOf(id, found);
    return "run" in read ? read.run : leaveOut(this.#redis, key, read.fault);
  }

  /** @param by how much more there is of each */
  async count(id: string, by: Partial<Counters>): Promise<void> {
    const more = Object.entries(by).filter(([, amount]) => amount !== 0);
    if (more.length === 0) return;
    const isTotal = (name: string) => (ADDED_UP as readonly string[]).includes(name);
    const args = more.flatMap(([name, amount]) => [name, amount, isTotal(name) ? 1 : 0]);
    await COUNT.run(this.#redis, [this.names.run(id), this.names.totals], args);
  }

  async setCounters(id: string, counters: Partial<Counters>): Promise<void> {
    await SET.run(this.#redis, [this.names.run(id)], Object.entries(counters).flat());
  }

  async totals(): Promise<Totals> {
    const fields = Object.entries(await this.#redis.hgetall(this.names.totals));
    return Object.fromEntries(
      fields.flatMap(([name, text]) => {
        const count = Count.safeParse(text);
        if (TOTALS.has(name) && count.success) return [[name, count.data]];
        return leaveOut(this.#redis, `${this.names.totals} ${name}`, "not a valid counter") ?? [];
      }),
    );
  }

  /** @param because why it is cancelled, where nobody has asked for that */
  async requestState(id: string, wish: RequestedState, because?: string): Promise<void> {
    const why = because === undefined ? {} : { wishBecause: because };
    await this.#redis.hset(this.names.run(id), { wish, ...why });
    await this.#redis.publish(this.names.requestedStates, JSON.stringify({ run: id, wish }));
  }

  async log(id: string, events: readonly LogEntry["event"][], nowMs: number): Promise<void> {
    if (events.length === 0) return;
    const args = [LOG_ENTRIES, nowMs, ...events.map((event) => JSON.stringify(event))];
    await LOG.run(this.#redis, [this.names.log(id)], args);
  }

  /** What happened after an entry, the earliest first. @param after an entry's id; `0`: from the beginning */
  async logs(id: string, after = "0", limit = 1_000): Promise<readonly LogEntry[]> {
    const key = this.names.log(id);
    const eventsOf = (found: readonly (readonly [string, string[]])[]) =>
      found.flatMap(([entry, fields]) =>
        logEntriesOf(entry, fields, (at, fault) => leaveOut(this.#redis, `${key} ${at}`, fault)),
      );
    let from = after.includes("-") ? after : `${after}-0`;
    // What is stored together with it, and behind it.
    const last = await findRow(this.#redis, key, this.#redis.xrevrange(key, from, "-", "COUNT", 1), []);
    const entries = from === "0-0" ? [] : eventsOf(last).filter((entry) => isBehind(entry.id, after));
    for (;;) {
      const range = this.#redis.xrange(key, `(${from}`, "+", "COUNT", limit);
      const found = await findRow(this.#redis, key, range, []);
      entries.push(...eventsOf(found));
      // Who reads on begins behind the last one; of a page of bad entries there is none.
      from = found.at(-1)?.[0] ?? from;
      if (entries.length > 0 || found.length < limit) return entries.slice(0, limit);
    }
  }
}
