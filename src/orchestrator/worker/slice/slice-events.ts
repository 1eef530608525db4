import type { CopyEvent, NoteEvent, TransferEvent } from "../../../batch/events.ts";
import type { Journal } from "../../../batch/journal.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";
import type { SharedRunLog } from "../../runs/run-log.ts";
import type { RunCounts } from "../../history/run-counts.ts";
import { causeOf } from "../../../batch/report/causes.ts";
import type { InFlight } from "../../kv/stores/files/in-flight.ts";
import { Batches, type SharedBatches } from "../../kv/batches.ts";
import { bucketFor, fileKey, type StoredFile } from "../../kv/stores/files/stored-files.ts";
import { xferlogLine } from "../../runs/xferlog.ts";
import type { FileTranscript } from "../../runs/transcript.ts";
import type { Done } from "./done.ts";
import type { LaneTranscript } from "./lane-transcript.ts";
import type { SliceItem } from "../queue/queues.ts";
import type { OpenSpan } from "../tracing.ts";
import type { PackedTask } from "./tasks.ts";
import type { FileTask, Target } from "../../../batch/task.ts";
import type { Moved } from "../../../transfer/policy.ts";

/** A task by its place in the slice. */
export interface Numbered {
  readonly index: number;
  readonly packed: PackedTask;
  readonly task: FileTask;
}

/** What is listened to, and what is known of it. */
interface Listening {
  readonly run: Run;
  readonly item: SliceItem;
  /** How often the slice was begun, this time included. */
  readonly times: number;
  /** Number of the lane in this worker: 1 … */
  readonly lane: number;
  readonly target: Target;
  readonly tasks: readonly Numbered[];
  readonly log: SharedRunLog;
  readonly journal: Journal;
  readonly transcript: LaneTranscript;
  readonly span: OpenSpan;
}

/** How often what is done of a slice, which is forgotten some day, is kept for longer. */
const KEEP_MS = 3_600_000;

