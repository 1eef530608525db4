import { hash } from "node:crypto";
import { z } from "zod";
import { parentOf } from "../../../../ftp/pathname.ts";
import { distinctInUtf8 } from "../../../../shared/octets.ts";
import type { KeyNames } from "../../names.ts";
import type { RedisClient } from "../../client.ts";
import type { Done } from "../../../worker/slice/done.ts";
import { BUCKETS, FIRST_BUCKET, NOTE, NOTED } from "./stored-scripts.ts";

/** Entries that are read in one step. */
const PAGE = 1_000;

/** Files that are noted in one step. */
const MOST_NOTED = 200;

/** How a file's bytes went, as one letter. */
const WAYS = { "third-party": "t", relay: "r", "server-side": "s" } as const;
type Way = keyof typeof WAYS;
const NO_WAY = "-";
/** The same of files that are not done. */
const PARTIAL = { t: "T", r: "R", s: "S", [NO_WAY]: "_" } as const;
/** The same of files that will be noted once more when what becomes of their sources is known. */
const BEGUN = { t: "x", r: "y", s: "z", [NO_WAY]: "w" } as const;
const BY_LETTER = new Map<string, Way | null>([
  ["t", "third-party"],
  ["r", "relay"],
  ["s", "server-side"],
  [NO_WAY, null],
]);

/** A file that a run has stored. */
export interface StoredFile {
  readonly key: FileKey;
  /** The same for files that are stored together, as {@link bucketFor} says; absent: one by the key. */
  readonly bucket?: number;
  /** Null where that is not known, or where nothing had to move. */
  readonly by: Way | null;
  /** Bytes that were moved: without those that an earlier try had left. */
  readonly bytes: number;
  readonly resumedFrom: number;
  /** Whether something is left to be done with it, such as its source; absent: nothing is. */
  readonly isPartial?: boolean;
  /** Whether its source is about to go, after which it is noted again; absent: it is not. */
  readonly isBegun?: boolean;
}

/** A file of a run in few letters: 52 bits, so that a number holds it. */
type FileKey = string;

/**
 * @param part which of the run's targets it goes to, 0 …
 * @param target its pathname there
 */
export function fileKey(part: number, target: string): FileKey {
  const digest = hash("sha256", `${part}\0${distinctInUtf8(target)}`, "hex");
  return Number.parseInt(digest.slice(0, 13), 16).toString(36);
}

/** Where a file is noted: files of one directory, which are stored one after the other, in one place. */
export function bucketFor(part: number, target: string): number {
  const directory = `${part}\0${parentOf(target)}`;
  if (directory !== lastBucket.directory) {
    const digest = hash("sha256", directory, "hex");
    lastBucket = { directory, bucket: Number.parseInt(digest.slice(0, 4), 16) % BUCKETS };
  }
  return lastBucket.bucket;
}

/** That of the file before: a directory's files come one after the other. */
let lastBucket = { directory: "", bucket: 0 };

/** Files that are on their way: key, then bytes where they are known. */
const Sent = z.array(z.union([z.tuple([z.string()]), z.tuple([z.string(), z.number()])]));

/**
 * The files that a run has stored, so that each counts once, whatever of the run dies and is begun anew. It takes
 * some twenty bytes of Redis a file, until the run has ended.
 */
export class StoredFiles {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #run: string;

  constructor(redis: RedisClient, names: KeyNames, run: string) {
    this.#redis = redis;
    this.#names = names;
    this.#run = run;
  }

  note(file: StoredFile): Promise<void> {
    return this.noteAll([file]);
  }

