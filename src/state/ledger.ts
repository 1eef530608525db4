import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TargetClaim, LeftoverClaim, SharedLedger } from "../transfer/ledger.ts";
import { ownerOf, passing, sweepAsides } from "./directory.ts";
import { FileClaims } from "./file-claims.ts";
import { AGAIN_MS, LockError, PATIENCE_MS } from "./file-lock.ts";
import { claimLeftover } from "./leftover-claims.ts";
import { FileRuns } from "./runs/file-runs.ts";
import { RunClaims, type AfterStep } from "./runs/run-claims.ts";
import { isPlainName, line } from "./runs/run-lines.ts";
import { writingState } from "./state-error.ts";

/** How often a run that has begun files ahead looks whether another run has come. */
const LOOK_MS = 250;
/** How long a run that holds nothing keeps its trees. */
const REST_MS = 5_000;

/** A run's log as far as the journals of its copies are concerned. */
export interface JournalLog {
  /** What other runs that are open have finished. */
  finished(journal: string): readonly string[];
  /** @returns false where there is no log to write to. @throws where it cannot be written */
  note(journal: string, text: string): boolean;
  /** Nothing more is noted. `isKept`: what was noted is for the next run. @throws where that cannot be written */
  close(journal: string, isKept: boolean): void;
}

/** A ledger in files. */
export interface FileLedger extends SharedLedger {
  readonly journals: JournalLog;
}

/**
 * A ledger in files, for one run: its log in `runs/`, and in `transfers/` a record for each target that a run has by
 * itself, or has left unfinished.
 */
export async function fileLedger(directory: string): Promise<FileLedger> {
  const owner = ownerOf(directory);
  for (const folder of ["", "runs", "journals", "memory", "index"]) sweepAsides(join(directory, folder));
  const claims = new FileClaims(directory);
  const runs = new FileRuns(directory, claims);
  if (runs.others().some(({ isAlive }) => !isAlive)) await carriedOut(directory, settling(runs));
  return new RunLedger(directory, owner, runs, claims);
}

function* settling(runs: FileRuns): Generator<AfterStep, void> {
  while (!runs.settle()) yield "wait";
}

class RunLedger implements FileLedger {
  readonly owner: string;
  readonly #directory: string;
  readonly #runs: FileRuns;
  readonly #records: FileClaims;
  readonly #claims: RunClaims;
  readonly #journals = new Set<string>();
  /** A claim that has to wait; others come after it. */
  #waiting: Promise<unknown> | undefined;
  #isFlushing = false;
  #timer: NodeJS.Timeout | undefined;
  #restedMs = 0;

  constructor(directory: string, owner: string, runs: FileRuns, records: FileClaims) {
    this.#directory = directory;
    this.owner = owner;
    this.#runs = runs;
    this.#records = records;
    this.#claims = new RunClaims(runs, () => this.#flushSoon());
    ledgers.add(this);
    if (ledgers.size === 1) process.once("exit", endAll);
  }

  async claim(...[key, fresh, scope]: Parameters<SharedLedger["claim"]>): Promise<TargetClaim> {
    while (this.#waiting !== undefined) await this.#waiting.catch(() => {});
    this.#timer ??= setInterval(() => this.#attend(), LOOK_MS).unref();
    const claim = carriedOut(this.#directory, this.#claims.claim(key, fresh, scope));
    if (!(claim instanceof Promise)) return claim;
    this.#waiting = claim;
    try {
      return await claim;
    } finally {
      this.#waiting = undefined;
    }
  }

  async claimLeftover(key: string, located: string): Promise<LeftoverClaim | string> {
    if (this.#claims.hasLike(key)) return "another transfer of this run is writing it";
    return claimLeftover(key, located, this.#records, this.#runs.others());
  }

  get journals(): JournalLog {
    return {
      finished: (journal) => this.#runs.finished(journal),
      note: (journal, text) => {
        if (!this.#runs.isOpen || !isPlainName(journal)) return false;
        // What has ended goes with it, in one write.
        this.#claims.flush(line.finished(journal, text));
        this.#journals.add(journal);
        return true;
      },
      close: (journal, isKept) => {
        if (!this.#journals.has(journal) || !this.#runs.isOpen) return;
        if (isKept) this.#runs.export(journal);
        this.#claims.flush(line.closed(journal));
        this.#journals.delete(journal);
      },
    };
  }

  /** The process ends now. */
  end(): void {
    passing(undefined, () => {
      if (!this.#runs.isOpen) return;
      this.#claims.giveBackReserved();
      this.#runs.close(!this.#claims.isHolding && this.#journals.size === 0);
    });
  }

  /** Before the event loop goes on, unless something else is written earlier. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      if (this.#runs.isOpen) passing(undefined, () => this.#claims.flush());
    });
  }

  #attend(): void {
    passing(undefined, () => {
      this.#claims.yieldReserved();
      this.#restedMs = this.#claims.isHolding ? 0 : this.#restedMs + LOOK_MS;
      if (this.#restedMs < REST_MS) return;
      clearInterval(this.#timer);
      [this.#timer, this.#restedMs] = [undefined, 0];
      this.#claims.rest();
    });
  }
}

const ledgers = new Set<RunLedger>();

function endAll(): void {
  for (const ledger of ledgers) ledger.end();
}

/** Takes steps; a promise only where there is something to wait for. @throws LockError where that takes too long */
function carriedOut<T>(directory: string, steps: Generator<AfterStep, T>): T | Promise<T> {
  const end = untilWait(directory, steps);
  return end === undefined ? carriedOutLater(directory, steps) : end.value;
}

async function carriedOutLater<T>(directory: string, steps: Generator<AfterStep, T>): Promise<T> {
  for (let waitedMs = AGAIN_MS; ; waitedMs += AGAIN_MS) {
    await sleep(AGAIN_MS);
    if (waitedMs > PATIENCE_MS) steps.throw(new LockError(WAITED));
    const end = untilWait(directory, steps);
    if (end !== undefined) return end.value;
  }
}

const WAITED =
  "the state directory is locked by another process; if no other process is running, delete runs/lock in it";

/** @returns undefined where a step waits */
function untilWait<T>(directory: string, steps: Generator<AfterStep, T>): { readonly value: T } | undefined {
  for (;;) {
    const step = writingState(directory, () => steps.next());
    if (step.done === true) return { value: step.value };
    if (step.value === "wait") return undefined;
  }
}
