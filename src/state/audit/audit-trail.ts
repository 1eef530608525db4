import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isoTime } from "../../shared/iso-time.ts";
import {
  type Alteration,
  type AuditEntry,
  type AuditRow,
  ChainCheck,
  type ChainEnd,
  NO_ROWS,
  nextRow,
  rowOf,
} from "./audit-row.ts";
import { readText, sweepAsides, writeWhole } from "../directory.ts";
import { locked } from "../file-lock.ts";
import { makeOwnDirectory, stateErrorOf } from "../state-error.ts";
import { jsonText } from "../../shared/printable.ts";

/** Bytes of one file; then another is begun, in which the chain goes on. */
const MOST_BYTES = 8 * 1024 * 1024;
/** No row is longer: texts that others choose are cut. */
const MOST_ROW = 16_384;
const MOST_TEXT = 400;

interface AuditOptions {
  /** Milliseconds since 1970. */
  now(): number;
  readonly mostBytes?: number;
  /** What a person sets to have the directory elsewhere. */
  readonly setting?: string;
}

/** What is found when the chain is followed. */
export interface ChainVerification {
  /** Rows that are as they were written, from the first on. */
  readonly sound: number;
  readonly altered: Alteration | undefined;
}

/**
 * Who has asked for what, in files that only this user reads: `audit.jsonl`, and `audit-N.jsonl` for those that are
 * full, N being their last row. Rows are only ever added; each has the digest of the one before. `audit.head` says where
 * the chain has come to, so that rows missing at the end are missed. Any number of processes may write.
 */
export class AuditTrail {
  readonly #directory: string;
  readonly #clock: AuditOptions;
  readonly #mostBytes: number;

  constructor(directory: string, options: AuditOptions) {
    this.#directory = directory;
    this.#clock = options;
    this.#mostBytes = options.mostBytes ?? MOST_BYTES;
  }

  /** On the disk when this returns. @throws StateError where it cannot be written */
  async append(entry: AuditEntry): Promise<void> {
    const { setting } = this.#clock;
    makeOwnDirectory(this.#directory, setting);
    sweepAsides(this.#directory);
    try {
      await locked(join(this.#directory, "audit.lock"), () => this.#append(shortened(entry)));
    } catch (error) {
      throw stateErrorOf(this.#directory, error, setting);
    }
  }

  /** All rows, the earliest first; what is no row is passed over. */
  *rows(): Generator<AuditRow> {
    for (const line of this.#lines()) {
      const row = rowOf(line);
      if (row !== undefined) yield row;
    }
  }

  verify(): ChainVerification {
    const check = new ChainCheck();
    for (const line of this.#lines()) if (check.next(line) !== undefined) break;
    return { altered: check.finish(this.#head()), sound: check.sound };
  }

  get #file(): string {
    return join(this.#directory, "audit.jsonl");
  }

  #append(entry: AuditEntry): void {
    const before = this.#end();
    if (existsSync(this.#file) && statSync(this.#file).size >= this.#mostBytes) {
      const number = String(before.sequence).padStart(12, "0");
      renameSync(this.#file, join(this.#directory, `audit-${number}.jsonl`));
    }
    const isNew = !existsSync(this.#file);
    const file = openSync(this.#file, "a+", 0o600);
    try {
      const size = wholeLines(file);
      if (size < fstatSync(file).size) ftruncateSync(file, size); // a row that a crash has cut was acknowledged to nobody
      const row = nextRow(entry, before, isoTime(this.#clock.now()));
      writeSync(file, `${jsonText(row)}\n`);
      fdatasyncSync(file);
      const { sequence, digest } = row;
      writeWhole(join(this.#directory, "audit.head"), `${JSON.stringify({ sequence, digest })}\n`);
      if (isNew) this.#giveToOwner();
    } finally {
      closeSync(file);
    }
  }

  /** Where root writes into another user's directory, that user goes on writing there. */
  #giveToOwner(): void {
    const { uid, gid } = statSync(this.#directory);
    const files = [this.#file, join(this.#directory, "audit.head")];
    for (const file of files) chmodSync(file, 0o600);
    if (process.getuid?.() === 0 && uid !== 0) for (const file of files) chownSync(file, uid, gid);
  }

  /** Where the chain has come to: as the head says, for what has been cut off since is to be missed. */
  #end(): ChainEnd {
    const head = this.#head() ?? NO_ROWS;
    const last = this.#lastRow();
    return last === undefined || last.sequence <= head.sequence ? head : last;
  }

  #head(): ChainEnd | undefined {
    const text = readText(join(this.#directory, "audit.head"));
    const [, sequence, digest] = /^\{"sequence":(\d+),"digest":"([0-9a-f]{64})"\}\s*$/.exec(text ?? "") ?? [];
    return sequence === undefined || digest === undefined
      ? undefined
      : { sequence: Number(sequence), digest };
  }

  #lastRow(): AuditRow | undefined {
    for (const file of this.#files().reverse()) {
      const text = tailOf(file);
      const lines = text
        .slice(0, text.lastIndexOf("\n") + 1)
        .trimEnd()
        .split("\n");
      const row = rowOf(lines.at(-1) ?? "");
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** The earliest first. */
  #files(): string[] {
    const names = existsSync(this.#directory) ? readdirSync(this.#directory) : [];
    const full = names.filter((name) => /^audit-\d+\.jsonl$/.test(name)).sort();
    const paths = full.map((name) => join(this.#directory, name));
    return existsSync(this.#file) ? [...paths, this.#file] : paths;
  }

  *#lines(): Generator<string> {
    for (const file of this.#files())
      for (const line of readFileSync(file, "utf8").split("\n")) if (line !== "") yield line;
  }
}

function shortened(entry: AuditEntry): AuditEntry {
  const cut = ([name, value]: [string, string | undefined]) => [
    name,
    value !== undefined && value.length > MOST_TEXT ? `${value.slice(0, MOST_TEXT)}…` : value,
  ];
  return Object.fromEntries(Object.entries(entry).map((one) => cut(one as [string, string]))) as never;
}

/** Up to the end of the last whole line. */
function wholeLines(file: number): number {
  const { size } = fstatSync(file);
  const from = Math.max(0, size - MOST_ROW);
  const tail = Buffer.alloc(size - from);
  readSync(file, tail, 0, tail.length, from);
  return from + tail.lastIndexOf(0x0a) + 1;
}

function tailOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - 2 * MOST_ROW);
    const tail = Buffer.alloc(size - from);
    readSync(file, tail, 0, tail.length, from);
    return tail.toString("utf8");
  } finally {
    closeSync(file);
  }
}
