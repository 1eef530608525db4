import { randomBytes } from "node:crypto";
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Finished, Journal } from "../batch/journal.ts";
import { messageOf } from "../shared/errors.ts";
import { deleteFile, readText } from "./directory.ts";
import type { JournalLog } from "./ledger.ts";
import { FingerprintRow } from "./fingerprint.ts";
import { makeOwnDirectory, stateErrorOf } from "./state-error.ts";
import { hexDigest } from "../shared/hex-digest.ts";
import { parseRows } from "./json-row.ts";

const Line = z.object({ target: z.string(), source: FingerprintRow, stored: FingerprintRow });

/**
 * The journal of the copy that is known by this key, in files: each run appends to one of its own, and reads
 * those of the runs before it.
 * @param log where a run's log is open, its journal's lines go there as long as it runs
 */
export async function fileJournal(directory: string, key: string, log?: JournalLog): Promise<Journal> {
  const folder = join(directory, "journals");
  makeOwnDirectory(folder);
  const name = hexDigest(key, 32);
  const before = readdirSync(folder).filter((one) => one.startsWith(`${name}-`));
  const finished = new Map<string, Finished>();
  for (const file of before)
    for (const one of parseRows(Line, readText(join(folder, file)) ?? "")) finished.set(one.target, one);
  for (const text of log?.finished(name) ?? [])
    for (const one of parseRows(Line, text)) finished.set(one.target, one);
  const own = `${name}-${randomBytes(4).toString("hex")}.jsonl`;
  return new FileJournal(
    directory,
    finished,
    before.map((file) => join(folder, file)),
    join(folder, own),
    log && { log, name },
  );
}

/** A journal as it is called in a run's log. */
interface RunJournal {
  readonly log: JournalLog;
  readonly name: string;
}

class FileJournal implements Journal {
  readonly #directory: string;
  readonly #finished: ReadonlyMap<string, Finished>;
  readonly #before: readonly string[];
  readonly #own: string;
  readonly #run: RunJournal | undefined;
  #isBegun = false;
  /** Whether our last line may be a part of one. */
  #isCutOff = false;
  #fault: string | undefined;

  constructor(
    directory: string,
    finished: ReadonlyMap<string, Finished>,
    before: readonly string[],
    own: string,
    run: RunJournal | undefined,
  ) {
    this.#directory = directory;
    this.#finished = finished;
    this.#before = before;
    this.#own = own;
    this.#run = run;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  finished(target: string): Finished | undefined {
    return this.#finished.get(target);
  }

  note(one: Finished): void {
    const text = JSON.stringify(one);
    try {
      if (this.#run?.log.note(this.#run.name, text) === true) return;
    } catch (error) {
      this.#fault ??= this.#faultOf(error);
      return;
    }
    const line = `${this.#isCutOff ? "\n" : ""}${text}\n`;
    this.#isBegun = true;
    try {
      // Written before the next file is begun: the run may end at any moment.
      appendFileSync(this.#own, line, { mode: 0o600 });
      this.#isCutOff = false;
    } catch (error) {
      this.#isCutOff = true;
      this.#fault ??= this.#faultOf(error);
    }
  }

  async close(isDone: boolean): Promise<void> {
    try {
      this.#run?.log.close(this.#run.name, !isDone);
    } catch (error) {
      this.#fault ??= messageOf(stateErrorOf(this.#directory, error));
    }
    if (!isDone) return;
    const all = [...this.#before, ...(this.#isBegun ? [this.#own] : [])];
    for (const file of all) {
      try {
        deleteFile(file);
      } catch (error) {
        this.#fault ??= messageOf(stateErrorOf(this.#directory, error));
      }
    }
  }

  #faultOf(error: unknown): string {
    const because = messageOf(stateErrorOf(this.#directory, error));
    return `${because}. The next run will not know about files copied from now on`;
  }
}
