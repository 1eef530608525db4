import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Lease, Slots } from "../../src/orchestrator/slots/slots.ts";
import { forever, isWaiting, slotsScene, want } from "../support/slots-scene.ts";

const scene = slotsScene();

test("free slots are leased at once, others when they are returned", async () => {
  await using slots = await scene.open();
  const first = await slots.take(want({ a: 1, b: 1 }, 1), forever);
  const told: string[] = [];
  const second = slots.take({ ...want({ a: 1 }, 1), onWaiting: (lack) => told.push(lack) }, forever);
  expect(await isWaiting(second)).toBe(true);
  expect(told).toEqual(["a"]);
  expect(await slots.inUse()).toEqual(
    new Map([
      ["a", 1],
      ["b", 1],
    ]),
  );
  first[Symbol.dispose]();
  expect((await second).token).toBeGreaterThan(first.token);
  (await second)[Symbol.dispose]();
  expect(await slots.inUse()).toEqual(new Map());
});

test("another process is notified of returned slots", async () => {
  await using one = await scene.open({ ttlMs: 600_000 });
  await using two = await scene.open({ ttlMs: 600_000 }); // it asks only every 200 s: it is told
  const held = await one.take(want({ a: 1 }, 1), forever);
  const taking = two.take(want({ a: 1 }, 1), forever);
  expect(await isWaiting(taking)).toBe(true);
  held[Symbol.dispose]();
  await taking;
});

test("one host on both sides is a need of two", async () => {
  await using slots = await scene.open();
  using _lease = await slots.take(want({ a: 2 }, 2), forever);
  expect(await slots.inUse()).toEqual(new Map([["a", 2]]));
  await expect(slots.take(want({ a: 2 }, 1), forever)).rejects.toThrow(
    "a allows 1 connection at the same time, but 2 are needed",
  );
});

test("a to b and b to a at limit 1 both end", async () => {
  await using one = await scene.open();
  await using two = await scene.open();
  const work = async (slots: Slots, needs: Record<string, number>) => {
    for (let index = 0; index < 20; index += 1) {
      using _lease = await slots.take(want(needs, 1), forever);
      await sleep(1);
    }
  };
  await Promise.all([work(one, { a: 1, b: 1 }), work(two, { b: 1, a: 1 })]);
  expect(await one.inUse()).toEqual(new Map());
});

test("who waits for two is not passed by for ever by those who want one of them", async () => {
  await using slots = await scene.open();
  const held = await Promise.all([
    slots.take(want({ a: 1 }, 1), forever),
    slots.take(want({ b: 1 }, 1), forever),
  ]);
  const both = slots.take(want({ a: 1, b: 1 }, 1), forever);
  await isWaiting(both);
  const later = [slots.take(want({ a: 1 }, 1), forever), slots.take(want({ b: 1 }, 1), forever)];
  held[0][Symbol.dispose]();
  expect(await isWaiting(later[0]!)).toBe(true); // kept for the one who waits for both
  held[1][Symbol.dispose]();
  (await both)[Symbol.dispose]();
  await Promise.all(later);
});

test("who waits keeps back no more than the one share that he could use", async () => {
  await using slots = await scene.open();
  const of = (needs: readonly (readonly [string, number])[]) => ({
    party: "p",
    needs: needs.map(([resource, limit]) => ({ resource, count: 1, limit })),
  });
  await slots.take(of([["b", 1]]), forever);
  const blocked = [1, 2, 3].map(() =>
    slots
      .take(
        of([
          ["a", 3],
          ["b", 1],
        ]),
        forever,
      )
      .catch(() => {}),
  );
  await isWaiting(blocked[2] as Promise<Lease>);
  await slots.take(
    of([
      ["a", 3],
      ["c", 1],
    ]),
    forever,
  ); // of three a, one is kept back
});

