import { expect, test } from "vitest";
import { BusyError } from "../../../../src/transfer/errors.ts";
import type { Begun, TargetClaim } from "../../../../src/transfer/ledger.ts";
import { RunClaims, type AfterStep } from "../../../../src/state/runs/run-claims.ts";
import type { OtherRun, SharedRuns } from "../../../../src/state/runs/run-store.ts";
import { RecordedRun } from "../../../../src/state/runs/run-lines.ts";

/** A state directory in memory, which several runs share. */
class World {
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
class Copy {
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

/** Takes all of one's steps. */
function finish(steps: Generator<AfterStep, void>): void {
  while (steps.next().done !== true);
}

interface Scene {
  readonly lanes: readonly Generator<AfterStep, void>[];
  readonly check: () => void;
}

/**
 * Plays a scene in every order of its lanes' steps. A lane that waits has its turn when another has made a step.
 * @param switches how often at most a lane is interrupted that could go on
 * @returns how many orders there are
 */
function everyOrder(set: () => Scene, switches = Number.POSITIVE_INFINITY): number {
  let played = 0;
  // The lanes that had a choice of others, and which of these was taken.
  for (let choices: readonly number[] = []; ; ) {
    const { lanes, check } = set();
    const isOver = lanes.map(() => false);
    const waits = lanes.map(() => false);
    const [path, options]: [number[], number[]] = [[], []];
    let [last, interrupted] = [-1, 0];
    for (;;) {
      const awake = lanes.flatMap((_, lane) => (isOver[lane] === true || waits[lane] === true ? [] : [lane]));
      const ready =
        awake.length > 0 ? awake : lanes.flatMap((_, lane) => (isOver[lane] === true ? [] : [lane]));
      if (ready.length === 0) break;
      const goesOn = ready.includes(last);
      const order = goesOn ? [last, ...ready.filter((lane) => lane !== last)] : ready;
      const open = goesOn && interrupted >= switches ? 1 : order.length;
      const taken = choices[options.length] ?? 0;
      options.push(open);
      const lane = order[taken] ?? 0;
      if (goesOn && lane !== last) interrupted += 1;
      const step = lanes[lane]?.next();
      waits.fill(false);
      isOver[lane] = step?.done === true;
      waits[lane] = step?.value === "wait";
      last = lane;
      path.push(taken);
    }
    check();
    played += 1;
    let at = path.length - 1;
    while (at >= 0 && (path[at] ?? 0) + 1 >= (options[at] ?? 1)) at -= 1;
    if (at < 0) return played;
    choices = [...path.slice(0, at), (path[at] ?? 0) + 1];
  }
}

test("promise 9: of two runs that want one file, one that has been open before and one that begins, one gets it in every order", () => {
  const ends = new Set<string>();
  const played = everyOrder(() => {
    const world = new World();
    const [first, second] = [new Copy(world, "first"), new Copy(world, "second")];
    finish(first.copy(["before"], "/pub"));
    first.ends.splice(0);
    return {
      lanes: [first.copy(["file"], "/pub"), second.copy(["file"], "/pub/a")],
      check: () => {
        const of = [...first.ends, ...second.ends];
        ends.add(of.join());
        // Both, one after the other; or the one that was there.
        expect(of.filter((end) => end === "new").length).toBeGreaterThan(0);
        expect(world.records.size).toBe(0);
      },
    };
  }, 4);
  expect(played).toBeGreaterThan(1_000);
  expect([...ends].sort()).toEqual(["new,busy", "new,new"]);
});

test("promise 9: two runs that begin at once, and want the same files in another order, never write one at once", () => {
  const ends = new Set<string>();
  everyOrder(() => {
    const world = new World();
    const [first, second] = [new Copy(world, "first"), new Copy(world, "second")];
    return {
      lanes: [first.copy(["one", "two"], "/pub"), second.copy(["two", "one"], "/pub")],
      check: () => {
        ends.add([...first.ends, ...second.ends].join());
        expect(world.records.size).toBe(0);
        for (const run of ["first", "second"]) expect(world.stateOf(run).begun.size).toBe(0);
      },
    };
  }, 3);
  expect(ends).toContain("new,new,new,new");
  expect([...ends].every((one) => one.includes("new"))).toBe(true);
});

test("promise 9: a run that goes on to another's tree sees it, and is seen", () => {
  everyOrder(() => {
    const world = new World();
    const [first, second] = [new Copy(world, "first"), new Copy(world, "second")];
    finish(first.copy(["before"], "/a"));
    finish(second.copy(["other"], "/b"));
    return {
      lanes: [first.copy(["file"], "/b"), second.copy(["file"], "/b")],
      check: () =>
        expect([...first.ends, ...second.ends].filter((end) => end === "new").length).toBeGreaterThan(2),
    };
  }, 4);
});

test("promise 9: a run that has rested is seen when it goes on, and runs that write elsewhere do not mind each other", () => {
  const ends = new Set<string>();
  everyOrder(() => {
    const world = new World();
    const [first, second] = [new Copy(world, "first"), new Copy(world, "second")];
    const elsewhere = new Copy(world, "elsewhere");
    finish(elsewhere.copy(["x"], "/else"));
    finish(first.copy(["before"], "/pub"));
    first.claims.rest();
    return {
      lanes: [first.copy(["file"], "/pub"), second.copy(["file"], "/pub")],
      check: () => {
        ends.add([...first.ends, ...second.ends].join());
        expect(elsewhere.claims.isRegistered).toBe(true);
      },
    };
  }, 4);
  expect([...ends].every((one) => one.replace("new", "").includes("new"))).toBe(true);
});

test("promise 8: wherever a run is killed, the next one knows what it had begun", () => {
  const ends = new Set<string>();
  everyOrder(() => {
    const world = new World();
    const [first, second] = [new Copy(world, "first"), new Copy(world, "second")];
    let [isKilled, hadBegun, wasDone] = [false, false, false];
    const dying = function* (): Generator<AfterStep, void> {
      for (const step of first.copy(["file"], "/pub")) {
        yield step;
        if (isKilled) return;
      }
    };
    const killing = function* (): Generator<AfterStep, void> {
      hadBegun = world.stateOf("first").begun.has("file");
      wasDone = first.ends.length > 0;
      isKilled = true;
      world.kill("first");
      yield* second.copy(["file"], "/pub");
    };
    return {
      lanes: [dying(), killing()],
      check: () => {
        ends.add(
          `${hadBegun ? "begun" : "not begun"}, ${wasDone ? "done" : "not done"}: ${second.ends.join()}`,
        );
        if (hadBegun) expect(second.ends).toEqual(["after first"]);
      },
    };
  });
  expect([...ends].sort()).toEqual([
    "begun, done: after first",
    "begun, not done: after first",
    "not begun, done: new",
    "not begun, not done: new",
  ]);
});
