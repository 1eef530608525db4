import { closeSync, fstatSync, openSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { deleteFile, isCreated, passing, unique } from "../directory.ts";
import { FollowedLog } from "./followed-log.ts";
import { linesOf } from "./run-lines.ts";

/** Up to here a log is not worth being replaced. */
const MOST_BYTES = 2 * 2 ** 20;

/** The log that this process writes. */
export class OwnLog {
  readonly file: string;
  readonly #descriptor: number;
  readonly #inode: number;
  #bytes: number;
  /** When more than this is in it, it is worth being replaced. */
  #mostBytes: number;
  /** Whether what was written last may be a part of a line. */
  #isCutOff = false;

  constructor(file: string) {
    this.file = file;
    this.#descriptor = openSync(file, "a");
    const { ino, size } = fstatSync(this.#descriptor);
    [this.#inode, this.#bytes, this.#mostBytes] = [ino, size, Math.max(MOST_BYTES, 2 * size)];
  }

  /** Whether others still see it. */
  get isThere(): boolean {
    return statSync(this.file, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** Whether most of it may be of the past, as far as its length tells. */
  get isLong(): boolean {
    return this.#bytes > this.#mostBytes;
  }

  append(text: string): void {
    const bytes = Buffer.from(this.#isCutOff ? `\n${text}` : text);
    this.#isCutOff = true;
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    this.#isCutOff = false;
    this.#bytes += bytes.length;
  }

  /**
   * The log that goes on from what this one says now, under another name: there first, so that whoever looks always sees one of
   * them, or both, which say the same. A crash leaves one or both.
   * @param record the first line
   * @returns itself where that cannot be, or others have taken it over
   */
  replaced(record: string): OwnLog {
    // Not again before it is twice as long.
    this.#mostBytes = 2 * this.#bytes;
    const file = join(dirname(this.file), `${unique()}.log`);
    let next: OwnLog | undefined;
    try {
      const state = FollowedLog.whole(this.file)?.state;
      if (state === undefined || !this.isThere) return this;
      isCreated(file, record + linesOf(state));
      next = new OwnLog(file);
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
}
