import { setMaxListeners } from "node:events";
import { copy } from "../../../copy/copy.ts";
import type { CopyEvent, Emit, SummaryEvent } from "../../../batch/events.ts";
import { noJournal } from "../../../batch/journal.ts";
import { mirror } from "../../../mirror/mirror.ts";
import type { MirrorDeps, MirrorRequest } from "../../../mirror/contract.ts";
import { directoriesLine } from "../../../batch/report/directories-line.ts";
import { mirrorAll } from "../../../mirror/targets.ts";
import { isCancellation, messageOf } from "../../../shared/errors.ts";
import { fileSpool } from "../../../state/spool.ts";
import type { FollowUp } from "../../../batch/follow-up.ts";
import type { HookedRun } from "../../../wiring/hooks/hooked-run.ts";
import { withHooks } from "../../../wiring/hooks/with-hooks.ts";
import type { Tree } from "../../claims/claims.ts";
import { hooksOf, partOf, requestOf, namesIn, type Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import { FOR_LATER, type ForLater, isForLater, Later, WAITING_MS, WOKEN_MS } from "../queue/later.ts";
import { lackOf } from "../../slots/lack.ts";
import { LeasedPool } from "../../slots/leased-pool.ts";
import { cancelledBecause, priorityOf, type Run } from "../../runs/run.ts";
import { addingTo, RunEventLog } from "../../runs/run-log.ts";
import { fleetRunners } from "./fleet-runners.ts";
import { giveUpAfter } from "../../runs/lost-workers.ts";
import { unexpectedFault, interruptedBy, interruptionOf, recordedBy } from "../../runs/requested-state.ts";
import { LostRunError } from "../../errors.ts";
import { isForQueue, logFault } from "../slice/slice-fault.ts";
import { readFollowers } from "../../runs/followers.ts";
import { endsOf, partyOf, writtenKey } from "../ends.ts";
import { requireTakenOver } from "../taken-over.ts";
import { PlanTranscript } from "./plan-transcript.ts";
import { RunProgress } from "./run-progress.ts";
import { retryFiles } from "./retry-files.ts";
import { endRun } from "../../runs/dispatch.ts";
import { claimTrees, type TreesClaim, treesOf } from "./trees.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** Until those who work on what an earlier generation planned know that it is over. */
const SETTLE_MS = 1_500;

/** A run in one of its generations, which writes trees. */
interface BegunRun {
  readonly run: Run;
  readonly generation: number;
  readonly request: Request;
  /** Programs to start before and after it; undefined: none. */
  readonly hooked: HookedRun | undefined;
  readonly claim: TreesClaim;
  readonly transcript: PlanTranscript;
}

/** A run that is carried out. */
interface CarriedRun extends BegunRun {
  readonly progress: RunProgress;
  /** What follows its directories; undefined: nothing does. */
  readonly followUp: FollowUp | undefined;
}

/** Plans one run, has its files copied by whoever works, and brings it to its end. */
export class RunPlan {
  readonly #deps: WorkerDeps;
  readonly #id: string;
  #timesWoken = 0;

  constructor(deps: WorkerDeps, id: string) {
    this.#deps = deps;
    this.#id = id;
  }

  /**
   * @returns the run as it ended, where it has by this
   * @throws Later for what cannot be done now
   */
  async execute(signal: AbortSignal): Promise<Run | undefined> {
    try {
      return await this.#attempt(signal);
    } catch (error) {
      if (signal.aborted || isForQueue(error)) throw error;
      const run = await this.#deps.store.get(this.#id);
      return run && this.#fail(run, undefined, error);
    }
  }

  async #attempt(signal: AbortSignal): Promise<Run | undefined> {
    const { store, clock, requested } = this.#deps;
    this.#timesWoken = await store.timesWoken(this.#id);
    const run = await store.get(this.#id);
    if (run === undefined || run.state === "ended") return undefined;
    if (run.wish === "cancel")
      return this.#end(run, undefined, "cancelled", run.wishBecause ?? cancelledBecause(run));
    const refusal = await this.#deps.authority.refusalOfOrder(run);
    if (refusal !== undefined) return this.#refuse(run, refusal);
    if (run.wish === "pause") throw new Later("paused", WOKEN_MS);
    const { startMs = 0 } = run.order;
    if (startMs > clock.now()) throw new Later("not due yet", startMs - clock.now());
    await this.#requireTurn(run);
    let request: Request;
    let hooked: HookedRun | undefined;
    const transcript = new PlanTranscript(run, store.transcripts, clock);
    try {
      const { directories } = this.#deps;
      const names = await namesIn(run.order, directories);
      request = await requestOf(run.order, directories, { transcript: transcript.add }, names);
      hooked = await hooksOf(run, directories);
    } catch (error) {
      return this.#end(run, undefined, "failed", messageOf(error));
    }
    await using claim = await this.#claim(run, treesOf(request));
    const beginning = await store.begin(run.id, clock.now(), this.#deps.worker);
    const generation = beginning?.generation;
    const poison = beginning && giveUpAfter(beginning);
    if (poison !== undefined) {
      await claim.release();
      return await this.#fail(run, generation, new LostRunError(poison));
    }
    using wish = requested.of(run.id, generation);
    const both = anySignal(signal, wish.signal, interruptedBy(claim.lost, "lost"));
    setMaxListeners(0, both);
    let ended: Run | undefined;
    if (generation !== undefined) {
      const span = this.#deps.tracing.run(run.id, run.order.job, generation);
      try {
        if (span.traceparent !== undefined) await store.noteTrace(run.id, span.traceparent);
        ended = await this.#conclude({ run, generation, request, hooked, claim, transcript }, both);
      } finally {
        span.end(ended?.outcome ?? "interrupted", ended?.because);
      }
    }
    // A run that goes on later keeps it as long as it is sure to come again soon.
    await claim.release();
    return ended;
  }

  /** Nothing of it is done, on this machine or another: it ends here. */
  #refuse(run: Run, because: string): Promise<Run | undefined> {
    this.#deps.log.warn({ job: run.order.job, run: run.id, because }, "run refused: order not accepted");
    return this.#end(run, undefined, "refused", because);
  }

  /** Whether it has been woken since it was last looked at. */
  async wasWoken(): Promise<boolean> {
    return (await this.#deps.store.timesWoken(this.#id)) !== this.#timesWoken;
  }

  /** One run of a job at a time, in the order in which they were asked for. @throws Later */
  async #requireTurn(run: Run): Promise<void> {
    const first = await this.#deps.store.firstOf(run.order.job);
    if (first !== undefined && first !== run.id)
      throw new Later(`${first} of the same job has not ended`, WOKEN_MS);
  }

  /** @throws Later while another run writes the same tree, or one around or in it */
  async #claim(run: Run, trees: readonly Tree[]): Promise<TreesClaim> {
    const claimed = await claimTrees(this.#deps.claims, trees, run.id);
    if (claimed.kind === "claimed") return claimed.claim;
    const isWoken = await this.#deps.store.waitFor(claimed.holder, run);
    throw new Later(claimed.because, isWoken ? WOKEN_MS : WAITING_MS);
  }

  async #conclude(begun: BegunRun, signal: AbortSignal): Promise<Run | undefined> {
    const { run, generation } = begun;
    const { store, clock } = this.#deps;
    try {
      if (generation > 1) await clock.sleep(SETTLE_MS, signal);
      const progress = await RunProgress.begin(this.#deps, run, begun.request, generation);
      const summary = await this.#betweenHooks(begun, progress, signal);
      const kind = interruptionOf(signal);
      if (isForLater(kind)) throw await this.#handedBack(begun, kind);
      if (kind === "obsolete") return await requireTakenOver(store, run.id, generation);
      if (kind === "fault") return await this.#fail(run, generation, unexpectedFault(signal));
      const { outcome } = summary;
      await begun.transcript.end(kind === "cancel" ? "cancelled" : "succeeded", begun.request);
      const isCancelled = kind === "cancel" && outcome === "cancelled"; // else it was done before
      const because = isCancelled ? (await store.get(run.id))?.wishBecause : summary.because;
      await progress.end(summary);
      return await this.#end(run, generation, outcome, because);
    } catch (error) {
      const kind = interruptionOf(signal);
      if (kind === "fault") return this.#fail(run, generation, unexpectedFault(signal));
      // What Redis could not do is done again when it can.
      if (isForQueue(error)) throw error;
      if (isForLater(kind)) throw await this.#handedBack(begun, kind);
      if (kind === "obsolete") return requireTakenOver(store, run.id, generation);
      if (kind === "cancel" || (signal.aborted && isCancellation(error)))
        return this.#end(run, generation, "cancelled", (await store.get(run.id))?.wishBecause ?? "cancelled");
      await begun.transcript.end("failed", begun.request);
      return this.#fail(run, generation, error);
    }
  }

  async #fail(run: Run, generation: number | undefined, error: unknown): Promise<Run | undefined> {
    const { store, clock } = this.#deps;
    logFault(this.#deps, { job: run.order.job, run: run.id }, error, "run failed");
    await store.log(run.id, [{ event: "note", because: messageOf(error) }], clock.now());
    return this.#end(run, generation, "failed", messageOf(error));
  }

  /** Whoever plans the run next begins another generation; the slices of this one are over at once. */
  async #handedBack({ run, generation }: BegunRun, kind: ForLater): Promise<Later> {
    const { store, clock } = this.#deps;
    await store.handBack(run.id, generation, clock.now());
    const [because, afterMs] = FOR_LATER[kind];
    await store.log(run.id, [{ event: "note", because }], clock.now());
    return new Later(because, afterMs);
  }

  /** A run that is to be planned again is not over. */
  async #betweenHooks(begun: BegunRun, progress: RunProgress, signal: AbortSignal): Promise<SummaryEvent> {
    const { store, clock, kv } = this.#deps;
    await using log = new RunEventLog(store, begun.run.id, clock, begun.generation);
    const goesOn = () => ![undefined, "cancel", "fault"].includes(interruptionOf(signal));
    const options = { goesOn, marks: kv.hookMarks(begun.run.id), truthful: recordedBy(signal) };
    const carryOut = (tell: Emit, followUp: FollowUp | undefined) =>
      this.#carryOut({ ...begun, progress, followUp }, tell, signal);
    return await withHooks(begun.hooked, addingTo(log, goesOn), signal, carryOut, options);
  }

  async #carryOut(
    { run, generation, request, claim, transcript, progress, followUp }: CarriedRun,
    tell: Emit,
    signal: AbortSignal,
  ): Promise<SummaryEvent> {
    const { kv, store, clock, chance, ledger, memory, slots, connections } = this.#deps;
    await store.failed.clear(run.id);
    const runnerOf = fleetRunners(this.#deps, { run, generation, request, progress, followUp });
    const directories = followUp?.directories;
    const { name, weight } = partyOf(run, request, priorityOf(run));
    const { sources, target } = endsOf(request);
    const onWaiting = (lack: string | undefined) => {
      if (lack === undefined) return;
      tell({ event: "note", because: `waiting for ${lackOf(lack, [...sources, target.place]).for}` });
    };
    const pool = new LeasedPool(slots, { name, weight, needs: [], onWaiting }, connections);
    const emit = (event: CopyEvent) => {
      if (event.event === "summary" && event.directories !== undefined && !signal.aborted)
        tell({ event: "note", because: directoriesLine(event.directories), once: true });
      tell(event);
      progress.note(event);
      transcript.note(event, request);
    };
    if (run.order.retryOf !== undefined)
      return retryFiles(this.#deps, run, request, { runnerOf, directories, emit }, signal);
    const common = { clock, chance, emit, memory, ledger, pool, followUp };
    const finishedBefore = async (targets: readonly string[]) => {
      const journal = await kv.journal(run.id, targets);
      return new Set(targets.filter((one) => journal.finished(one) !== undefined));
    };
    if (request.kind === "copy")
      return copy(
        request.request,
        { ...common, journal: noJournal, finishedBefore, runner: runnerOf(0, true) },
        signal,
      );
    const confirm = async () => {
      await claim.confirm();
      signal.throwIfAborted();
    };
    const { targets } = request;
    const depsOf = (one: MirrorRequest, isLast: boolean): MirrorDeps => {
      const part = targets.mirrors.indexOf(one);
      const key = writtenKey(run.order.job, partOf(request, part));
      const [written, index] = [kv.written(key), kv.index(key)];
      const earlier = {
        hasStored: (path: string, sizeBytes?: number) => progress.hasStored(part, path, sizeBytes),
        willLink: (path: string) => progress.sendLink(part, path),
      };
      return { ...common, runner: runnerOf(part, isLast), written, confirm, earlier, index };
    };
    if (targets.mirrors.length === 1) return mirror(request.request, depsOf(request.request, true), signal);
    using source = fileSpool();
    using peers = fileSpool();
    return await mirrorAll(targets, { clock, chance, emit, depsOf, spools: { source, peers }, pool }, signal);
  }

  /** @returns the run as it ended; undefined where another has ended it, or begun it anew */
  async #end(
    run: Run,
    generation: number | undefined,
    outcome: SummaryEvent["outcome"],
    because?: string,
  ): Promise<Run | undefined> {
    const { store, clock } = this.#deps;
    const followers = await readFollowers(this.#deps, run, outcome);
    const end = { generation, nowMs: clock.now(), outcome, because, followers };
    if (!(await endRun(this.#deps, run, end))) return undefined;
    return store.get(run.id);
  }
}
