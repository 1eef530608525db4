import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import { entryAfter, type IndexPolicy, judgeSeen } from "../../../../src/mirror/index/decide.ts";
import {
  areOver,
  directoryFingerprintOf,
  type IndexEntry,
  tellsChanges,
} from "../../../../src/mirror/index/entry.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 10, 28, 12, 0, 20);

interface Stored {
  readonly content: number;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Whether whoever wrote it gave it another time than that of the change. */
  readonly isSetBack: boolean;
}

type Files = Map<string, Stored>;
type Role = "source" | "target";

/** Two directories on servers that list minutes in their own zone, by clocks that are wrong; and their mirror. */
class World {
  nowMs = START_MS;
  readonly files: Record<Role, Files> = { source: new Map(), target: new Map() };
  index: IndexEntry | undefined;
  compared = 0;
  unchanged = 0;
  readonly #policy: IndexPolicy;
  readonly #skewMs: Record<Role, number>;
  readonly #zoneMs: Record<Role, number>;
  readonly #knowsZone: boolean;

  constructor(policy: IndexPolicy, servers: Servers) {
    this.#policy = policy;
    this.#skewMs = { source: servers.skews[0] * 1_000, target: servers.skews[1] * 1_000 };
    this.#zoneMs = { source: servers.zones[0] * 15 * MINUTE_MS, target: servers.zones[1] * 15 * MINUTE_MS };
    this.#knowsZone = servers.knowsZone;
  }

  write(role: Role, name: string, content: number, sizeBytes: number, backMinutes: number): void {
    const isSetBack = backMinutes > 0;
    const modifiedMs = this.nowMs + this.#skewMs[role] - backMinutes * MINUTE_MS;
    this.files[role].set(name, { content, sizeBytes, modifiedMs, isSetBack });
  }

  /** @param breaksAt before which step the run ends: after the looks, in the middle of copying, before the index is written */
  run(breaksAt: "never" | "look" | "copy" | "index"): void {
    const lookedMs = this.nowMs;
    const [source, target] = [this.#listed("source"), this.#listed("target")];
    const seen = { source: directoryFingerprintOf(source), target: directoryFingerprintOf(target) };
    const before = this.index;
    const verdict = judgeSeen("a", before, seen, this.#policy, lookedMs);
    if (verdict.action === "unchanged") return void (this.unchanged += 1);
    this.compared += 1;
    // The comparison takes its time, and the look was before.
    this.nowMs += 1_500;
    if (breaksAt === "look") return;
    const different = this.different();
    if (different.length === 0) {
      if (breaksAt === "index") return;
      const zones = [this.#zoneOf("source"), this.#zoneOf("target")] as const;
      const telling = tellsChanges(source, zones[0], lookedMs) && tellsChanges(target, zones[1], lookedMs);
      const over = areOver(source, zones[0], lookedMs) && areOver(target, zones[1], lookedMs);
      const look = { ...seen, areOver: over, lookedMs, nowMs: this.nowMs };
      this.index = telling ? entryAfter(before, look) : undefined;
      return;
    }
    // Whoever dies before the index is written leaves it as it was.
    if (breaksAt !== "index" && breaksAt !== "copy") this.index = undefined;
    for (const [at, name] of different.entries()) {
      if (breaksAt === "copy" && at > 0) return;
      const file = this.files.source.get(name);
      if (file === undefined) this.files.target.delete(name);
      else this.files.target.set(name, { ...file, isSetBack: false });
    }
  }

  /** As an exact comparison by digest finds it. */
  different(): readonly string[] {
    const { source, target } = this.files;
    const names = new Set([...source.keys(), ...target.keys()]);
    return [...names].filter((name) => source.get(name)?.content !== target.get(name)?.content);
  }

  #zoneOf(role: Role): number | undefined {
    return this.#knowsZone ? this.#zoneMs[role] : undefined;
  }

  #listed(role: Role): readonly ListingEntry[] {
    return [...this.files[role]].map(([name, { sizeBytes, modifiedMs }]) => {
      const atMs = Math.floor((modifiedMs + this.#zoneMs[role]) / MINUTE_MS) * MINUTE_MS;
      return { name, kind: "file", sizeBytes, modified: { atMs, precision: "minute", zone: "unknown" } };
    });
  }
}

type Step =
  | {
      readonly do: "write";
      role: Role;
      name: string;
      content: number;
      sizeBytes: number;
      backMinutes: number;
    }
  | { readonly do: "remove"; role: Role; name: string }
  | { readonly do: "wait"; seconds: number }
  | { readonly do: "run"; breaksAt: "never" | "look" | "copy" | "index" };

interface Servers {
  readonly skews: readonly [number, number];
  readonly zones: readonly [number, number];
  readonly knowsZone: boolean;
}

const role = fc.constantFrom<Role>("source", "target");
const name = fc.constantFrom("a", "b");
const writing = (backMinutes: fc.Arbitrary<number>) =>
  fc.record({
    do: fc.constant("write" as const),
    ...{ role, name, backMinutes },
    content: fc.integer({ min: 0, max: 5 }),
    sizeBytes: fc.constantFrom(10, 20),
  });
const waiting = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100, max: 90_000 }));
const others: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant("remove" as const), role, name }),
  fc.record({ do: fc.constant("wait" as const), seconds: waiting }),
  fc.record({
    do: fc.constant("run" as const),
    breaksAt: fc.constantFrom("never", "never", "never", "look", "copy", "index"),
  }),
];
const honest = fc.oneof(writing(fc.constant(0)), ...others);
const anything = fc.oneof(writing(fc.integer({ min: 0, max: 4 })), ...others);
/** Clocks that are wrong by less than what is allowed for where the zone is known. */
const servers = fc.record({
  skews: fc.tuple(fc.integer({ min: -230, max: 230 }), fc.integer({ min: -230, max: 230 })),
  zones: fc.tuple(fc.integer({ min: -48, max: 56 }), fc.integer({ min: -48, max: 56 })),
  knowsZone: fc.boolean(),
});
const POLICY: IndexPolicy = { fullCheckMs: 24 * HOUR_MS };