/** What the engine reports about a slice, for those who watch it and for a worker that has to continue it. */
export class SliceEvents {
  readonly #deps: WorkerDeps;
  readonly #listening: Listening;
  readonly #byTarget: ReadonlyMap<string, Numbered>;
  readonly #bySource: ReadonlyMap<string, Numbered>;
  /** Files that were stored, and files that are done. What could not be counted is found by whoever begins the run anew. */
  readonly #storing: SharedBatches<StoredFile>;
  /** What is not noted is looked at again by whoever goes on, and found to be there. */
  readonly #noting: Batches<readonly [number, Done]>;
  readonly #writes: Promise<void>[] = [];
  readonly failures: PackedTask[] = [];
  /** Why files have failed; all of it is written each time, so that it counts once. */
  readonly #causes = new Map<string, number>();
  readonly #failing: Batches<string>;
  readonly #counts: RunCounts;
  readonly #inFlight: InFlight;
  #found = 0;
  /** Tasks, by their places in the slice, whose files were left as they were. */
  readonly untouched: number[] = [];
  /** When it was last seen to it that what is done is kept long enough. */
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(deps: WorkerDeps, listening: Listening) {
    this.#deps = deps;
    this.#listening = listening;
    const { run, tasks, target } = listening;
    this.#storing = deps.kv.storing(run.id);
    this.#noting = new Batches((done) => this.#noteDone(new Map(done)));
    this.#failing = new Batches((causes) => this.#countFailures(causes));
    this.#counts = deps.kv.counting(run.id, deps.clock);
    this.#inFlight = deps.kv.inFlight(run.id, { worker: deps.worker, lane: listening.lane }, deps.clock);
    this.#byTarget = new Map(tasks.map((one) => [target.place.at(one.task.target), one]));
    this.#bySource = new Map(
      tasks.map((one) => [one.task.source.place.at(one.task.source.path), one] as const),
    );
  }

  /** Files that were kept since this run has copied them before it was begun anew. */
  get found(): number {
    return this.#found;
  }

  /** A file is stored, and its source goes next: who begins the run anew would find nothing of it to count. Never rejects. */
  async beforeSource({ target }: FileTask, { by, bytes, resumedFrom }: Moved): Promise<void> {
    const { place } = this.#listening.target;
    const { o = 0, t = target } = this.#byTarget.get(place.at(target))?.packed ?? {};
    const isBegun = true;
    this.#storing.add({ key: fileKey(o, t), bucket: bucketFor(o, t), by, bytes, resumedFrom, isBegun });
    await this.#storing.settled();
  }

  /** The same of a file that is left as it is. Never rejects: what is not noted is only not counted. */
  async beforeLeftSource({ target }: FileTask, action: "keep" | "skip"): Promise<void> {
    const { run, target: to } = this.#listening;
    const { o = 0, t = target } = this.#byTarget.get(to.place.at(target))?.packed ?? {};
    await this.#deps.kv
      .leftFiles(run.id)
      .note(fileKey(o, t), action)
      .catch(() => {});
  }

  /** Until the files that were stored are counted where all workers look; never rejects. */
  counted(): Promise<void> {
    return this.#storing.settled();
  }

  /** Until all that was stored is counted, and all else is noted. */
  async settled(): Promise<void> {
    await this.#inFlight[Symbol.asyncDispose]();
    const writing = [this.#storing.close(), this.#noting.settled(), this.#failing.settled()];
    await Promise.all([...writing, ...this.#writes]);
    // They are for people who look on; no file waits for them.
    for (const [code, count] of this.#listening.transcript.replies())
      this.#counts.measures.replied(code, count);
    await this.#counts.close();
  }

  /**
   * What failed is tried again with the whole slice, and counted then. Never rejects: that replaces what is counted now.
   * @param retries files at least that are tried again, with or without a name
   */
  async takeBackFailures(retries = 0): Promise<void> {
    await this.#failing.settled();
    this.#listening.log.count({ retries: Math.max(retries, this.failures.length) });
    if (this.#causes.size === 0) return;
    this.#causes.clear();
    await this.#countFailures([]).catch(() => {});
  }

  async #countFailures(more: readonly string[]): Promise<void> {
    for (const cause of more) this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
    const { item, times } = this.#listening;
    await this.#deps.store.causes.countSlice(item, times, this.#causes);
  }

  async #noteDone(done: ReadonlyMap<number, Done>): Promise<void> {
    const nowMs = this.#deps.elapsedMs();
    const isKept = nowMs - this.#keptMs < KEEP_MS;
    if (!isKept) this.#keptMs = nowMs;
    await this.#deps.kv.slices.noteAllDone(this.#listening.item, done, isKept);
  }

  readonly emit = (event: CopyEvent): void => {
    const { log } = this.#listening;
    if (event.event === "note" && event.once === true) {
      this.#writes.push(this.#noteOnce(event).catch(() => {}));
      return;
    }
    log.add(event);
    this.#inFlight.note(event);
    this.#keep(this.#listening.transcript.note(event));
    if (event.event === "retry") log.count({ retries: 1 });
    if (event.event === "action" && (event.action === "keep" || event.action === "skip"))
      this.#left(event.action, event.path);
    if (event.event === "transfer") {
      this.#listening.span.file(event, this.#deps.clock.now());
      this.#ended(event);
    }
  };

  /** What kept the lane from going on; that which other slices met as well is kept once. Never rejects. */
  async keepRest(because: string, source: string, target: string): Promise<void> {
    const rest = this.#listening.transcript.rest(source, target);
    this.#keep(rest, because);
    await Promise.all(this.#writes);
  }

  /** @param once see {@link TranscriptStore.add} */
  #keep(transcript: FileTranscript | undefined, once?: string): void {
    if (transcript === undefined) return;
    const { id, order } = this.#listening.run;
    const isForAll = order.keepsTranscripts === true;
    const adding = this.#deps.store.transcripts.add(id, transcript, isForAll, once);
    this.#writes.push(adding.catch(() => {}));
  }

  /** Other slices of the run find the same. */
  async #noteOnce(event: NoteEvent): Promise<void> {
    const { log, store, clock } = this.#deps;
    const { id, order } = this.#listening.run;
    if (!(await store.notes.add(id, event.because))) return;
    log.warn({ job: order.job, run: id }, event.because);
    await store.log(id, [event], clock.now());
  }

  #left(action: "keep" | "skip", path: string): void {
    const { journal, log } = this.#listening;
    const one = this.#bySource.get(path);
    const isFound = action === "keep" && one !== undefined && journal.finished(one.task.target) !== undefined;
    const what = isFound ? "copied" : action === "keep" ? "kept" : "skipped";
    if (isFound) this.#found += 1;
    else log.count({ [what]: 1 });
    if (!isFound && one !== undefined) this.untouched.push(one.index);
    if (one !== undefined) this.#note(one.index, { what, bytes: 0, resumed: 0 });
  }

  #ended(event: TransferEvent): void {
    this.#record(event);
    const one = this.#byTarget.get(event.target) ?? this.#bySource.get(event.source);
    const { outcome, by, bytes, resumedFrom } = event;
    if (one !== undefined) this.#onLink(event, one);
    const isFailed = outcome === "failed" || outcome === "partial";
    if (isFailed) this.#counts.measures.failed(event.because);
    if (outcome !== "cancelled") this.#counts.measures.took("file", event.seconds * 1_000);
    if (isFailed) this.#failing.add(causeOf({ path: event.source, because: event.because }));
    if (isFailed && one !== undefined) this.failures.push(one.packed);
    // One that was kept, and whose source could not be seen to, was not stored now.
    if (outcome === "partial" && by === null && bytes + resumedFrom === 0) return;
    if (outcome !== "succeeded" && outcome !== "partial") return;
    const { o = 0, t = event.target } = one?.packed ?? {};
    const isPartial = outcome === "partial";
    this.#storing.add({ key: fileKey(o, t), bucket: bucketFor(o, t), by, bytes, resumedFrom, isPartial });
    if (one !== undefined && !isPartial && this.#listening.item.generation > 1)
      this.#note(one.index, { what: "copied", by, bytes, resumed: resumedFrom });
  }

  #onLink(event: TransferEvent, { task }: Numbered): void {
    const { run, target } = this.#listening;
    const link = { source: task.source.place.name, target: target.place.name };
    // What a server says that a stranger names by URL is for the daemon's own log.
    const isShown = event.outcome === "failed" && run.order.isForeign !== true;
    const cause = isShown ? causeOf({ path: event.source, because: event.because }) : "";
    this.#counts.links.add(link, event, cause);
  }

  #record(event: TransferEvent): void {
    const { log, clock, xferlog } = this.#deps;
    const { run } = this.#listening;
    xferlog(xferlogLine(event, run.order.job, clock.now()));
    const fields = { job: run.order.job, run: run.id, ...event };
    if (event.outcome === "failed") log.warn(fields, "file not copied");
    else if (event.outcome === "partial")
      log.warn(fields, "file copied, but its source could not be deleted, renamed or moved");
    else if (event.outcome === "cancelled") log.batched(fields, "file not copied: cancelled");
    else log.batched(fields, "file copied");
  }

  #note(index: number, done: Done): void {
    this.#noting.add([index, done]);
  }
}
