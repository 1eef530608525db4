import { RunClaims, type AfterStep } from "../../src/state/runs/run-claims.ts";
import { RecordedRun } from "../../src/state/runs/run-lines.ts";
import type { OtherRun, SharedRuns } from "../../src/state/runs/run-store.ts";
import { BusyError } from "../../src/transfer/errors.ts";
import type { Begun, TargetClaim } from "../../src/transfer/ledger.ts";

/** A state directory in memory, which several runs share. */
export class World {
  generation = 0;
  readonly logs = new Map<string, { text: string; isAlive: boolean }>();
  readonly records = new Map<string, { holder: string | undefined; begun: Begun | undefined }>();
  readonly #writers = new Map<string, string>();

  /** @throws where another writes it already */
  enter(key: string, run: string): void {
    const other = this.#writers.get(key);
    if (other !== undefined) throw new Error(`${run} and ${other} write ${key} at once`);
    this.#writers.set(key, run);
  }

  leave(key: string): void {
    this.#writers.delete(key);
  }

  kill(run: string): void {
    const log = this.logs.get(run);
    if (log !== undefined) log.isAlive = false;
    for (const [key, writer] of this.#writers) if (writer === run) this.#writers.delete(key);
  }

  stateOf(run: string): RecordedRun {
    const state = new RecordedRun();
    state.push(Buffer.from(`{}\n${this.logs.get(run)?.text ?? ""}`));
    return state;
  }
}

/** What one run sees of it. */
class Runs implements SharedRuns {
  readonly isCoherent = true;
  readonly isLost = false;
  readonly #world: World;
  readonly #run: string;

  constructor(world: World, run: string) {
    this.#world = world;
    this.#run = run;
  }

  open(text: string): void {
    this.#world.logs.set(this.#run, { text, isAlive: true });
  }

  append(text: string): void {
    const log = this.#world.logs.get(this.#run);
    if (log !== undefined) log.text += text;
  }

  announce(): void {
    this.#world.generation += 1;
  }

  generation(): number {
    return this.#world.generation;
  }

  others(): readonly OtherRun[] {
    const others = [...this.#world.logs].filter(([run]) => run !== this.#run);
    return others.map(([run, { isAlive }]) => {
      const { trees, begun } = this.#world.stateOf(run);
      return { isAlive, trees, begun, heldBy: run };
    });
  }

  settle(): boolean {
    for (const [run, { isAlive }] of this.#world.logs) {
      if (isAlive) continue;
      for (const [key, begun] of this.#world.stateOf(run).begun) this.leave(key, begun);
      this.#world.logs.delete(run);
    }
    return true;
  }

  recorded(): Set<string> {
    return new Set(this.#world.records.keys());
  }

  take(key: string, fresh: Begun): TargetClaim {
    const { records, logs } = this.#world;
    const found = records.get(key);
    const holder = found?.holder;
    if (holder !== undefined && logs.get(holder)?.isAlive === true) throw new BusyError(holder);
    const record = {
      holder: this.#run as string | undefined,
      begun: found === undefined ? fresh : found.begun,
    };
    records.set(key, record);
    return {
      begun: found?.begun,
      mayHaveLeft: found !== undefined,
      arrivedBy: undefined,
      begin: async (now) => void (record.begun = now),
      release: async (kept) => {
        record.holder = undefined;
        if (!kept) records.delete(key);
      },
    };
  }

  leave(key: string, begun: Begun): void {
    if (!this.#world.records.has(key)) this.#world.records.set(key, { holder: undefined, begun });
  }
}

/** A run that copies files, one after the other, and notes what became of each. */
export class Copy {
  readonly ends: string[] = [];
  readonly claims: RunClaims;
  readonly #world: World;
  readonly #name: string;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.claims = new RunClaims(new Runs(world, name), () => {});
  }

  *copy(keys: readonly string[], tree: string): Generator<AfterStep, void> {
    for (const [index, key] of keys.entries()) {
      const upcoming = () => keys.slice(index + 1).map((next) => ({ key: next, fresh: this.#fresh }));
      try {
        const claim = yield* this.claims.claim(key, this.#fresh, { tree, upcoming });
        this.#world.enter(key, this.#name);
        yield "on";
        this.ends.push(claim.begun === undefined ? "new" : `after ${claim.begun.source}`);
        this.#world.leave(key);
        void claim.release(false);
        yield "on";
        this.claims.flush();
      } catch (error) {
        if (!(error instanceof BusyError)) throw error;
        this.ends.push("busy");
      }
      yield "on";
      this.claims.yieldReserved();
    }
  }

  get #fresh(): Begun {
    return { source: this.#name, sizeBytes: 1 };
  }
}
