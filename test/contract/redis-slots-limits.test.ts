import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lessonsOf, limitBy, RAISE_MS } from "../../src/orchestrator/slots/learned.ts";
import { ALLOWED_BY } from "../../src/orchestrator/slots/slots-script.ts";
import { forever, isWaiting, slotsScene, want } from "../support/slots-scene.ts";

const scene = slotsScene();

describe("limits that servers teach", () => {
  test("are one less than what was used, and are raised again with time", async () => {
    await using slots = await scene.open();
    /** As if so much time had gone by that the limit is raised soon. */
    const passTime = async () => {
      const learned = `${scene.prefix}:slots:learned`;
      const { at, ...lesson } = JSON.parse((await scene.client.hget(learned, "a")) ?? "{}") as { at: number };
      await scene.client.hset(learned, "a", JSON.stringify({ ...lesson, at: at - RAISE_MS + 300 }));
      (await slots.take(want({ b: 1 }, 1), forever))[Symbol.dispose](); // any step says when something changes
    };
    const held = await Promise.all([1, 2, 3, 4].map(() => slots.take(want({ a: 1 }, 4), forever)));
    await slots.refused("a"); // 3
    await slots.refused("a"); // 2
    expect((await lessonsOf(scene.client, scene.prefix)).get("a")).toMatchObject({ limit: 2 });
    for (const lease of held) lease[Symbol.dispose]();
    const next = [1, 2, 3, 4].map(() => slots.take(want({ a: 1 }, 4), forever));
    await Promise.all(next.slice(0, 2));
    expect(await isWaiting(next[2]!)).toBe(true);
    await passTime();
    await next[2]; // nothing was given back
    await passTime();
    await next[3];
    expect(await scene.client.hlen(`${scene.prefix}:slots:used`)).toBe(1);
  });

  test("are never less than one, or than what one demand needs", async () => {
    await using slots = await scene.open();
    for (let turn = 0; turn < 3; turn += 1) await slots.refused("a");
    const both = await slots.take(want({ a: 2 }, 2), forever);
    both[Symbol.dispose]();
    using _one = await slots.take(want({ a: 1 }, 2), forever);
    const taking = slots.take(want({ a: 1 }, 2), forever);
    expect(await isWaiting(taking)).toBe(true);
    _one[Symbol.dispose]();
    await taking;
  });
});

test("how many connections a learned limit allows by now is the same in Redis and in the API", async () => {
  const script = `${ALLOWED_BY}
    local allowed = {}
    for i, case in ipairs(cjson.decode(ARGV[1])) do
      allowed[i] = (allowedBy(case, case.configured, case.now, tonumber(ARGV[2])))
    end
    return allowed`;
  // Some seconds before the lesson, by another clock, up to a day after it.
  const passed = fc.oneof(
    fc.integer({ min: -10_000, max: 86_400_000 }),
    fc.nat(200).map((n) => n * RAISE_MS),
  );
  const lesson = fc.record({
    limit: fc.integer({ min: 1, max: 64 }),
    at: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
    configured: fc.integer({ min: 1, max: 64 }),
    passed,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(lesson, { minLength: 1, maxLength: 100 }), async (given) => {
      const cases = given.map(({ passed: age, ...one }) => ({ ...one, now: one.at + age }));
      const allowed = await scene.client.eval(script, 0, JSON.stringify(cases), RAISE_MS);
      expect(allowed).toEqual(
        cases.map(
          ({ limit, at, configured, now }) => limitBy({ limit, atMs: at }, configured, now) ?? configured,
        ),
      );
    }),
    { numRuns: 50 },
  );
});
