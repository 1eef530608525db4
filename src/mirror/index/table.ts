import { createHash } from "node:crypto";
import type { IndexEntry } from "./entry.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

const MAGIC = Buffer.from("fxpd-index 1\n");
/** Of the options that the comparisons were made with, and of all that is before it at the end. */
const DIGEST_BYTES = 16;
const HEAD_BYTES = MAGIC.length + DIGEST_BYTES;
const KEY_BYTES = 12;
const PRINT_BYTES = 8;
/** A directory's key, two fingerprints and three times. */
export const RECORD_BYTES = KEY_BYTES + 2 * PRINT_BYTES + 3 * 4;
/** Directories in one index; of more nothing is kept. 64 MB or so. */
const MOST_RECORDS = 1_500_000;

/** A directory in an index. @param path below the roots */
export function keyOfDirectory(path: string): string {
  // Of the text's JSON: in UTF-8, names that are no text would all be the same.
  return hexDigest(JSON.stringify(path), 2 * KEY_BYTES);
}

/** What is kept of a mirror's directories, by their keys: what was read, in as many bytes, and what has been noted since. */
export class IndexTable {
  readonly #records: Buffer;
  readonly #seen: Uint8Array;
  /** Undefined: nothing is kept of it any more. */
  readonly #noted = new Map<string, IndexEntry | undefined>();

  /** @param records sorted, {@link RECORD_BYTES} each */
  constructor(records: Buffer = Buffer.alloc(0)) {
    this.#records = records;
    this.#seen = new Uint8Array(records.length / RECORD_BYTES);
  }

  find(key: string): IndexEntry | undefined {
    const at = this.#indexOf(key);
    if (at !== undefined) this.#seen[at] = 1;
    if (this.#noted.has(key)) return this.#noted.get(key);
    return at === undefined ? undefined : recordAt(this.#records, at * RECORD_BYTES);
  }

  note(key: string, entry: IndexEntry): void {
    this.#noted.set(key, entry);
  }

  forget(key: string): void {
    if (this.#indexOf(key) !== undefined || this.#noted.has(key)) this.#noted.set(key, undefined);
  }

  /**
   * @param isComplete whether all directories that there are have been asked for, so that others are gone
   * @returns records to be kept, sorted; undefined where they are those that were read
   */
  records(isComplete: boolean): Buffer | undefined {
    const isGone = (at: number) => isComplete && this.#seen[at] === 0;
    if (this.#noted.size === 0 && !(isComplete && this.#seen.includes(0))) return undefined;
    const kept: Buffer[] = [];
    for (let at = 0; at < this.#seen.length; at += 1) {
      const record = this.#records.subarray(at * RECORD_BYTES, (at + 1) * RECORD_BYTES);
      if (!isGone(at) && !this.#noted.has(record.toString("hex", 0, KEY_BYTES))) kept.push(record);
    }
    for (const [key, entry] of this.#noted) if (entry !== undefined) kept.push(recordOf(key, entry));
    kept.sort((one, two) => Buffer.compare(one, two));
    return Buffer.concat(kept.slice(0, MOST_RECORDS));
  }

  #indexOf(key: string): number | undefined {
    const wanted = Buffer.from(key, "hex");
    let [from, to] = [0, this.#seen.length];
    while (from < to) {
      const at = (from + to) >> 1;
      const order = wanted.compare(this.#records, at * RECORD_BYTES, at * RECORD_BYTES + KEY_BYTES);
      if (order === 0) return at;
      if (order < 0) to = at;
      else from = at + 1;
    }
    return undefined;
  }
}

function recordOf(key: string, { source, target, sinceS, exactS, targetS }: IndexEntry): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record.write(key, 0, KEY_BYTES, "hex");
  record.write(source, KEY_BYTES, PRINT_BYTES, "hex");
  record.write(target, KEY_BYTES + PRINT_BYTES, PRINT_BYTES, "hex");
  let at = KEY_BYTES + 2 * PRINT_BYTES;
  for (const seconds of [sinceS, exactS, targetS]) at = record.writeUInt32BE(seconds, at);
  return record;
}

function recordAt(records: Buffer, at: number): IndexEntry {
  const prints = at + KEY_BYTES;
  const times = prints + 2 * PRINT_BYTES;
  return {
    source: records.toString("hex", prints, prints + PRINT_BYTES),
    target: records.toString("hex", prints + PRINT_BYTES, times),
    sinceS: records.readUInt32BE(times),
    exactS: records.readUInt32BE(times + 4),
    targetS: records.readUInt32BE(times + 8),
  };
}

/** An index as it is kept. @param options digest of what the comparisons depend on, hexadecimal */
export function encodeIndex(options: string, records: Buffer): Buffer {
  const head = Buffer.concat([MAGIC, Buffer.from(options, "hex").subarray(0, DIGEST_BYTES)]);
  const content = Buffer.concat([head, records]);
  return Buffer.concat([content, digestOf(content)]);
}

/** @returns `other-options` where it was made with others, `damaged` where it cannot be read */
export function decodeIndex(bytes: Uint8Array, options: string): Buffer | "damaged" | "other-options" {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = all.length - DIGEST_BYTES;
  const size = end - HEAD_BYTES;
  if (size < 0 || size % RECORD_BYTES !== 0 || !all.subarray(0, MAGIC.length).equals(MAGIC)) return "damaged";
  if (!digestOf(all.subarray(0, end)).equals(all.subarray(end))) return "damaged";
  const made = all.toString("hex", MAGIC.length, HEAD_BYTES);
  return made === options ? all.subarray(HEAD_BYTES, end) : "other-options";
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest().subarray(0, DIGEST_BYTES);
}

/** Of what comparisons depend on, for {@link encodeIndex}. */
export function digestOfOptions(text: string): string {
  return hexDigest(text, 2 * DIGEST_BYTES);
}
