import type { Clock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import {
  type CleanLook,
  entryAfter,
  type IndexPolicy,
  type IndexVerdict,
  judgeSeen,
  leavesTargetOut,
  type SeenDirectory,
  youngAt,
} from "./decide.ts";
import type { LookedBy } from "./entry.ts";
import { decodeIndex, encodeIndex, IndexTable, keyOfDirectory } from "./table.ts";

/** Where the index of one mirror is kept between runs. */
export interface IndexStore {
  /** Undefined: there is none. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
}

/** How a mirror uses its index. */
export interface IndexOrder extends IndexPolicy {
  /** Digest of all options that say what is compared, and how: 32 hexadecimal digits. */
  readonly options: string;
}

/** Directories of a run by how it is known that nothing is to be done in them. */
export interface IndexCounts {
  /** Compared exactly. */
  compared: number;
  /** Taken as unchanged, as both sides showed by STAT or by listings. */
  byStatus: number;
  byListing: number;
  /** Taken as unchanged without a look at the target. */
  targetTrusted: number;
}

/** What one mirror knows of its directories from earlier runs, and notes for later ones. */
export class DirectoryIndex {
  readonly #store: IndexStore;
  readonly #order: IndexOrder;
  readonly #clock: Clock;
  readonly #table: IndexTable;
  /** Whether what is kept belongs to other options, or cannot be read, and so is replaced in any case. */
  readonly #isNew: boolean;
  readonly #tell: (because: string) => void;
  readonly counts: IndexCounts = { compared: 0, byStatus: 0, byListing: 0, targetTrusted: 0 };

  private constructor(parts: Parts) {
    const { store, order, clock, tell, table, isNew } = parts;
    [this.#store, this.#order, this.#clock, this.#tell] = [store, order, clock, tell];
    [this.#table, this.#isNew] = [table, isNew];
  }

  /**
   * Reads what is kept. What cannot be read is as if there were nothing.
   * @param tell called with why everything is compared exactly, unless it is the first run
   */
  static async open(
    store: IndexStore,
    order: IndexOrder,
    clock: Clock,
    tell: (because: string) => void,
  ): Promise<DirectoryIndex> {
    const parts = { store, order, clock, tell };
    let because = "it is damaged";
    try {
      const bytes = await store.read();
      const records = bytes === undefined ? "other-options" : decodeIndex(bytes, order.options);
      if (typeof records === "object")
        return new DirectoryIndex({ ...parts, table: new IndexTable(records), isNew: false });
      if (records === "other-options")
        return new DirectoryIndex({ ...parts, table: new IndexTable(), isNew: bytes !== undefined });
    } catch (error) {
      because = messageOf(error);
    }
    tell(`the index of this mirror cannot be read, so all directories are compared exactly: ${because}`);
    return new DirectoryIndex({ ...parts, table: new IndexTable(), isNew: true });
  }

  /** @param path below the roots */
  verdictOn(path: string, seen: SeenDirectory, nowMs: number): IndexVerdict {
    const key = keyOfDirectory(path);
    return judgeSeen(key, this.#table.find(key), seen, this.#order, nowMs);
  }

  /** Whether the target need not be looked at where the source looks as it did. */
  leavesTargetOut(path: string): boolean {
    if (this.#order.trustTargetMs === undefined) return false;
    const key = keyOfDirectory(path);
    return leavesTargetOut(key, this.#table.find(key), this.#order, this.#clock.now());
  }

  /** See {@link youngAt}. */
  youngAt(path: string): number | undefined {
    return youngAt(this.#table.find(keyOfDirectory(path)));
  }

  /** When a directory was compared exactly, in milliseconds since 1970. */
  exactMs(path: string): number {
    return (this.#table.find(keyOfDirectory(path))?.exactS ?? 0) * 1_000;
  }

  /** A directory was taken as unchanged. @param lookedMs when the look began */
  keep(path: string, by: LookedBy, isTargetTrusted: boolean, lookedMs: number): void {
    if (isTargetTrusted) this.counts.targetTrusted += 1;
    else if (by === "status") this.counts.byStatus += 1;
    else this.counts.byListing += 1;
    if (isTargetTrusted || this.#order.trustTargetMs === undefined) return;
    const key = keyOfDirectory(path);
    const entry = this.#table.find(key);
    if (entry !== undefined) this.#table.note(key, { ...entry, targetS: Math.floor(lookedMs / 1_000) });
  }

  /** A directory was compared exactly. @param clean where that ended with nothing left to do */
  note(path: string, clean: Omit<CleanLook, "nowMs"> | undefined): void {
    const key = keyOfDirectory(path);
    if (clean === undefined) return this.#table.forget(key);
    this.#table.note(key, entryAfter(this.#table.find(key), { ...clean, nowMs: this.#clock.now() }));
  }

  /** Keeps it for the next run. @param isComplete whether the run came to all directories that there are */
  async save(isComplete: boolean): Promise<void> {
    const records = this.#table.records(isComplete);
    if (records === undefined && !this.#isNew) return;
    try {
      await this.#store.write(encodeIndex(this.#order.options, records ?? Buffer.alloc(0)));
    } catch (error) {
      this.#tell(`the index of this mirror cannot be kept for the next run: ${messageOf(error)}`);
    }
  }
}

interface Parts {
  readonly store: IndexStore;
  readonly order: IndexOrder;
  readonly clock: Clock;
  readonly tell: (because: string) => void;
  readonly table: IndexTable;
  readonly isNew: boolean;
}
