import { fstatSync, openSync, readdirSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Begun, TargetClaim } from "../../transfer/ledger.ts";
import { deleteFile, isCreated, unique, writeWhole } from "../directory.ts";
import type { FileClaims } from "../file-claims.ts";
import { lockedNow } from "../file-lock.ts";
import { Heartbeat, isHeardOf } from "../heartbeat.ts";
import { type Entry, heldBy, isHeld, recordOf } from "../record.ts";
import { makeOwnDirectory } from "../state-error.ts";
import { FollowedLog } from "./followed-log.ts";
import { OwnLog } from "./own-log.ts";
import type { OtherRun, SharedRuns } from "./run-store.ts";

/** Types of file systems (statfs(2)) whose files look the same to all who have them open, at once. */
const COHERENT = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
  0x794c7630, // overlayfs
]);

/**
 * Runs that share a state directory, in its `runs/`: a log for each, and `generation`, which is one byte longer whenever
 * a run has announced itself.
 */
export class FileRuns implements SharedRuns {
  readonly isCoherent: boolean;
  readonly #directory: string;
  readonly #folder: string;
  readonly #claims: FileClaims;
  readonly #heartbeat: Heartbeat;
  readonly #followed = new Map<string, FollowedLog>();
  #own: OwnLog | undefined;
  #generation: number | undefined;
  #lapses = 0;

  constructor(directory: string, claims: FileClaims) {
    this.#directory = directory;
    this.#folder = join(directory, "runs");
    this.#claims = claims;
    this.#heartbeat = Heartbeat.of(directory);
    makeOwnDirectory(this.#folder);
    this.isCoherent = COHERENT.has(statfsSync(this.#folder).type >>> 0);
  }

  get isLost(): boolean {
    if (this.#own === undefined || this.#heartbeat.lapses === this.#lapses) return false;
    if (!this.#own.isThere) return true;
    this.#lapses = this.#heartbeat.lapses;
    return false;
  }

  /** Whether there is a log of our own that still counts. */
  get isOpen(): boolean {
    return this.#own !== undefined && !this.isLost;
  }

  open(text: string): void {
    this.#heartbeat.begin();
    this.#lapses = this.#heartbeat.lapses;
    this.#own?.close();
    this.#own = undefined;
    const file = join(this.#folder, `${unique()}.log`);
    const lines = this.#record() + text;
    isCreated(file, lines);
    this.#own = new OwnLog(file, lines);
  }

  append(text: string): void {
    if (this.#own === undefined) throw new Error("this run's log is not open");
    this.#own.append(text);
    if (this.#own.isLong && !this.isLost) this.#own = this.#own.replaced(this.#record());
  }

  announce(): void {
    writeSync(this.#generationFile(), "+");
  }

  generation(): number {
    return fstatSync(this.#generationFile()).size;
  }

  others(): readonly OtherRun[] {
    return this.#followAll().map((log) => ({
      isAlive: this.#isAlive(log),
      trees: log.state.trees,
      begun: log.state.begun,
      heldBy: log.entry === undefined ? "another run is writing this target" : heldBy(log.entry),
    }));
  }

  settle(): boolean {
    using lock = lockedNow(join(this.#folder, "lock"));
    if (lock === undefined) return false;
    for (const log of this.#followAll()) if (!this.#isAlive(log)) this.#takeOver(log);
    return true;
  }

  recorded(): Set<string> {
    return this.#claims.keys();
  }

  take(key: string, fresh: Begun): TargetClaim {
    return this.#claims.take(key, fresh);
  }

  leave(key: string, begun: Begun, arrivedBy: TargetClaim["arrivedBy"]): void {
    this.#claims.leave(key, recordOf(begun, true, this.#heartbeat.id, arrivedBy));
  }

  /** What the logs of other runs say of a journal. */
  finished(journal: string): readonly string[] {
    const logs = this.#others((name) => FollowedLog.whole(join(this.#folder, name)));
    return logs.flatMap(({ state }) => state.finished.get(journal) ?? []);
  }

  /** Moves what our own log says of a journal into a file of that. */
  export(journal: string): void {
    if (this.#own === undefined) return;
    const lines = FollowedLog.whole(this.#own.file)?.state.finished.get(journal) ?? [];
    this.#writeJournal(journal, unique(), lines);
  }

  /** @param isOver nothing that the log says is needed any more */
  close(isOver: boolean): void {
    if (isOver && this.isOpen && this.#own !== undefined) deleteFile(this.#own.file);
    this.#own?.close();
    this.#own = undefined;
  }

  #record(): string {
    return recordOf(undefined, false, this.#heartbeat.id);
  }

  #generationFile(): number {
    this.#generation ??= openSync(join(this.#folder, "generation"), "a+", 0o600);
    return this.#generation;
  }

  #followAll(): readonly FollowedLog[] {
    const logs = this.#others((name) => this.#follow(name));
    const files = new Set(logs.map(({ file }) => file));
    for (const [name, { file }] of this.#followed) if (!files.has(file)) this.#followed.delete(name);
    return logs;
  }

  /**
   * The logs of other runs. A name is never used twice: one that was missing once stays missing, even where it is
   * listed, as a link that leads nowhere is, or what a network file system lists from its cache.
   * @param read undefined where there is no such file any more
   */
  #others(read: (name: string) => FollowedLog | undefined): readonly FollowedLog[] {
    const missing = new Set<string>();
    for (;;) {
      const names = readdirSync(this.#folder).filter((name) => name.endsWith(".log") && !missing.has(name));
      const others = names.filter((name) => join(this.#folder, name) !== this.#own?.file);
      const logs = others.map(read);
      // One that is there no more may have been replaced by one that was not there yet.
      if (areThere(logs)) return logs;
      for (const [index, name] of others.entries()) if (logs[index] === undefined) missing.add(name);
    }
  }

  #follow(name: string): FollowedLog | undefined {
    const log = this.#followed.get(name) ?? new FollowedLog(join(this.#folder, name), false);
    this.#followed.set(name, log);
    return log.read() ? log : undefined;
  }

  #isAlive({ entry }: FollowedLog): boolean {
    return entry !== undefined && isHeld(entry, (id) => isHeardOf(this.#directory, id));
  }

  /** Deleted last: whoever finds it again after a crash does the same once more. */
  #takeOver({ file, entry, state }: FollowedLog): void {
    for (const [key, begun] of state.begun) {
      const record = { ...(entry ?? UNKNOWN), isFree: true, begun, nonce: unique() };
      this.#claims.leave(key, `${JSON.stringify(record)}\n`);
    }
    const run = /([^/]+)\.log$/.exec(file)?.[1] ?? "";
    const finished = FollowedLog.whole(file)?.state.finished ?? new Map<string, string[]>();
    for (const [journal, lines] of finished) this.#writeJournal(journal, run, lines);
    deleteFile(file);
  }

  #writeJournal(journal: string, run: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const folder = join(this.#directory, "journals");
    makeOwnDirectory(folder);
    writeWhole(join(folder, `${journal}-${run}.jsonl`), lines.map((text) => `${text}\n`).join(""));
  }
}

function areThere(logs: (FollowedLog | undefined)[]): logs is FollowedLog[] {
  return !logs.includes(undefined);
}

/** Of a log whose first line cannot be read; nobody knows who wrote it. */
const UNKNOWN: Entry = { machine: "", process: 0, since: "", isFree: true };
