import fc from "fast-check";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { connectRedis } from "../../src/orchestrator/kv/connect.ts";
import { lessonsOf, limitBy, RAISE_MS } from "../../src/orchestrator/slots/learned.ts";
import { ALLOWED_BY, slotKeys, slotScript } from "../../src/orchestrator/slots/slots-script.ts";
import type { Demand } from "../../src/orchestrator/slots/demand.ts";
import { type Lease, Slots, type SlotsOptions } from "../../src/orchestrator/slots/slots.ts";
import { until } from "../support/fleet.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let redis: TestRedis;
let client: RedisClient;
let prefix: string;
let turn = 0;
const forever = new AbortController().signal;
setMaxListeners(0, forever);

beforeAll(async () => {
  redis = await startRedis();
  client = await connect();
});
afterAll(async () => {
  client.disconnect();
  await redis[Symbol.asyncDispose]();
});
beforeEach(() => {
  turn += 1;
  prefix = `{test${turn}}`;
});

function connect(): Promise<RedisClient> {
  const address = { host: "127.0.0.1", port: redis.port };
  return connectRedis({ kind: "server", address, database: 0 }, { whenAway: "wait", tell: () => {} });
}

/** A process: slots with a connection of their own. */
async function open(options: Partial<SlotsOptions> = {}): Promise<Slots & { vanish(): void }> {
  const own = await connect();
  const slots = await Slots.open(own, { prefix, ...options });
  const dispose = slots[Symbol.asyncDispose].bind(slots);
  return Object.assign(slots, {
    /** As if killed: nothing is heard of it any more. */
    vanish: () => own.disconnect(),
    [Symbol.asyncDispose]: async () => {
      await dispose();
      own.disconnect();
    },
  });
}

function want(needs: Readonly<Record<string, number>>, limit: number, party = "p"): Demand {
  return {
    party,
    needs: Object.entries(needs).map(([resource, count]) => ({ resource, count, limit })),
  };
}

async function isWaiting(taking: Promise<Lease>): Promise<boolean> {
  const pause = new AbortController();
  const waiting = sleep(150, true, { signal: pause.signal }).catch(() => true);
  return Promise.race([taking.then(() => false), waiting]).finally(() => pause.abort());
}

test("free slots are leased at once, others when they are returned", async () => {
  await using slots = await open();
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
  await using one = await open({ ttlMs: 600_000 });
  await using two = await open({ ttlMs: 600_000 }); // it asks only every 200 s: it is told
  const held = await one.take(want({ a: 1 }, 1), forever);
  const taking = two.take(want({ a: 1 }, 1), forever);
  expect(await isWaiting(taking)).toBe(true);
  held[Symbol.dispose]();
  await taking;
});

test("one host on both sides is a need of two", async () => {
  await using slots = await open();
  using _lease = await slots.take(want({ a: 2 }, 2), forever);
  expect(await slots.inUse()).toEqual(new Map([["a", 2]]));
  await expect(slots.take(want({ a: 2 }, 1), forever)).rejects.toThrow(
    "a allows 1 connection at the same time, but 2 are needed",
  );
});

