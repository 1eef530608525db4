import type { Journal } from "../../../batch/journal.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { HookMarks } from "../../../wiring/hooks/marks.ts";
import type { RateLimits } from "../../../transfer/rate-limit.ts";
import type { LastingMemory } from "../../../transfer/memory.ts";
import { Claims, type Tree } from "../../claims/claims.ts";
import { type FleetLedger, redisLedger } from "../../claims/ledger.ts";
import { type FleetUse, fleetUse } from "../../claims/ledger-use.ts";
import { type LivingWorker, livingWorkers, WorkerLease, workersAlive } from "../../claims/worker-lease.ts";
import { CountsByRun, type RunCounts } from "../../history/run-counts.ts";
import { Breaker } from "../../slots/breaker.ts";
import { type Lesson, lessonsOf } from "../../slots/learned.ts";
import { Slots, slotsInUse } from "../../slots/slots.ts";
import { waitingFor } from "../../slots/waiting.ts";
import type { IndexStore } from "../../../mirror/index/directory-index.ts";
import { BatchesByKey, type SharedBatches } from "../batches.ts";
import type { RedisClient } from "../client.ts";
import { readMeasures } from "../../history/measures.ts";
import type { KeyNames } from "../names.ts";
import { ReloadSignal } from "../reload-signal.ts";
import { findRow, leaveOut } from "../rows.ts";
import { RedisServer } from "../server.ts";
import { DueTimes } from "./due-times.ts";
import { type FileInFlight, filesInFlight, InFlight, type WorkerLane } from "./files/in-flight.ts";
import { hookMarks } from "./files/hook-marks.ts";
import { redisIndex, redisMemory, redisWritten, sharedOwner } from "./memory.ts";
import { Examinations } from "../../history/examinations.ts";
import { Outbox } from "./outbox.ts";
import { RedisRates } from "./rates.ts";
import { type Retention, RunRetention } from "./retention.ts";
import { LeftFiles } from "./files/left-files.ts";
import { TransferRoom } from "./transfer-room.ts";
import { type FinishedNote, noteFinished, runJournal } from "./run-journal.ts";
import type { RunStore } from "./runs.ts";
import { Skips } from "./skips.ts";
import { SliceStore } from "./slices.ts";
import { type StoredFile, StoredFiles } from "./files/stored-files.ts";
import { Watches } from "./watches.ts";

/** All that is kept of an installation beside its runs, by what it is; the one way to it for all that is not a store. */
export class Stores {
  readonly slices: SliceStore;
  readonly skips: Skips;
  readonly dueTimes: DueTimes;
  readonly watches: Watches;
  readonly outbox: Outbox;
  readonly examinations: Examinations;
  /** Hosts that are left alone for a while. */
  readonly breaker: Breaker;
  readonly reloads: ReloadSignal;
  readonly server: RedisServer;
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #finishing = new BatchesByKey<FinishedNote>((run, finished) =>
    noteFinished(this.#redis, this.#names, run, finished),
  );
  readonly #counting: CountsByRun;
  readonly #storing = new BatchesByKey<StoredFile>((run, files) => this.storedFiles(run).noteAll(files));

  constructor(redis: RedisClient, names: KeyNames, runs: RunStore) {
    this.#redis = redis;
    this.#names = names;
    this.#counting = new CountsByRun(redis, names);
    this.slices = new SliceStore(redis, names);
    this.skips = new Skips(redis, names);
    this.dueTimes = new DueTimes(redis, names, runs);
    this.watches = new Watches(redis, names, runs);
    this.outbox = new Outbox(redis, names);
    this.examinations = new Examinations(redis, names);
    this.breaker = new Breaker(redis, names);
    this.reloads = new ReloadSignal(redis, names);
    this.server = new RedisServer(redis, names.prefix);
  }

  /** Notes files that a run has stored, with those of all its slices in this process; to be closed. */
  storing(run: string): SharedBatches<StoredFile> {
    return this.#storing.of(run);
  }

