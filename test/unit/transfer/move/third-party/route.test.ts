import { describe, expect, test } from "vitest";
import type { Clock } from "../../../../../src/shared/clock.ts";
import { shortMemory } from "../../../../../src/transfer/memory.ts";
import { isOfSettings } from "../../../../../src/transfer/move/third-party/refusal.ts";
import { Route } from "../../../../../src/transfer/move/third-party/route.ts";
import { ALL_METHODS, CLEAR_METHODS } from "../../../../support/methods.ts";

const [first, second] = CLEAR_METHODS;
if (first === undefined || second === undefined) throw new Error("two methods, please");
const HOUR = 3_600_000;

function clockAt(start: number): Clock & { at: number } {
  const clock = { at: start, now: () => clock.at, sleep: async () => {} };
  return clock;
}

describe("what is known of a route", () => {
  test("the method that worked comes first, in this run and the next", async () => {
    const memory = shortMemory();
    const route = await Route.recall("a b", memory, clockAt(0));
    expect(route.order(CLEAR_METHODS)).toEqual(CLEAR_METHODS);
    route.worked(second);
    await route.settled();
    for (const one of [route, await Route.recall("a b", memory, clockAt(90 * 24 * HOUR))]) {
      expect(one.order(CLEAR_METHODS)[0]).toBe(second);
      expect(one.hasWorked(second)).toBe(true);
    }
    expect((await Route.recall("b a", memory, clockAt(0))).order(CLEAR_METHODS)[0]).toBe(first);
  });

  test.each([
    ["settings", 24 * HOUR],
    ["unknown", HOUR / 6],
  ] as const)("a method refused by %s is not tried for a while, and then again", async (by, lasts) => {
    const memory = shortMemory();
    const clock = clockAt(0);
    const route = await Route.recall("a b", memory, clock);
    route.refused(first, "target-pasv: 500 no", by);
    expect(route.order(CLEAR_METHODS)).not.toContain(first);
    expect(route.refusals(CLEAR_METHODS)).toBe("target-pasv: 500 no");
    await route.settled();
    clock.at = lasts - 1;
    const next = await Route.recall("a b", memory, clock);
    expect(next.order(CLEAR_METHODS)).not.toContain(first);
    expect(next.refusals(CLEAR_METHODS)).toMatch(/^target-pasv: 500 no \(.* ago\)$/);
    clock.at = lasts;
    expect(next.order(CLEAR_METHODS)).toContain(first);
  });

  test("as a last resort what an earlier run was refused is tried again, and what this one was is not", async () => {
    const memory = shortMemory();
    const clock = clockAt(0);
    const earlier = await Route.recall("a b", memory, clock);
    earlier.refused(first, "500 no", "settings");
    await earlier.settled();
    clock.at = 1_000;
    const route = await Route.recall("a b", memory, clock);
    expect(route.order(CLEAR_METHODS)).not.toContain(first);
    expect(route.order(CLEAR_METHODS, true)).toContain(first);
    route.refused(first, "500 no", "settings");
    expect(route.order(CLEAR_METHODS, true)).not.toContain(first);
  });

  test("what is suspected is left alone until it is known whose fault it was", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    for (const isConvicted of [false, true]) {
      route.suspect(first, "550 what?");
      expect(route.order(CLEAR_METHODS)).not.toContain(first);
      expect(route.refusals(CLEAR_METHODS)).toBe("550 what?");
      route.settle([first], isConvicted);
      expect(route.order(CLEAR_METHODS).includes(first)).toBe(!isConvicted);
    }
  });

  test("a method whose files were never what they should be is left for the next one", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    route.worked(first);
    route.disproved(first.name, "5 bytes of 10");
    expect(route.order(CLEAR_METHODS)).not.toContain(first);
    route.worked(second);
    route.proved(second.name);
    route.disproved(second.name, "5 bytes of 10");
    expect(route.order(CLEAR_METHODS)[0]).toBe(second);
  });

  test("what worked in clear does not go before what is private", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    const [clear] = CLEAR_METHODS;
    if (clear === undefined) throw new Error("a method, please");
    route.worked(clear);
    const order = route.order(ALL_METHODS);
    const privates = ALL_METHODS.filter(({ tlsClient }) => tlsClient !== undefined);
    expect(order.slice(0, privates.length)).toEqual(privates);
    expect(order[privates.length]).toBe(clear);
  });

  test("a refusal dated in the future is ignored", async () => {
    const memory = shortMemory();
    const ahead = await Route.recall("a b", memory, clockAt(100 * HOUR));
    ahead.refused(first, "no", "settings");
    await ahead.settled();
    expect((await Route.recall("a b", memory, clockAt(0))).order(CLEAR_METHODS)).toContain(first);
  });

  test("doubts are counted in a row, and end when it works", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    expect([route.doubt(first), route.doubt(first), route.doubt(second), route.doubt(first)]).toEqual([
      1, 2, 1, 1,
    ]);
    route.worked(first);
    expect(route.doubt(first)).toBe(1);
  });

  describe("of writing ahead of replies", () => {
    async function doubtedTwice(betweenMs: number) {
      const memory = shortMemory();
      const clock = clockAt(0);
      const route = await Route.recall("a b", memory, clock);
      route.doubtAhead();
      expect(route.mayWriteAhead).toBe(true);
      clock.at += betweenMs;
      route.doubtAhead();
      await route.settled();
      return { route, memory, clock };
    }

    test("two losses within ten minutes end it for a day, in this run and the next", async () => {
      const { route, memory, clock } = await doubtedTwice(HOUR / 6 - 1);
      const next = await Route.recall("a b", memory, clock);
      const lostMs = clock.at;
      for (const one of [route, next]) {
        clock.at = lostMs;
        expect(one.mayWriteAhead).toBe(false);
        clock.at = lostMs + 24 * HOUR - 1;
        expect(one.mayWriteAhead).toBe(false);
        clock.at = lostMs + 24 * HOUR;
        expect(one.mayWriteAhead).toBe(true);
      }
    });

    test("two losses ten minutes apart do not end it", async () => {
      const { route, memory, clock } = await doubtedTwice(HOUR / 6);
      expect(route.mayWriteAhead).toBe(true);
      expect((await Route.recall("a b", memory, clock)).mayWriteAhead).toBe(true);
    });
  });

  test("a memory of another form is forgotten", async () => {
    const memory = shortMemory();
    await memory.remember("a b", { worked: 5, refused: [] });
    expect((await Route.recall("a b", memory, clockAt(0))).order(CLEAR_METHODS)).toEqual(CLEAR_METHODS);
  });

  test("one file finds out, and the others wait for what it finds", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    const order: string[] = [];
    const file = (name: string) =>
      route.one(async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        route.worked(second);
        order.push(`${name} ends`);
      });
    await Promise.all([file("one"), file("two"), file("three")]);
    expect(order.slice(0, 2)).toEqual(["one begins", "one ends"]);
    expect(order).toHaveLength(6);
  });

  test("the others wait no longer than until the bytes of the first file move", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    const begun: string[] = [];
    let [move, end] = [() => {}, () => {}];
    const ended = new Promise<void>((resolve) => (end = resolve));
    const long = route.one(async (moves) => {
      begun.push("long");
      move = moves;
      await ended;
    });
    const others = ["two", "three"].map((name) => route.one(async () => void begun.push(name)));
    await Promise.resolve();
    expect(begun).toEqual(["long"]);
    move();
    await Promise.all(others);
    expect(begun).toEqual(["long", "two", "three"]);
    end();
    await long;
  });

  test("where the first file comes to nothing although its bytes moved, one finds out again what works", async () => {
    const route = await Route.recall("a b", shortMemory(), clockAt(0));
    await route.one(async (moves) => moves());
    const begun: string[] = [];
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const next = route.one(async () => {
      begun.push("next");
      await ended;
    });
    const after = route.one(async () => void begun.push("after"));
    await Promise.resolve();
    expect(begun).toEqual(["next"]);
    end();
    await Promise.all([next, after]);
    expect(begun).toEqual(["next", "after"]);
  });
});

test.each([
  [{ code: 500, lines: ["Illegal PORT command."] }, true],
  [{ code: 425, lines: ["Security: Bad IP connecting."] }, true],
  [{ code: 425, lines: ["Rejected data connection from foreign address 10.0.0.1:5."] }, true],
  [{ code: 425, lines: ["Unable to build data connection: Permission denied"] }, true],
  [{ code: 522, lines: ["SSL connection failed: session reuse required"] }, true],
  [{ code: 425, lines: ["Failed to establish connection."] }, false],
  [{ code: 425, lines: ["Can't open data connection"] }, false],
  [{ code: 425, lines: ["Can't open data connection: Cannot assign requested address"] }, false],
  [{ code: 425, lines: ["Unable to build data connection: Address already in use"] }, false],
  [{ code: 426, lines: ["Connection closed; transfer aborted."] }, false],
])("whether settings have refused: %j: %s", (reply, expected) => {
  expect(isOfSettings(reply)).toBe(expected);
});