test("parties are served in turn, however much one of them asks for", async () => {
  await using slots = await scene.open();
  const first = await slots.take(want({ a: 1 }, 1, "big"), forever);
  const order: string[] = [];
  const queue = (party: string, weight = 1) =>
    slots.take({ ...want({ a: 1 }, 1, party), weight }, forever).then((lease) => {
      order.push(party);
      lease[Symbol.dispose]();
    });
  const all = [...Array.from({ length: 6 }, () => queue("big"))];
  all.push(
    queue("small"),
    queue("small"),
    queue("heavy", 2),
    queue("heavy", 2),
    queue("heavy", 2),
    queue("heavy", 2),
  );
  await isWaiting(all[0] as unknown as Promise<Lease>);
  first[Symbol.dispose]();
  await Promise.all(all);
  expect(order.slice(0, 2)).toContain("big");
  expect(order.lastIndexOf("small")).toBeLessThan(9);
  expect(order.lastIndexOf("heavy")).toBeLessThan(9);
  expect(order.slice(-3)).toEqual(["big", "big", "big"]);
});

test("a party that has stopped waiting is served as if it had not waited", async () => {
  await using slots = await scene.open();
  const first = await slots.take(want({ a: 1 }, 1, "other"), forever);
  const order: string[] = [];
  const queue = async (party: string) => {
    using _lease = await slots.take(want({ a: 1 }, 1, party), forever);
    order.push(party);
  };
  const steady = [queue("steady"), queue("steady"), queue("steady")];
  for (let time = 0; time < 5; time += 1) {
    const leaving = new AbortController();
    const taking = slots.take(want({ a: 1 }, 1, "fickle"), leaving.signal);
    expect(await isWaiting(taking.catch(() => ({}) as Lease))).toBe(true);
    leaving.abort(new Error("others are waiting"));
    await expect(taking).rejects.toThrow("others are waiting");
  }
  const fickle = queue("fickle");
  await isWaiting(fickle as unknown as Promise<Lease>);
  first[Symbol.dispose]();
  await Promise.all([...steady, fickle]);
  expect(order.at(-1)).toBe("steady");
});

test("a lease becomes one for another purpose in one step, and what it held besides is free", async () => {
  await using slots = await scene.open();
  const lease = await slots.take(want({ host: 1, one: 1 }, 1), forever);
  const waiting = slots.take(want({ one: 1 }, 1), forever);
  expect(await isWaiting(waiting)).toBe(true);
  const { token } = lease;
  expect(await lease.exchange(want({ host: 1, two: 1 }, 1))).toBe(true);
  expect(lease.token).toBeGreaterThan(token);
  (await waiting)[Symbol.dispose]();
  const all = await slots.inUse();
  expect([...all].toSorted()).toEqual([
    ["host", 1],
    ["two", 1],
  ]);
  lease[Symbol.dispose]();
  expect(await slots.inUse()).toEqual(new Map());
  expect(lease.lost.aborted).toBe(false);
});

test("a lease is not exchanged past another party that waits for what it holds, nor for more than there is", async () => {
  await using slots = await scene.open();
  await using others = await scene.open();
  const lease = await slots.take(want({ host: 1 }, 1), forever);
  using full = await others.take(want({ lane: 1 }, 1), forever);
  expect(full.lost.aborted).toBe(false);
  expect(await lease.exchange(want({ host: 1, lane: 1 }, 1))).toBe(false);
  lease[Symbol.dispose]();
  const next = await slots.take(want({ host: 1 }, 1), forever);
  const other = others.take(want({ host: 1 }, 1, "q"), forever);
  expect(await isWaiting(other)).toBe(true);
  expect(await next.exchange(want({ host: 1 }, 1))).toBe(false);
  next[Symbol.dispose]();
  (await other)[Symbol.dispose]();
});