  /** The files that a run has stored. */
  storedFiles(run: string): StoredFiles {
    return new StoredFiles(this.#redis, this.#names, run);
  }

  /** What a slice of a run copies now; it is to be disposed of. */
  inFlight(run: string, lane: WorkerLane, clock: Clock): InFlight {
    return new InFlight(this.#redis, this.#names, run, lane, clock);
  }

  /** What of a run is being copied now, by any worker. */
  filesInFlight(run: string): Promise<readonly FileInFlight[]> {
    return filesInFlight(this.#redis, this.#names, run);
  }

  /** How fast bytes of a run may move, over all workers. */
  rates(run: string, clock: Clock): RateLimits & Disposable {
    return new RedisRates(this.#redis, this.#names, run, clock);
  }

  /** What was finished of a copy at these targets. */
  journal(run: string, targets: readonly string[]): Promise<Journal> {
    return runJournal(this.#redis, this.#names, run, targets, () => this.#finishing.of(run));
  }

  /** Files of a run that were left as they were, and whose sources were seen to. */
  leftFiles(run: string): LeftFiles {
    return new LeftFiles(this.#redis, this.#names, run);
  }

  /** Room for files of a run that has a limit, over all workers. */
  room(run: string, worker: string): TransferRoom {
    return new TransferRoom(this.#redis, this.#names, run, worker);
  }

  /** Which hooks of a run were begun, by any worker. */
  hookMarks(run: string): HookMarks {
    return hookMarks(this.#redis, this.#names, run);
  }

  /** What a job has written to a target that keeps no times. @param key the job, and the target where it has many */
  written(key: string): ReturnType<typeof redisWritten> {
    return redisWritten(this.#redis, this.#names, key);
  }

  /** What a job's mirror knows of its directories. @param key the job, and the target where it has many */
  index(key: string): IndexStore {
    return redisIndex(this.#redis, this.#names, key);
  }

  /** Counts what goes over links, durations, failures and replies, with all slices of a run in this process; to be closed. */
  counting(run: string, clock: Clock): RunCounts {
    return this.#counting.of(run, clock);
  }

  /** What was counted by all workers, by field. */
  measures(): Promise<Readonly<Record<string, number>>> {
    return readMeasures(this.#redis, this.#names);
  }

  /** Forgets records of runs that have ended. */
  retention(keep: Retention): RunRetention {
    return new RunRetention(this.#redis, this.#names, keep);
  }

  /** What is known of hosts and routes, for all workers. */
  memory(): LastingMemory {
    return redisMemory(this.#redis, this.#names);
  }

  /** That a worker lives, from now until it is disposed of. */
  workerLease(about?: { readonly version: string; readonly sinceMs: number }): Promise<WorkerLease> {
    return WorkerLease.begin(this.#redis, this.#names, about);
  }

  /** The workers that live, and what each plans: the ids of runs among these that it has begun. */
  async workers(
    runs: readonly string[],
  ): Promise<readonly (LivingWorker & { readonly runs: readonly string[] })[]> {
    const [workers, planners] = await Promise.all([
      workersAlive(this.#redis, this.#names),
      Promise.all(
        runs.map((run) => {
          const key = this.#names.run(run);
          return findRow(this.#redis, key, this.#redis.hget(key, "worker"), null);
        }),
      ),
    ]);
    return workers.map((worker) => ({
      ...worker,
      runs: runs.filter((_, index) => planners[index] === worker.id),
    }));
  }

  /** How many workers live, on all machines. */
  livingWorkers(): Promise<number> {
    return livingWorkers(this.#redis, this.#names);
  }

  /** Who may write a file. @param closing ends waiting for that, with its reason */
  async ledger(lease: WorkerLease, closing: AbortSignal): Promise<FleetLedger> {
    const owner = await sharedOwner(this.#redis, this.#names);
    return redisLedger(this.#redis, this.#names, lease, owner, closing);
  }

  /** Who may write a tree. */
  claims(): Claims {
    return new Claims(this.#redis, { prefix: this.#names.prefix });
  }

  /** What workers write in these trees, which are claimed until it is disposed of. */
  fleetUse(trees: readonly Tree[], holder: string): Promise<FleetUse> {
    return fleetUse(this.#redis, this.#names, trees, holder);
  }

  /** Who may use hosts; to be disposed of. */
  slots(): Promise<Slots> {
    return Slots.open(this.#redis, { prefix: this.#names.prefix });
  }

  /** How much of each resource is held, by all processes. */
  slotsInUse(): Promise<ReadonlyMap<string, number>> {
    return slotsInUse(this.#redis, this.#names.prefix);
  }

  /** Who waits for each resource: jobs, and how many of their demands. */
  waitingFor(): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    return waitingFor(this.#redis, this.#names.prefix);
  }

  /** How many connections servers were found to allow, by resource. */
  lessons(): Promise<ReadonlyMap<string, Lesson>> {
    return lessonsOf(this.#redis, this.#names.prefix);
  }

  /** Leaves out what is in Redis and is not what it should be, with one warning. @param row what leads to it */
  leaveOut(row: string, because: string): undefined {
    return leaveOut(this.#redis, row, because);
  }
}
