import { expect, test } from "vitest";
import type { AfterStep } from "../../../../src/state/runs/run-claims.ts";
import { Copy, World } from "../../../support/recorded-world.ts";

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
