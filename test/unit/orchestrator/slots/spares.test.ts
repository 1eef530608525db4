import { expect, test } from "vitest";
import type { Place } from "../../../../src/batch/pool.ts";
import type { Demand } from "../../../../src/orchestrator/slots/demand.ts";
import type { Slots } from "../../../../src/orchestrator/slots/slots.ts";
import { Spares } from "../../../../src/orchestrator/slots/spares.ts";

const DEMAND: Demand = { party: "job", needs: [] };

/** A host of three connections, of which the test says how many others hold. */
function scene() {
  const [held, leases, open] = [{ count: 0 }, { count: 0 }, { count: 0 }];
  const slots = {
    inUse: async () => new Map([["host edge", held.count + leases.count]]),
    take: async () => {
      leases.count += 1;
      const lost = new AbortController().signal;
      return { token: 1, lost, [Symbol.dispose]: () => void (leases.count -= 1) };
    },
  } as unknown as Slots;
  const connect = () => {
    open.count += 1;
    return { close: async () => void (open.count -= 1) };
  };
  const place = { key: "edge", name: "edge", limit: 3, connect } as unknown as Place;
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { held, leases, open, place, settled, spares: new Spares(slots) };
}

test("a look gets a connection that nobody wants, the next time it asks; two looks get not the same", async () => {
  const { leases, place, settled, spares } = scene();
  expect(spares.lend(place, DEMAND)).toBeUndefined();
  await settled();
  const lent = spares.lend(place, DEMAND);
  expect(lent?.side).toBeDefined();
  expect(spares.lend(place, DEMAND)).toBeUndefined();
  await lent?.[Symbol.asyncDispose]();
  expect(spares.lend(place, DEMAND)?.side).toBe(lent?.side);
  expect(leases.count).toBe(1);
  await spares.close();
});

test("there is none where it would be the last one free, and it is given back when others come", async () => {
  const { held, leases, open, place, settled, spares } = scene();
  held.count = 2;
  spares.lend(place, DEMAND);
  await settled();
  expect(leases.count).toBe(0);
  held.count = 1;
  spares.lend(place, DEMAND);
  await settled();
  expect(leases.count).toBe(1);
  held.count = 2;
  const lent = spares.lend(place, DEMAND);
  await settled();
  await lent?.[Symbol.asyncDispose]();
  await settled();
  expect([leases.count, open.count]).toEqual([0, 0]);
});
