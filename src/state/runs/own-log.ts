import { closeSync, fdatasyncSync, fstatSync, openSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { deleteFile, isCreated, passing, unique } from "../directory.ts";
import { FollowedLog } from "./followed-log.ts";
import { recordLines } from "./run-lines.ts";

/** Up to so many bytes that may count no longer, a log is not worth being replaced. */
const MOST_BYTES = 2 * 2 ** 20;
/** Larger ones are not replaced: they are read and written in one step, which everything else waits for. */
const MOST_REPLACED_BYTES = 16 * 2 ** 20;

/** The log that this process writes. */
export class OwnLog {
  readonly file: string;
  readonly #descriptor: number;
  readonly #inode: number;
  #bytes: number;
  /** Bytes of lines that may count no longer: all but those of journals that are not closed. */
  #oldBytes = 0;
  /** When more than this may count no longer, it is worth being replaced. */
  #mostOldBytes: number;
  /** Bytes of `finished` lines, by the journal, until that is closed. */
  readonly #openJournals = new Map<string, number>();
  /** Whether what was written last may be a part of a line. */
  #isCutOff = false;

  /** @param text all that is in the file */
  constructor(file: string, text: string) {
    this.file = file;
    this.#descriptor = openSync(file, "a");
    const { ino, size } = fstatSync(this.#descriptor);
    [this.#inode, this.#bytes] = [ino, size];
    this.#count(text);
    this.#mostOldBytes = Math.max(MOST_BYTES, 2 * this.#oldBytes);
  }

  /** Whether others still see it. */
  get isThere(): boolean {
    return statSync(this.file, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** Whether it is worth being replaced, as far as the length of its lines tells. */
  get isLong(): boolean {
    if (this.#bytes > MOST_REPLACED_BYTES || this.#oldBytes <= this.#mostOldBytes) return false;
    return this.#oldBytes > this.#bytes / 2;
  }

  append(text: string): void {
    const bytes = Buffer.from(this.#isCutOff ? `\n${text}` : text);
    this.#isCutOff = true;
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    this.#isCutOff = false;
    this.#bytes += bytes.length;
    this.#count(text);
  }

  /**
   * The log that goes on from what this one says now, under another name: there first, so that whoever looks always sees one of
   * them, or both, which say the same. A crash leaves one or both.
   * @param record the first line
   * @returns itself where that cannot be, or others have taken it over
   */
  replaced(record: string): OwnLog {
    // Not again before it is twice as long.
    this.#mostOldBytes = 2 * this.#oldBytes;
    const file = join(dirname(this.file), `${unique()}.log`);
    let next: OwnLog | undefined;
    try {
      const state = FollowedLog.whole(this.file)?.state;
      if (state === undefined || !this.isThere) return this;
      const text = record + recordLines(state);
      isCreated(file, text);
      next = new OwnLog(file, text);
      // Else a power failure could leave neither: the old one's removal may reach the disk first.
      fdatasyncSync(next.#descriptor);
      // Who has taken this one over since then may not have seen the new one.
      if (this.isThere) {
        unlinkSync(this.file);
        this.close();
        return next;
      }
    } catch {
      // There is no room for it: this one is as good.
    }
    passing(undefined, () => deleteFile(file));
    next?.close();
    return this;
  }

  close(): void {
    passing(undefined, () => closeSync(this.#descriptor));
  }

  #count(text: string): void {
    for (const one of text.split("\n").slice(0, -1)) {
      const [, verb, journal = ""] = /^(finished|closed) (\S+)/.exec(one) ?? [];
      const finishedBytes = this.#openJournals.get(journal) ?? 0;
      const bytes = Buffer.byteLength(one) + 1;
      if (verb === "finished") this.#openJournals.set(journal, finishedBytes + bytes);
      else this.#oldBytes += bytes;
      if (verb !== "closed") continue;
      this.#oldBytes += finishedBytes;
      this.#openJournals.delete(journal);
    }
  }
}