test("a to b and b to a at limit 1 both end", async () => {
  await using one = await open();
  await using two = await open();
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
  await using slots = await open();
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
  await using slots = await open();
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
  await using slots = await open();
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
  await using slots = await open();
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

test("what a process had and waited for is free when it ends, and soon after it was killed", async () => {
  const one = await open({ ttlMs: 2_000 });
  const two = await open({ ttlMs: 2_000 });
  await using three = await open({ ttlMs: 2_000 });
  await one.take(want({ a: 1 }, 2), forever);
  await two.take(want({ a: 1 }, 2), forever);
  const waits = two.take(want({ a: 1 }, 2), forever).catch(() => {});
  const taking = three.take(want({ a: 2 }, 2), forever);
  await one[Symbol.asyncDispose]();
  expect(await isWaiting(taking)).toBe(true);
  two.vanish();
  await waits;
  await taking;
  expect(await three.inUse()).toEqual(new Map([["a", 2]]));
});

test("who was not heard of in time is told that what it had is lost", async () => {
  // Nothing is heard of it for 2 s.
  const one = await open({ ttlMs: 6_000 });
  await using two = await open({ ttlMs: 6_000 });
  const lease = await one.take(want({ a: 1 }, 1), forever);
  const waiting = one.take(want({ a: 2 }, 2), forever);
  // Its holder is forgotten, as after a silence that only it could not break.
  const holders = `${prefix}:slots:holders`;
  const [holder = ""] = await client.zrange(holders, "0", "-1"); // two has nothing, and is none
  await client.call("ZADD", holders, "1", holder);
  const next = await two.take(want({ a: 1 }, 1), forever);
  expect(next.token).toBeGreaterThan(lease.token);
  await new Promise<void>((resolve) => {
    if (lease.lost.aborted) resolve();
    else lease.lost.addEventListener("abort", () => resolve());
  });
  lease[Symbol.dispose](); // gives nothing back that is another's
  expect(await two.inUse()).toEqual(new Map([["a", 1]]));
  next[Symbol.dispose]();
  await waiting; // it has asked again
  await one[Symbol.asyncDispose]();
});

test("while Redis is away nobody loses anything", async () => {
  await using slots = await open({ ttlMs: 600 });
  const lease = await slots.take(want({ a: 1 }, 1), forever);
  redis.signal("SIGSTOP");
  await sleep(1_500);
  redis.signal("SIGCONT");
  const taking = slots.take(want({ a: 1 }, 1), forever);
  expect(await isWaiting(taking)).toBe(true);
  await sleep(300);
  expect(lease.lost.aborted).toBe(false);
  lease[Symbol.dispose]();
  await taking;
});

test("what a dead process had is free after a while, also where the living are too slow to be heard of in time", async () => {
  const ttlMs = 300;
  const one = await open({ ttlMs });
  await one.take(want({ a: 1 }, 1), forever);
  one.vanish();
  const needs = JSON.stringify({ party: "p", weight: 1, needs: [["a", 1, 1]], logins: [] });
  const say = async (operation: string, ...rest: readonly string[]) => {
    const args = ["granted", operation, "slow", ttlMs, RAISE_MS, "id", ...rest];
    const [, , answer] = (await slotScript.run(client, Object.values(slotKeys(prefix)), args)) as unknown[];
    return answer;
  };
  const answers = [await say("ask", needs)];
  while (answers.at(-1) === "a" && answers.length < 20) {
    await sleep((2 / 3) * ttlMs);
    answers.push(await say("beat"));
  }
  expect(answers.at(-1)).toBeTypeOf("number");
});

test("what is given back while Redis does not hear it is given back later", async () => {
  await using slots = await open({ ttlMs: 600 });
  await slots.take(want({ a: 1 }, 1), forever);
  const lease = await slots.take(want({ b: 1 }, 1), forever);
  // A lease that Redis believes in, and its holder does not know of.
  const leases = `${prefix}:slots:leases`;
  const [id = "", text = ""] = Object.entries(await client.hgetall(leases))[0] ?? [];
  await client.hset(leases, `${id}x`, text);
  await client.hincrby(`${prefix}:slots:used`, "a", 1);
  await until(async () => (await client.hlen(leases)) <= 2, "what nobody holds is given back");
  expect(await slots.inUse()).toEqual(
    new Map([
      ["a", 1],
      ["b", 1],
    ]),
  );
  lease[Symbol.dispose]();
});

test("a lease becomes one for another purpose in one step, and what it held besides is free", async () => {
  await using slots = await open();
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
  await using slots = await open();
  await using others = await open();
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
  await using slots = await open();
  const lease = await slots.take(want({ a: 1 }, 1), forever);
  const cancel = new AbortController();
  const taking = slots.take(want({ a: 1 }, 1), cancel.signal);
  expect(await isWaiting(taking.catch(() => lease))).toBe(true);
  cancel.abort(new Error("cancelled"));
  await expect(taking).rejects.toThrow("cancelled");
  await expect(slots.take(want({ a: 1 }, 1), cancel.signal)).rejects.toThrow("cancelled");
  lease[Symbol.dispose]();
  using _next = await slots.take(want({ a: 1 }, 1), forever);
  expect(await client.zcard(`${prefix}:slots:waiting`)).toBe(0);
});

describe("limits that servers teach", () => {
  test("are one less than what was used, and are raised again with time", async () => {
    await using slots = await open();
    /** As if so much time had gone by that the limit is raised soon. */
    const passTime = async () => {
      const learned = `${prefix}:slots:learned`;
      const { at, ...lesson } = JSON.parse((await client.hget(learned, "a")) ?? "{}") as { at: number };
      await client.hset(learned, "a", JSON.stringify({ ...lesson, at: at - RAISE_MS + 300 }));
      (await slots.take(want({ b: 1 }, 1), forever))[Symbol.dispose](); // any step says when something changes
    };
    const held = await Promise.all([1, 2, 3, 4].map(() => slots.take(want({ a: 1 }, 4), forever)));
    await slots.refused("a"); // 3
    await slots.refused("a"); // 2
    expect((await lessonsOf(client, prefix)).get("a")).toMatchObject({ limit: 2 });
    for (const lease of held) lease[Symbol.dispose]();
    const next = [1, 2, 3, 4].map(() => slots.take(want({ a: 1 }, 4), forever));
    await Promise.all(next.slice(0, 2));
    expect(await isWaiting(next[2]!)).toBe(true);
    await passTime();
    await next[2]; // nothing was given back
    await passTime();
    await next[3];
    expect(await client.hlen(`${prefix}:slots:used`)).toBe(1);
  });

  test("are never less than one, or than what one demand needs", async () => {
    await using slots = await open();
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

test("logins are counted over a minute, whether their connections last or not", async () => {
  await using slots = await open();
  const login = { ...want({ a: 1 }, 10), logins: [{ host: "a", count: 1, perMinute: 3 }] };
  for (let index = 0; index < 3; index += 1) (await slots.take(login, forever))[Symbol.dispose]();
  const told: string[] = [];
  const cancel = new AbortController();
  const fourth = slots.take({ ...login, onWaiting: (lack) => told.push(lack) }, cancel.signal);
  expect(await isWaiting(fourth.catch(() => ({}) as Lease))).toBe(true);
  expect(told).toEqual(["logins of a"]);
  using _without = await slots.take(want({ a: 1 }, 10), forever); // on a connection that is logged in
  // A minute later.
  const times = JSON.parse((await client.hget(`${prefix}:slots:logins`, "a")) ?? "[]") as number[];
  await client.hset(`${prefix}:slots:logins`, "a", JSON.stringify(times.map((at) => at - 60_000)));
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
      turn += 1;
      prefix = `{test${turn}}`;
      const processes = await Promise.all([open(), open(), open()]);
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
      const kept = await client.keys(`${prefix}:slots:*`);
      expect(kept).toEqual([`${prefix}:slots:counters`]);
    }),
    { numRuns: 40 },
  );
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
      const allowed = await client.eval(script, 0, JSON.stringify(cases), RAISE_MS);
      expect(allowed).toEqual(
        cases.map(
          ({ limit, at, configured, now }) => limitBy({ limit, atMs: at }, configured, now) ?? configured,
        ),
      );
    }),
    { numRuns: 50 },
  );
});
