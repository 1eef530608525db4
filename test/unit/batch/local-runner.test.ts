import { describe, expect, test } from "vitest";
import { connectedOne } from "../../../src/batch/connected.ts";
import { LocalRunner } from "../../../src/batch/local-runner.ts";
import { OwnPool, type Place } from "../../../src/batch/pool.ts";
import { Tally } from "../../../src/batch/tally.ts";
import { TaskQueue } from "../../../src/batch/task-queue.ts";
import { LoginError } from "../../../src/ftp/errors.ts";
import { copyDeps } from "../../support/edges.ts";
import { faults, LOST, refused, type Strike } from "../../support/memory-faults.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { directory, EMPTY, file } from "../../support/memory-tree.ts";
import { quickClock } from "../../support/mirror-scene.ts";
import type { FileTask } from "../../../src/batch/task.ts";

const signal = new AbortController().signal;

type Struck = Strike & { readonly role?: "source" | "target" };

const crewOf = (count: number, retries: number, ...strikes: readonly Struck[]) =>
  crewBetween(["source", "target"], count, retries, ...strikes);

/** Copies files that are all known from the start, over three lanes, between hosts with faults (of the target, where no role is said). */
async function crewBetween(
  [from, to]: readonly [string, string],
  count: number,
  retries: number,
  ...strikes: readonly Struck[]
) {
  const names = Array.from({ length: count }, (_, index) => `f${index}`);
  const tree = directory(Object.fromEntries(names.map((name) => [name, file("12345")])));
  const [source, target] = [
    new MemoryHost(from, tree, { fault: faults(...strikes.filter(({ role }) => role === "source")) }),
    new MemoryHost(to, EMPTY, { fault: faults(...strikes.filter(({ role }) => role !== "source")) }),
  ];
  const tasks = names.map((name): FileTask => {
    const facts = { kind: "file", sizeBytes: 5 } as const;
    return {
      source: { place: source.place, path: `/${name}`, facts },
      target: `/${name}`,
      because: "a test",
    };
  });
  const transfer = { fxp: "never", verify: "size", resume: "off", preserveTimes: false } as const;
  const orders = {
    ...{ target: { place: target.place, path: "/", shown: "target:/" }, onExists: "overwrite" as const },
    ...{ parallel: 3, transfer, retries, dryRun: false },
  };
  const { deps, events } = copyDeps({ clock: quickClock });
  const tally = new Tally(quickClock);
  const runner = new LocalRunner({ options: orders, deps, pool: new OwnPool(), tally });
  const queue = new TaskQueue(tasks);
  queue.close();
  return { runner, queue, tally, target, events };
}

describe("lanes", () => {
  test("that get no connection leave the work to those that have one", async () => {
    const strike = { verb: "ready", after: 1, times: 2, fault: LOST } as const;
    const { runner, queue, tally, events } = await crewOf(9, 0, strike);
    await runner.work(queue, signal);
    expect(runner.stopped).toBeUndefined();
    expect(tally.copied).toBe(9);
    const notes = events.filter(({ event }) => event === "note");
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({
      because: expect.stringMatching(/^continuing with fewer than 3 .*connection lost/),
    });
  });

  test("all without a connection end the work, and say why", async () => {
    const { runner, queue, tally } = await crewOf(9, 1, { verb: "ready", after: 4, fault: LOST });
    await runner.work(queue, signal);
    expect(runner.stopped).toMatch(/connection lost/);
    expect(runner.stoppedBy).toBe("target");
    expect(tally.copied + queue.length).toBe(9);
    expect(queue.length).toBeGreaterThan(0);
  });

  test("that are let in nowhere throw what kept the first one out, at once", async () => {
    const { runner, queue, target } = await crewOf(9, 3, { verb: "ready", fault: LOST });
    await expect(runner.work(queue, signal)).rejects.toThrow(/connection lost/);
    expect(target.done("ready").length).toBeLessThanOrEqual(3);
  });

  test("ask a target without room for nothing more", async () => {
    const { runner, queue, tally, events } = await crewOf(30, 3, {
      verb: "write",
      after: 2,
      fault: refused(552, "quota"),
    });
    await runner.work(queue, signal);
    expect(runner.stopped).toMatch(/552 quota/);
    expect(runner.stoppedBy).toBe("target");
    expect(tally.copied).toBe(2);
    expect(tally.failed).toBeLessThanOrEqual(3);
    expect(events.filter(({ event }) => event === "retry")).toEqual([]);
  });
});

test.each(["source", "target"] as const)(
  "a host that can no longer be reached is named as the reason, whichever side it is: %s",
  async (role) => {
    const { runner, queue } = await crewOf(9, 0, { role, verb: "ready", after: 3, fault: LOST });
    await runner.work(queue, signal);
    expect(runner.stoppedBy).toBe(role);
  },
);

// Names that begin as another one does, and words of an error that begin as a name does.
test.each([
  ["edge", "edge-2", "source"],
  ["edge-2", "edge", "source"],
  ["edge", "edge-2", "target"],
  ["edge-2", "edge", "target"],
  ["connection", "connection lost", "source"],
] as const)("from %s to %s, the %s is named by who failed, not by words", async (from, to, role) => {
  const strike = { role, verb: "ready", after: 3, fault: LOST } as const;
  const { runner, queue } = await crewBetween([from, to], 9, 0, strike);
  await runner.work(queue, signal);
  expect(runner.stoppedBy).toBe(role === "source" ? from : to);
});

test("one side alone that cannot be reached is named in the error", async () => {
  const { place } = new MemoryHost("lonely", EMPTY, { fault: faults({ verb: "ready", fault: LOST }) });
  await expect(connectedOne(new OwnPool(), place, signal)).rejects.toMatchObject({ host: "lonely" });
});

describe("a host that lets fewer in than it has", () => {
  /** A host that has both sides, and refuses the connections beyond some number. */
  function crowded(most: () => number): Place {
    let open = 0;
    const host = new MemoryHost("host", EMPTY, { limit: 4 });
    const connect = () => {
      const number = (open += 1);
      const side = host.place.connect();
      const ready = async () => {
        if (number <= most()) return;
        throw new LoginError("host", "tester", { code: 421, lines: ["Too many connections"] });
      };
      return { ...side, ready };
    };
    return { ...host.place, connect };
  }

  test("keeps two for those who need two, however few it is down to", async () => {
    let most = 4;
    const place = crowded(() => most);
    const pool = new OwnPool();
    const before = await pool.borrow(place, place, signal);
    await before[Symbol.asyncDispose]();
    const one = await connectedOne(pool, place, signal);
    const two = await connectedOne(pool, place, signal);
    // Somebody else has come.
    most = 0;
    await one[Symbol.asyncDispose]();
    await expect(connectedOne(pool, place, signal)).rejects.toThrow(/Too many connections/);
    await two[Symbol.asyncDispose]();
    const patience = AbortSignal.timeout(2_000);
    const pair = await pool.borrow(place, place, patience);
    await pair[Symbol.asyncDispose]();
  });
});

test("what is known of directories does not grow with the tree", async () => {
  const { runner, queue, target } = await crewOf(1, 0);
  runner.directoryExists("/");
  for (let index = 0; index < 10_000; index += 1) runner.directoryExists(`/d${index}`);
  await runner.work(queue, signal);
  expect(target.done("makeDirectory")).toHaveLength(1);
});
