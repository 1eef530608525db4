import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { passing } from "../directory.ts";
import { type Entry, parseRecord } from "../record.ts";
import { RecordedRun } from "./run-lines.ts";

/** Bytes of a log that are read at once. */
const MOST_READ = 2 ** 20;

/** A log that another process may be writing, as far as it was read. */
export class FollowedLog {
  readonly file: string;
  readonly state: RecordedRun;
  #read = 0;

  constructor(file: string, keepsFinished: boolean) {
    this.file = file;
    this.state = new RecordedRun(keepsFinished);
  }

  /** All that is in it; undefined where there is no such file any more. */
  static whole(file: string): FollowedLog | undefined {
    const log = new FollowedLog(file, true);
    return log.read() ? log : undefined;
  }

  get entry(): Entry | undefined {
    return parseRecord(this.state.record ?? "");
  }

  /** Reads on to the end. @returns false where there is no such file any more */
  read(): boolean {
    const descriptor = passing("ENOENT", () => openSync(this.file, "r"));
    if (descriptor === undefined) return false;
    try {
      for (;;) {
        const left = fstatSync(descriptor).size - this.#read;
        if (left <= 0) return true;
        const bytes = Buffer.alloc(Math.min(left, MOST_READ));
        const length = readSync(descriptor, bytes, 0, bytes.length, this.#read);
        this.state.push(bytes.subarray(0, length));
        this.#read += length;
      }
    } finally {
      closeSync(descriptor);
    }
  }
}