test("who does not want to wait any longer leaves nothing behind", async () => {
  await using slots = await scene.open();
  const lease = await slots.take(want({ a: 1 }, 1), forever);
  const cancel = new AbortController();
  const taking = slots.take(want({ a: 1 }, 1), cancel.signal);
  expect(await isWaiting(taking.catch(() => lease))).toBe(true);
  cancel.abort(new Error("cancelled"));
  await expect(taking).rejects.toThrow("cancelled");
  await expect(slots.take(want({ a: 1 }, 1), cancel.signal)).rejects.toThrow("cancelled");
  lease[Symbol.dispose]();
  using _next = await slots.take(want({ a: 1 }, 1), forever);
  expect(await scene.client.zcard(`${scene.prefix}:slots:waiting`)).toBe(0);
});

test("logins are counted over a minute, whether their connections last or not", async () => {
  await using slots = await scene.open();
  const login = { ...want({ a: 1 }, 10), logins: [{ host: "a", count: 1, perMinute: 3 }] };
  for (let index = 0; index < 3; index += 1) (await slots.take(login, forever))[Symbol.dispose]();
  const told: string[] = [];
  const cancel = new AbortController();
  const fourth = slots.take({ ...login, onWaiting: (lack) => told.push(lack) }, cancel.signal);
  expect(await isWaiting(fourth.catch(() => ({}) as Lease))).toBe(true);
  expect(told).toEqual(["logins of a"]);
  using _without = await slots.take(want({ a: 1 }, 10), forever); // on a connection that is logged in
  // A minute later.
  const times = JSON.parse(
    (await scene.client.hget(`${scene.prefix}:slots:logins`, "a")) ?? "[]",
  ) as number[];
  await scene.client.hset(
    `${scene.prefix}:slots:logins`,
    "a",
    JSON.stringify(times.map((at) => at - 60_000)),
  );
  using _other = await slots.take(want({ b: 1 }, 1), forever); // any step looks at all who wait
  (await fourth)[Symbol.dispose]();
});

test("any interleaving keeps to the limits, serves everyone, and leaves nothing behind", async () => {
  const resource = fc.constantFrom("a", "b", "c");
  const job = fc.record({
    process: fc.nat(2),
    party: fc.constantFrom("p", "q", "r"),
    weight: fc.constantFrom(1, 4),
    needs: fc.uniqueArray(fc.tuple(resource, fc.integer({ min: 1, max: 2 })), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 3,
    }),
    delayMs: fc.nat(4),
    holdMs: fc.nat(4),
    givesUp: fc.boolean(),
  });
  const LIMITS: Readonly<Record<string, number>> = { a: 2, b: 3, c: 5 };
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 30 }), async (jobs) => {
      scene.anew();
      const processes = await Promise.all([scene.open(), scene.open(), scene.open()]);
      const inUse = new Map<string, number>();
      const tokens: number[] = [];
      const use = (needs: readonly (readonly [string, number])[], sign: number) => {
        for (const [name, count] of needs) inUse.set(name, (inUse.get(name) ?? 0) + sign * count);
        for (const [name, count] of inUse) expect(count).toBeLessThanOrEqual(LIMITS[name] ?? 0);
      };
      const served = await Promise.all(
        jobs.map(async ({ process, party, weight, needs, delayMs, holdMs, givesUp }) => {
          await sleep(delayMs);
          const signal = givesUp ? AbortSignal.timeout(holdMs) : forever;
          const demand = {
            party,
            weight,
            needs: needs.map(([name, count]) => ({ resource: name, count, limit: LIMITS[name] ?? 0 })),
          };
          try {
            using lease = await processes[process]!.take(demand, signal);
            tokens.push(lease.token);
            use(needs, 1);
            await sleep(holdMs);
            use(needs, -1);
            return true;
          } catch (error) {
            if (!signal.aborted) throw error;
            return givesUp;
          }
        }),
      );
      expect(served).not.toContain(false);
      expect(new Set(tokens).size).toBe(tokens.length);
      await Promise.all(processes.map((one) => one[Symbol.asyncDispose]()));
      const kept = await scene.client.keys(`${scene.prefix}:slots:*`);
      expect(kept).toEqual([`${scene.prefix}:slots:counters`]);
    }),
    { numRuns: 40 },
  );
});