function play(world: World, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.do === "wait") world.nowMs += step.seconds * 1_000;
    else if (step.do === "remove") world.files[step.role].delete(step.name);
    else if (step.do === "run") world.run(step.breaksAt);
    else world.write(step.role, step.name, step.content, step.sizeBytes, step.backMinutes);
  }
}

describe("with the index of a mirror", () => {
  test("after any changes, runs and crashes, a run after the interval for full checks makes both sides equal", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), servers, (steps, of) => {
        const world = new World(POLICY, of);
        play(world, steps);
        world.nowMs += POLICY.fullCheckMs;
        world.run("never");
        expect(world.different()).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a run finds every change whose time was not set, also in the minute of the look and of the same size", () => {
    fc.assert(
      fc.property(fc.array(honest, { maxLength: 40 }), servers, (steps, of) => {
        const world = new World(POLICY, of);
        play(world, steps);
        world.run("never");
        expect(world.different()).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("what a run misses has a time that was set, and the size and minute that it had before", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), servers, (steps, of) => {
        const world = new World(POLICY, of);
        play(world, steps);
        world.run("never");
        for (const missed of world.different()) {
          const sides = [world.files.source.get(missed), world.files.target.get(missed)];
          expect(sides.some((file) => file?.isSetBack)).toBe(true);
          expect(sides[0]?.sizeBytes).toBe(sides[1]?.sizeBytes);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("a directory in which nothing happens is compared twice and then taken as unchanged", () => {
    fc.assert(
      fc.property(servers, fc.integer({ min: 62, max: 3_000 }), (of, seconds) => {
        const world = new World(POLICY, of);
        for (const at of ["source", "target"] as const) world.write(at, "a", 1, 10, 0);
        for (let turn = 0; turn < 4; turn += 1) {
          world.nowMs += seconds * 1_000;
          world.run("never");
        }
        expect(world.unchanged).toBeGreaterThanOrEqual(2);
      }),
    );
  });
});
