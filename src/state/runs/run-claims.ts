import { BusyError } from "../../transfer/errors.ts";
import type { Begun, TargetClaim, RunScope, RequestedTarget } from "../../transfer/ledger.ts";
import { areOverlapping, EVERYWHERE } from "../../transfer/tree.ts";
import { isPlainName, line } from "./run-lines.ts";
import type { OtherRun, SharedRuns } from "./run-store.ts";

/** What comes after a step: the next one at once, or only when another may have done something. */
export type AfterStep = "on" | "wait";

/** Files that are begun together, in one write. */
const MOST_TOGETHER = 32;
/** Of the files that wait, how many are looked at for that. */
const MOST_LOOKED_AT = 64;
/** Larger ones are begun by themselves, so that they do not look as if they were being written for long. Bytes. */
const SMALL = 2 ** 20;
/** How often it is tried again to take a target that another run may be about to give back. */
const TRIES = 10;

/**
 * What one run has: its trees, by its log, and within these each target, by a line of its log as long as no other run
 * is open on an overlapping tree, else by a record of its own. See "Decisions" in src/README.md for why there is one writer.
 * Generators, so that a test can stop between any two steps.
 */
export class RunClaims {
  readonly #store: SharedRuns;
  readonly #onEnded: () => void;
  /** What our own lanes have, or are about to have. */
  readonly #held = new Set<string>();
  /** What was begun together with another, and is not asked for yet. */
  readonly #reserved = new Map<string, Begun>();
  readonly #trees = new Set<string>();
  #isOpen = false;
  /** Counts how often all was lost. */
  #epoch = 0;
  #generation = Number.NaN;
  #isAlone = false;
  #recorded = new Set<string>();
  /** Lines that are to be written with the next ones. */
  #unwritten = "";

