import type { CopyEvent, SummaryEvent } from "../../../batch/events.ts";
import type { Tally } from "../../../batch/tally.ts";
import type { Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";
import {
  type EarlierFiles,
  fileKey,
  nothingEarlier,
  type StoredFile,
  type StoredFiles,
} from "../../kv/stores/files/stored-files.ts";
import type { How } from "../../kv/stores/files/left-files.ts";
import { Planned } from "./planned.ts";
import type { PackedTask } from "../slice/tasks.ts";

/**
 * What one beginning of a run counts. What workers store is counted as it is stored, in the run's record; here is what
 * the planner decides and does, and what it finds that an earlier beginning of the same run has done.
 */
export class RunProgress {
  readonly #deps: Pick<WorkerDeps, "store">;
  readonly #run: Run;
  readonly #stored: StoredFiles;
  readonly #earlier: EarlierFiles;
  /** Whether files that an earlier beginning has stored are found by comparing, and not planned again. */
  readonly #isComparing: boolean;
  readonly #planned = new Planned();
  readonly #tallies: Tally[] = [];
  #deleted = 0;
  /** Files that were found to be stored by an earlier beginning. */
  #found = 0;
  /** Files that are planned although an earlier beginning has stored them: they have changed since. */
  #again = 0;
  /** Files that an earlier beginning has left as they were, and that were not found again, since their sources are gone. */
  readonly #left: Map<string, How>;
  /** Files that workers have copied. */
  #copied = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(
    deps: Pick<WorkerDeps, "store">,
    run: Run,
    request: Request,
    stored: StoredFiles,
    earlier: EarlierFiles,
    left: Map<string, How>,
  ) {
    this.#left = left;
    this.#deps = deps;
    this.#run = run;
    this.#stored = stored;
    this.#earlier = earlier;
    this.#isComparing = isComparing(run, request);
  }

  /** @param generation which beginning this is, 1 …; what those before have noted is noted by now */
  static async begin(
    deps: Pick<WorkerDeps, "kv" | "store">,
    run: Run,
    request: Request,
    generation: number,
  ): Promise<RunProgress> {
    const stored = deps.kv.storedFiles(run.id);
    const hasEarlier = generation > 1 && isComparing(run, request);
    const earlier = hasEarlier ? await stored.earlier() : nothingEarlier;
    const left = generation > 1 ? await deps.kv.leftFiles(run.id).all() : new Map<string, How>();
    return new RunProgress(deps, run, request, stored, earlier, left);
  }

  /** What is counted for one of the run's targets. */
  watch(tally: Tally): void {
    this.#tallies.push(tally);
  }

  /** Counts what can be seen while the run goes on. */
  note(event: CopyEvent): void {
    const { store } = this.#deps;
    if (this.#planned.note(event)) this.#write(store.setCounters(this.#run.id, this.#plan));
    if (event.event !== "action" || (event.action !== "delete" && event.action !== "trash")) return;
    const deleted = this.#tallies.reduce((sum, tally) => sum + tally.deleted, 0);
    const more = deleted - this.#deleted;
    this.#deleted = deleted;
    if (more > 0) this.#write(store.count(this.#run.id, { deleted: more }));
  }

  /** Whether a file that is found to be equal is so since this run has stored it. */
  hasStored(part: number, target: string, sizeBytes: number | undefined): boolean {
    const key = fileKey(part, target);
    if (!this.#earlier.hasStored(key)) {
      if (!this.#earlier.hasSent(key)) return false;
      // Who stored it died before that was noted.
      const by = likelyWay(this.#run);
      this.#write(this.#stored.note({ key, by, bytes: sizeBytes ?? 0, resumedFrom: 0 }));
    }
    this.#found += 1;
    return true;
  }

  /** These files are about to be given to workers. */
  async send(slice: string, tasks: readonly PackedTask[]): Promise<void> {
    const files = tasks.map(({ o = 0, t, s }) => ({ key: fileKey(o, t), sizeBytes: s }));
    for (const { key } of files) {
      if (this.#earlier.hasStored(key)) this.#again += 1;
      this.#left.delete(key);
    }
    // What does not compare finds nothing that way.
    if (this.#isComparing) await this.#stored.send(slice, files);
  }

  /** A link is about to be made. */
  sendLink(part: number, target: string): void {
    const key = fileKey(part, target);
    this.#write(this.#stored.send(`link ${key}`, [{ key, sizeBytes: 0 }]));
  }

  /** @param copied how many of a slice's files workers have copied */
  settle(slice: string, copied: number): void {
    this.#copied += copied;
    if (this.#isComparing) this.#write(this.#stored.settle(slice));
  }

  /** The run has been carried out, as far as that is possible. */
  async end({ files }: Pick<SummaryEvent, "files">): Promise<void> {
    const { store } = this.#deps;
    await this.#writing;
    // Links are made here, by nobody else.
    const links = files.copied - this.#copied - this.#found;
    if (links > 0) await store.count(this.#run.id, { copied: links });
    const left = [...this.#left.values()];
    const kept = files.kept + left.filter((how) => how === "keep").length;
    const skipped = files.skipped + left.filter((how) => how === "skip").length;
    await store.setCounters(this.#run.id, { kept, skipped, failed: files.failed, ...this.#plan });
  }

  /** What was stored earlier was planned; what is planned once more is one file all the same. */
  get #plan() {
    const { files, bytes } = this.#planned.sum;
    const stored = this.#earlier.count;
    const share = stored === 0 ? 0 : (stored - this.#again) / stored;
    return { files: stored - this.#again + files, bytes: Math.round(storedBytes(this.#run) * share) + bytes };
  }

  #write(writing: Promise<void>): void {
    this.#writing = Promise.all([this.#writing, writing.catch(() => {})]);
  }
}

/** What is copied by name, or tried again, is not compared as a tree: it is planned again as it was. */
function isComparing(run: Run, { kind }: Request): boolean {
  return kind === "mirror" && run.order.retryOf === undefined && !run.order.dryRun;
}

function storedBytes({ counters }: Run): number {
  const { thirdParty, relayed, serverSide, resumed } = counters;
  return thirdParty + relayed + serverSide + resumed;
}

/** The way of most bytes of this run so far. */
function likelyWay({ counters }: Run): NonNullable<StoredFile["by"]> {
  const { thirdParty, relayed, serverSide } = counters;
  if (relayed > thirdParty && relayed >= serverSide) return "relay";
  return serverSide > thirdParty ? "server-side" : "third-party";
}