  /** Files that were stored within a moment: few steps, however many they are. */
  async noteAll(files: readonly StoredFile[]): Promise<void> {
    const names = this.#names;
    const keys = [names.run(this.#run), names.totals, names.stored(this.#run)];
    for (let at = 0; at < files.length; at += MOST_NOTED) {
      const args = files
        .slice(at, at + MOST_NOTED)
        .flatMap(({ key, bucket, by, bytes, resumedFrom, isPartial, isBegun }) => {
          const way = by === null ? NO_WAY : WAYS[by];
          const letter = isBegun === true ? BEGUN[way] : isPartial === true ? PARTIAL[way] : way;
          return [key, bucket ?? numberOf(key) % BUCKETS, letter, bytes, resumedFrom];
        });
      await NOTE.run(this.#redis, keys, args);
    }
  }

  /** From now on files may be noted a second time: a slice is taken once more. */
  async noteAgain(): Promise<void> {
    await this.#redis.hset(this.#names.run(this.#run), "again", 1);
  }

  /** What came of those of these files that are stored, and with which nothing is left to be done; by their places. */
  async done(
    files: readonly Required<Pick<StoredFile, "key" | "bucket">>[],
  ): Promise<ReadonlyMap<number, Done>> {
    const done = new Map<number, Done>();
    if (files.length === 0) return done;
    const args = files.flatMap(({ key, bucket }) => [key, bucket]);
    const noted = (await NOTED.run(this.#redis, [this.#names.stored(this.#run)], args)) as string[];
    for (const [index, text] of noted.entries()) {
      const [, letter = "", bytes, resumed] = /^(.)(\d+)\+(\d+)$/.exec(text) ?? [];
      const by = BY_LETTER.get(letter);
      if (by !== undefined)
        done.set(index, { what: "copied", by, bytes: Number(bytes), resumed: Number(resumed) });
    }
    return done;
  }

  /** These are decided to be copied; who stores one may die before that is noted. */
  async send(
    slice: string,
    files: readonly { key: FileKey; sizeBytes?: number | undefined }[],
  ): Promise<void> {
    const sent = files.map(({ key, sizeBytes }) => (sizeBytes === undefined ? [key] : [key, sizeBytes]));
    await this.#redis.hset(this.#names.sent(this.#run), slice, JSON.stringify(sent));
  }

  /** All that was stored of a slice is noted. */
  async settle(slice: string): Promise<void> {
    await this.#redis.hdel(this.#names.sent(this.#run), slice);
  }

  /** What earlier beginnings of the run have done. */
  async earlier(): Promise<EarlierFiles> {
    const stored = this.#names.stored(this.#run);
    const keys: number[] = [];
    await this.#collect(stored, keys);
    if (keys.length >= FIRST_BUCKET)
      for (let at = 0; at < BUCKETS; at += 1) await this.#collect(`${stored}:${at}`, keys);
    const sent = new Map<FileKey, number | undefined>();
    for (const text of await this.#redis.hvals(this.#names.sent(this.#run))) {
      const files = Sent.safeParse(safeJson(text));
      for (const [key, sizeBytes] of files.data ?? []) sent.set(key, sizeBytes);
    }
    return new EarlierFiles(Float64Array.from(keys).sort(), sent);
  }

  async #collect(hash: string, keys: number[]): Promise<void> {
    let cursor = "0";
    do {
      const [next, fields] = await this.#redis.hscan(hash, cursor, "COUNT", PAGE);
      for (let at = 0; at < fields.length; at += 2) keys.push(numberOf(fields[at] ?? ""));
      cursor = next;
    } while (cursor !== "0");
  }
}

/** What earlier beginnings of a run have stored, in eight bytes a file. */
export class EarlierFiles {
  readonly #stored: Float64Array;
  readonly #sent: ReadonlyMap<FileKey, number | undefined>;

  constructor(stored: Float64Array, sent: ReadonlyMap<FileKey, number | undefined>) {
    this.#stored = stored;
    this.#sent = sent;
  }

  get count(): number {
    return this.#stored.length;
  }

  /** Whether it was noted. */
  hasStored(key: FileKey): boolean {
    const wanted = numberOf(key);
    let [low, high] = [0, this.#stored.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#stored[middle] ?? 0;
      if (found === wanted) return true;
      if (found < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  /** Whether it was decided to be copied: where it is there by now, this run has stored it. */
  hasSent(key: FileKey): boolean {
    return this.#sent.has(key);
  }
}

export const nothingEarlier = new EarlierFiles(new Float64Array(0), new Map());

function numberOf(key: FileKey): number {
  return Number.parseInt(key, 36);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
