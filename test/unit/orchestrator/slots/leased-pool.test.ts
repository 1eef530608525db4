import { expect, test } from "vitest";
import type { Place } from "../../../../src/batch/pool.ts";
import { LeasedPool } from "../../../../src/orchestrator/slots/leased-pool.ts";
import type { Slots } from "../../../../src/orchestrator/slots/slots.ts";

const signal = new AbortController().signal;

/** Leases that are lost when the test says so, and places whose connections are counted. */
function scene() {
  const leases: AbortController[] = [];
  const open = { count: 0 };
  const slots = {
    take: async () => {
      const lost = new AbortController();
      leases.push(lost);
      return { token: leases.length, lost: lost.signal, [Symbol.dispose]: () => {} };
    },
  } as unknown as Slots;
  const connect = () => {
    open.count += 1;
    return { close: async () => void (open.count -= 1) };
  };
  const place = { key: "edge", name: "edge", limit: 2, connect } as unknown as Place;
  const pool = new LeasedPool(slots, { name: "job", weight: 1, needs: [], onWaiting: () => {} });
  return { leases, open, place, pool };
}

test("connections whose lease is lost are ended at once: others may be let in by now", async () => {
  const { leases, open, place, pool } = scene();
  await pool.borrow(place, place, signal);
  expect(open.count).toBe(2);
  leases[0]?.abort();
  await Promise.resolve();
  expect(open.count).toBe(0);
});

test("idle connections whose lease is lost are not lent again", async () => {
  const { leases, open, place, pool } = scene();
  const lent = await pool.borrowOne(place, signal);
  await lent[Symbol.asyncDispose]();
  expect(open.count).toBe(1);
  leases[0]?.abort();
  await Promise.resolve();
  const other = await pool.borrowOne(place, signal);
  expect(other.side).not.toBe(lent.side);
  expect(leases).toHaveLength(2);
  await pool.close();
  expect(open.count).toBe(0);
});

test("a further connection for a file that has a lane stands for no lane, and is ended when it is not wanted", async () => {
  const { open, place, pool } = scene();
  const extra = await pool.extra([place, place], signal);
  expect(extra?.sides.length).toBe(2);
  const pair = await pool.borrow(place, place, signal);
  expect(extra?.sides).not.toContain(pair.source);
  await extra?.[Symbol.asyncDispose]();
  const other = await pool.borrow(place, place, signal);
  expect(extra?.sides).not.toContain(other.source);
  await pool.close();
  expect(open.count).toBe(0);
});