  /** @param onEnded called when there is something for {@link flush} */
  constructor(store: SharedRuns, onEnded: () => void) {
    this.#store = store;
    this.#onEnded = onEnded;
  }

  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Whether this run has a target whose key begins so, or is about to have it. */
  hasLike(prefix: string): boolean {
    return [...this.#held, ...this.#reserved.keys()].some((key) => key.startsWith(prefix));
  }

  /** Whether it has named a tree, and not been idle since. */
  get isRegistered(): boolean {
    return this.#trees.size > 0;
  }

  /** As {@link Ledger.claim}. */
  *claim(key: string, fresh: Begun, scope: RunScope | undefined): Generator<AfterStep, TargetClaim> {
    if (this.#held.has(key))
      throw new BusyError("another transfer is writing this target; wait for it to finish");
    this.#held.add(key);
    try {
      yield* this.#register(scope?.tree ?? EVERYWHERE);
      const byLog = scope && (yield* this.#byLog(key, fresh, scope));
      return byLog ?? (yield* this.#byRecord(key, fresh, false));
    } catch (error) {
      this.#held.delete(key);
      throw error;
    }
  }

  /** Writes what has ended, and `more` with it. */
  flush(more = ""): void {
    if (this.#unwritten === "" && more === "") return;
    this.#store.append(this.#unwritten + more);
    this.#unwritten = "";
  }

  /** Gives back what was begun ahead where another run has come, for that one may want it. */
  yieldReserved(): void {
    if (this.#reserved.size === 0 || this.#store.isLost) return;
    if (this.#store.generation() !== this.#generation) this.giveBackReserved();
  }

  /** Nothing is held; others need not heed this run until it claims again. */
  rest(): void {
    if (!this.isRegistered || this.isHolding || this.#store.isLost) return;
    this.giveBackReserved(line.idle());
    this.#trees.clear();
  }

  /** @param more a line to be written with that */
  giveBackReserved(more = ""): void {
    this.flush([...this.#reserved.keys()].map((key) => line.end(key)).join("") + more);
    this.#reserved.clear();
  }

  /** Both of two runs first say what they write, and then look: so the later one sees the earlier one. */
  *#register(tree: string): Generator<AfterStep, void> {
    if (this.#store.isLost) this.#forget();
    if (this.#trees.has(tree)) return;
    if (this.#isOpen) this.flush(line.tree(tree));
    else this.#store.open(line.tree(tree));
    this.#isOpen = true;
    yield "on";
    this.#store.announce();
    yield "on";
    this.#trees.add(tree);
    this.#isAlone = false;
    yield* this.#look();
  }

  #forget(): void {
    this.#epoch += 1;
    this.#isOpen = false;
    this.#trees.clear();
    this.#reserved.clear();
    this.#unwritten = "";
  }

  /** Who else is there. What dead runs have left is recorded afterwards. */
  *#look(): Generator<AfterStep, void> {
    for (;;) {
      // First: whoever announces himself later is noticed.
      this.#generation = this.#store.generation();
      yield "on";
      const others = this.#store.others();
      yield "on";
      if (others.every(({ isAlive }) => isAlive)) {
        this.#isAlone = !others.some((other) => this.#isNear(other));
        if (this.#isAlone) this.#recorded = this.#store.recorded();
        return;
      }
      while (!this.#store.settle()) yield "wait";
      yield "on";
    }
  }

  #isNear({ trees }: OtherRun): boolean {
    return [...trees].some((their) => [...this.#trees].some((our) => areOverlapping(our, their)));
  }

  /** A line in the log, which counts if nobody has come since we looked. @returns undefined where that is not enough */
  *#byLog(key: string, fresh: Begun, scope: RunScope): Generator<AfterStep, TargetClaim | undefined> {
    const reserved = this.#reserved.get(key);
    if (reserved !== undefined) {
      if (!isSame(reserved, fresh)) this.flush(line.begin(key, fresh));
      this.#reserved.delete(key);
      return this.#heldByLog(key, fresh);
    }
    if (!this.#isAlone || !this.#store.isCoherent || !this.#isFree(key)) return undefined;
    const others = this.#upcoming(scope);
    const together = [{ key, fresh }, ...others];
    const ends = together.map((one) => line.end(one.key)).join("");
    try {
      this.flush(together.map((one) => line.begin(one.key, one.fresh)).join(""));
    } catch (error) {
      // Some of it may be there.
      this.#unwritten += ends;
      throw error;
    }
    yield "on";
    const isCertain = this.#store.generation() === this.#generation;
    yield "on";
    if (!isCertain) yield* this.#look();
    const mine = together.filter((one) => this.#isAlone && !this.#recorded.has(one.key));
    for (const one of mine) if (one.key !== key) this.#reserved.set(one.key, one.fresh);
    const given = others.filter((one) => !mine.includes(one));
    if (given.length > 0) this.flush(given.map((one) => line.end(one.key)).join(""));
    return mine[0]?.key === key ? this.#heldByLog(key, fresh) : yield* this.#byRecord(key, fresh, true);
  }

  #isFree(key: string): boolean {
    return isPlainName(key) && !this.#recorded.has(key) && !this.#reserved.has(key);
  }

  #upcoming({ upcoming }: RunScope): readonly RequestedTarget[] {
    const found = new Map<string, RequestedTarget>();
    let lookedAt = 0;
    for (const one of upcoming()) {
      lookedAt += 1;
      if ((one.fresh.sizeBytes ?? SMALL) < SMALL && this.#isFree(one.key) && !this.#held.has(one.key))
        found.set(one.key, one);
      if (found.size >= MOST_TOGETHER - 1 || lookedAt >= MOST_LOOKED_AT) break;
    }
    return [...found.values()];
  }

  /**
   * A record of its own, which counts if nobody has it by his log.
   * @param isInLog whether our log says already that we have it; whoever has come meanwhile and sees that gives way
   */
  *#byRecord(key: string, fresh: Begun, isInLog: boolean): Generator<AfterStep, TargetClaim> {
    for (let tries = 1; ; tries += 1) {
      try {
        const claim = yield* this.#recordOnce(key, fresh);
        if (isInLog) this.flush(line.end(key));
        return this.#heldByRecord(key, claim);
      } catch (error) {
        if (error instanceof BusyError && isInLog && tries < TRIES) yield "wait";
        else {
          if (isInLog) this.flush(line.end(key));
          throw error;
        }
      }
    }
  }

  *#recordOnce(key: string, fresh: Begun): Generator<AfterStep, TargetClaim> {
    for (;;) {
      if (!this.#isAlone) yield* this.#look();
      const claim = this.#store.take(key, fresh);
      yield "on";
      const holder = this.#isAlone ? undefined : this.#store.others().find(({ begun }) => begun.has(key));
      if (holder === undefined) return claim;
      yield "on";
      void claim.release(claim.mayHaveLeft, claim.arrivedBy);
      if (holder.isAlive) throw new BusyError(holder.heldBy);
    }
  }

  #heldByLog(key: string, fresh: Begun): TargetClaim {
    const epoch = this.#epoch;
    let recorded = fresh;
    const isOurs = () => epoch === this.#epoch && !this.#store.isLost;
    const requireHeld = () => {
      if (!isOurs())
        throw new BusyError(
          "this process was suspended for so long that another process may be writing this target",
        );
    };
    return {
      begun: undefined,
      mayHaveLeft: false,
      arrivedBy: undefined,
      requireHeld,
      begin: async (now) => {
        requireHeld();
        this.flush(line.begin(key, now));
        recorded = now;
      },
      release: async (kept, arrivedBy) => {
        this.#held.delete(key);
        if (!isOurs()) return;
        // What cannot be recorded by itself stays in the log, where the next run finds it.
        if (kept && !this.#isLeft(key, recorded, arrivedBy)) return;
        this.#unwritten += line.end(key);
        this.#onEnded();
      },
    };
  }

  #isLeft(key: string, begun: Begun, arrivedBy: TargetClaim["arrivedBy"]): boolean {
    try {
      this.#store.leave(key, begun, arrivedBy);
      this.#recorded.add(key);
      return true;
    } catch {
      return false;
    }
  }

  #heldByRecord(key: string, claim: TargetClaim): TargetClaim {
    return {
      ...claim,
      release: async (kept, arrivedBy) => {
        await claim.release(kept, arrivedBy);
        this.#held.delete(key);
        if (kept) this.#recorded.add(key);
        else this.#recorded.delete(key);
        this.#onEnded();
      },
    };
  }
}

function isSame(one: Begun, two: Begun): boolean {
  const isSameSource = one.source === two.source && one.sizeBytes === two.sizeBytes;
  return isSameSource && one.modifiedMs === two.modifiedMs && one.over === two.over;
}
