import { setMaxListeners } from "node:events";
import { LocalRunner } from "../../../batch/local-runner.ts";
import { Tally } from "../../../batch/tally.ts";
import { TaskQueue } from "../../../batch/task-queue.ts";
import { parentOf } from "../../../ftp/pathname.ts";
import { refusalOfTask } from "../../authority/task-bounds.ts";
import { partOf, requestOf, type Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import { countsOf, untouchedOf } from "./done.ts";
import { doneAtStart } from "./done-before.ts";
import { fileHooks } from "./file-hooks.ts";
import { LOCAL_KEY } from "../../../wiring/places.ts";
import { HostPauses } from "./host-pauses.ts";
import { endsOf, hostKeysOf, ordersOf, partyOf } from "../ends.ts";
import { Later, sliceLater } from "../queue/later.ts";
import { LaneTranscript } from "./lane-transcript.ts";
import { requireTakenOver } from "../taken-over.ts";
import type { OpenSpan } from "../tracing.ts";
import { Pace } from "./pace.ts";
import { LeasedPool } from "../../slots/leased-pool.ts";
import type { SliceItem } from "../queue/queues.ts";
import { priorityOf, type Run } from "../../runs/run.ts";
import type { RunLogs } from "../../runs/run-log.ts";
import { type Numbered, SliceEvents } from "./slice-events.ts";
import { sliceJournal } from "./slice-journal.ts";
import type { SliceResult } from "./slice-result.ts";
import { budgetOfSlice } from "./run-limits.ts";
import { unpack } from "./tasks.ts";
import { Interruption, interruptionOf, isStopped } from "../../runs/requested-state.ts";
import type { BatchDeps } from "../../../batch/contract.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** Copies the files of a slice that are not done yet. */
export class SliceWork {
  /** Of hosts, that it waits for. */
  readonly pauses: HostPauses;
  readonly #deps: WorkerDeps;
  readonly #item: SliceItem;
  readonly #lane: number;
  readonly #times: number;
  readonly #logs: RunLogs;
  readonly #queue: TaskQueue;
  readonly #onWaiting: () => void;
  readonly #leaving = new AbortController();
  readonly #pace: Pace;
  #lack: string | undefined;
  /** Where its files come from and go, once that is known. */
  places: ReturnType<typeof endsOf>["sources"] = [];
  #isYielding = false;
  #turn: number | undefined;

  /**
   * @param begun how often it was begun, this time included, and in which of this worker's lanes it is: 1 …
   * @param logs of the runs that this process works on
   * @param onWaiting called whenever it has to wait for a host, or for others of its run
   */
  constructor(
    deps: WorkerDeps,
    item: SliceItem,
    begun: { readonly times: number; readonly lane: number },
    logs: RunLogs,
    onWaiting: () => void,
  ) {
    this.#deps = deps;
    this.pauses = new HostPauses(deps);
    this.#pace = new Pace(deps.elapsedMs());
    this.#item = item;
    this.#lane = begun.lane;
    this.#times = begun.times;
    this.#logs = logs;
    this.#queue = new TaskQueue();
    this.#onWaiting = onWaiting;
  }

  get run(): string {
    return this.#item.run;
  }

  get isYielding(): boolean {
    return this.#isYielding;
  }

  get hosts(): readonly string[] {
    return this.#item.hosts;
  }

  /** Whether it holds its lane, and next to nothing moves. */
  isSlow(nowMs: number): boolean {
    if (this.#lack !== undefined) this.#pace.restart(nowMs);
    return this.#pace.isSlow(nowMs);
  }

  /** What it waits for now, which all workers share; nothing is in flight meanwhile. */
  get lack(): string | undefined {
    return this.#lack;
  }

  /**
   * Stops after the files in flight, for others who wait; the rest comes again behind them.
   * @param turn its place in the queue from then on; absent: the same
   */
  yield(turn?: number): void {
    this.#isYielding = true;
    this.#turn = turn;
    this.#queue.abandon();
    if (this.#lack !== undefined) this.#leaving.abort(new Interruption("yield"));
  }

  /** @throws Later for what cannot be done now, or not to its end */
  async execute(signal: AbortSignal): Promise<void> {
    const { store, requested } = this.#deps;
    const run = await store.get(this.#item.run);
    // Its run has ended, or is or will be begun anew and cut into other slices.
    if (run === undefined || run.state !== "running" || run.generation !== this.#item.generation) return;
    if (run.wish === "cancel") return;
    const paused = sliceLater(run.wish);
    if (paused !== undefined) throw paused;
    using wish = requested.of(run.id, run.generation);
    const both = anySignal(signal, wish.signal, this.#leaving.signal);
    setMaxListeners(0, both);
    const transcript = new LaneTranscript(this.#deps.clock, run.order.keepsTranscripts === true);
    const request = await this.#request(run, transcript);
    if (request === undefined) return;
    await this.pauses.requireNone(hostKeysOf(request));
    const result = await this.#traced(run, (span) => this.#copy(run, request, { transcript, span }, both));
    const kind = interruptionOf(both);
    if (kind === "obsolete") return await requireTakenOver(store, run.id, run.generation);
    // What interrupts it from now on comes too late: it is done.
    if (kind !== undefined && sliceLater(kind) === undefined) return;
    await this.#deps.kv.slices.writeResult(this.#item, result);
  }

  /** What its run is to do, as far as it is about these files; undefined, with a warning, for what it cannot be. */
  async #request(run: Run, { add }: LaneTranscript): Promise<Request | undefined> {
    const refusal = await this.#deps.authority.refusalOfOrder(run);
    if (refusal !== undefined) return this.#refuse(refusal);
    const { tasks, slice, generation } = this.#item;
    const part = tasks[0]?.o ?? 0;
    const fullRequest = await requestOf(run.order, this.#deps.directories, { transcript: add });
    const parts = fullRequest.kind === "copy" ? 1 : fullRequest.targets.mirrors.length;
    if (part < 0 || part >= parts) return this.#refuse("it is not for any of the run's targets");
    if (!slice.startsWith(`${generation}-`)) return this.#refuse("it belongs to an earlier start of its run");
    const request = partOf(fullRequest, part);
    for (const task of tasks) {
      const fault = (task.o ?? 0) === part ? refusalOfTask(task, request) : "it is for another target";
      if (fault !== undefined) return this.#refuse(fault);
    }
    return request;
  }

  /** What a planner has not cut, it does not wait for; else it finds the slice gone, and its files failed. */
  #refuse(because: string): undefined {
    const { run, slice } = this.#item;
    this.#deps.log.warn({ run, slice, because }, "slice refused: it does not belong to its run");
  }

  async #traced(run: Run, act: (span: OpenSpan) => Promise<SliceResult>): Promise<SliceResult> {
    const { slice, tasks } = this.#item;
    const span = this.#deps.tracing.slice(run.id, slice, tasks.length, run.trace);
    let result: SliceResult | undefined;
    try {
      result = await act(span);
      return result;
    } finally {
      const outcome = result === undefined ? "interrupted" : result.failed > 0 ? "partial" : "succeeded";
      span.end(outcome, result?.stopped);
    }
  }

  async #copy(
    run: Run,
    request: Request,
    listeners: { readonly transcript: LaneTranscript; readonly span: OpenSpan },
    signal: AbortSignal,
  ): Promise<SliceResult> {
    const { clock, chance, memory, slots, kv } = this.#deps;
    const ledger = this.#deps.ledger.forSlice();
    const { sources, target } = endsOf(request);
    this.places = [...sources, target.place];
    const tally = new Tally(clock);
    const done = await doneAtStart(this.#deps, this.#item, this.#times, "sourceAfter" in request.request);
    for (const one of done.values()) tally.add(countsOf(one));
    const tasks = this.#item.tasks.flatMap((packed, index) =>
      done.has(index) ? [] : [{ index, packed, task: unpack(packed, sources) }],
    );
    await using log = this.#logs.of(run.id);
    const journal = await sliceJournal(
      kv,
      run,
      request,
      tasks.map(({ task }) => task.target),
    );
    const followUp = await fileHooks(this.#deps, run, log);
    const events = new SliceEvents(this.#deps, {
      ...{ run, item: this.#item, times: this.#times, lane: this.#lane, target, tasks, log, journal },
      ...listeners,
    });
    const emit: BatchDeps["emit"] = (event) => {
      this.#pace.note(event, this.#deps.elapsedMs());
      events.emit(event);
    };
    const budget = budgetOfSlice(this.#deps, run, request.request, { tally, count: () => events.counted() });
    const rates = kv.rates(run.id, clock);
    const deps: BatchDeps = {
      ...{ clock, chance, ledger, memory, journal, emit, rates, budget, followUp },
      beforeSource: (task, moved) => events.beforeSource(task, moved),
      beforeLeftSource: (task, action) => events.beforeLeftSource(task, action),
    };
    const party = { ...partyOf(run, request, priorityOf(run)), onWaiting: this.#wait.bind(this) };
    const pool = new LeasedPool(slots, party, this.#deps.connections);
    const runner = new LocalRunner({ options: { ...ordersOf(request), parallel: 1 }, deps, pool, tally });
    try {
      for (const { task } of tasks)
        if (task.because !== undefined) runner.directoryExists(parentOf(task.target));
      for (const { task } of tasks) await this.#queue.push(task, signal);
      this.#queue.close();
      if (this.#isYielding) this.#queue.abandon();
      await runner.work(this.#queue, signal).catch((error: unknown) => {
        if (runner.stopped === undefined) throw error;
      });
    } finally {
      rates[Symbol.dispose]();
      await pool.close(!isStopped(signal));
      await followUp?.settled();
      await Promise.all([ledger.settled(), runner.settled(), budget?.settled()]);
      await Promise.all([events.settled(), journal.close(false)]);
    }
    await this.#settleTrouble(runner, request, tally, events);
    const forOthers = this.#isYielding ? new Later("others are waiting", 0, this.#turn) : undefined;
    const later = sliceLater(interruptionOf(signal)) ?? forOthers;
    if (later !== undefined) await events.takeBackFailures();
    if (later !== undefined) throw later;
    const result = this.#resultOf(tally, runner, events, tasks, signal);
    const untouched = [...untouchedOf(done), ...events.untouched];
    return untouched.length === 0 ? result : { ...result, untouched };
  }

  #wait(lack: string | undefined): void {
    this.#lack = lack;
    if (lack === undefined) return;
    if (this.#isYielding) this.#leaving.abort(new Interruption("yield"));
    else this.#onWaiting();
  }

  /** @throws Later where the trouble is a host's, and it may pass */
  async #settleTrouble(
    { stopped, stoppedBy, isSpent }: LocalRunner,
    request: Request,
    tally: Tally,
    events: SliceEvents,
  ): Promise<void> {
    const { breaker, clock, log } = this.#deps;
    if (isSpent) return;
    if (stopped === undefined) {
      if (tally.copied > 0) await breaker.reset(hostKeysOf(request));
      return;
    }
    const { sources, target } = endsOf(request);
    const names = sources.map(({ name }) => name).join(", ");
    await events.keepRest(stopped, names, target.place.name);
    const culprit = [target.place, ...sources].find(({ name }) => name === stoppedBy) ?? target.place;
    // A full disk of this machine is no reason for other directories of this machine to wait.
    if (culprit.key === LOCAL_KEY) return;
    const pause = await breaker.trip(culprit.key, stopped, clock.now());
    log.warn(
      { host: culprit.name, because: stopped },
      pause === undefined
        ? "host still fails after several pauses; the rest of this slice fails"
        : "host paused; will retry",
    );
    if (pause === undefined) return;
    // Where nobody could log in, that was tried for the first file.
    await events.takeBackFailures(1);
    throw this.pauses.later([culprit.key], { ...pause, because: stopped });
  }

  #resultOf(
    tally: Tally,
    { stopped, isSpent }: LocalRunner,
    { found, failures }: SliceEvents,
    tasks: readonly Numbered[],
    signal: AbortSignal,
  ): SliceResult {
    const { files, bytes } = tally.summary(0, signal.aborted, undefined);
    const left = new Set(stopped === undefined ? [] : this.#queue.abandon());
    const untried = tasks.filter(({ task }) => left.has(task)).map(({ packed }) => packed);
    return {
      copied: files.copied + found,
      kept: files.kept - found,
      skipped: files.skipped,
      failed: files.failed + left.size,
      ...bytes,
      failures: [...failures, ...untried],
      ...(isSpent ? { left: left.size } : {}),
      ...(stopped === undefined ? {} : { stopped }),
    };
  }
}
