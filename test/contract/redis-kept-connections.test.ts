import { afterEach, beforeEach, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { KeptConnections } from "../../src/orchestrator/slots/kept-connections.ts";
import { LeasedPool, type Party } from "../../src/orchestrator/slots/leased-pool.ts";
import { hostResource, runResource, Slots } from "../../src/orchestrator/slots/slots.ts";
import type { Side } from "../../src/transfer/sides/side.ts";
import { sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
const signal = new AbortController().signal;
const LIMIT = 2;
let turn = 0;
let slots: Slots;
let elapsedMs = 0;
let kept: KeptConnections;
let open = 0;
let logins = 0;

beforeEach(async () => {
  [elapsedMs, open, logins] = [0, 0, 0];
  slots = await Slots.open(shared.client, { prefix: `{kept${(turn += 1)}}` });
  kept = new KeptConnections(slots, () => elapsedMs);
});
afterEach(async () => {
  await kept[Symbol.asyncDispose]();
  await slots[Symbol.asyncDispose]();
});

/** A place whose connections are counted. */
function placeOf(name: string, scope = "tls"): Place {
  const connect = () => {
    [open, logins] = [open + 1, logins + 1];
    let isOpen = true;
    const close = async () => {
      if (isOpen) open -= 1;
      isOpen = false;
    };
    return { kind: "local", close } as unknown as Side;
  };
  return { key: name, scope, name, at: (path) => `${name}:${path}`, connect, limit: LIMIT };
}

const partyOf = (job: string, lanes = 8): Party => ({
  ...{ name: job, weight: 1, onWaiting: () => {} },
  needs: [{ resource: runResource(`run of ${job}`), count: 1, limit: lanes }],
});
const [alpha, beta] = [placeOf("alpha"), placeOf("beta")];

/** A slice of that run, from its first file to its last. */
async function slice(party: Party, [from, to]: readonly [Place, Place] = [alpha, beta]) {
  const pool = new LeasedPool(slots, party, kept);
  const pair = await pool.borrow(from, to, signal);
  return {
    pair,
    async end() {
      await pair[Symbol.asyncDispose]();
      await pool.close();
    },
  };
}

const used = async (name: string) => (await slots.inUse()).get(hostResource(name)) ?? 0;

test("the slices of a run log in once: what one has used the next one goes on with, under the same lease", async () => {
  const first = await slice(partyOf("one"));
  await first.end();
  expect([open, await used("alpha"), await used("beta")]).toEqual([2, 1, 1]);
  for (let more = 0; more < 5; more += 1) {
    const next = await slice(partyOf("one"));
    expect(next.pair.source).toBe(first.pair.source);
    await next.end();
  }
  expect(logins).toBe(2);
});

test("another order of places, another TLS policy or another run gets connections of its own", async () => {
  const first = await slice(partyOf("one"));
  await first.end();
  const other = await slice(partyOf("one"), [placeOf("alpha", "clear"), beta]);
  expect(other.pair.source).not.toBe(first.pair.source);
  await other.end();
  const back = await slice(partyOf("two"));
  expect(back.pair.source).not.toBe(first.pair.source);
});

test("a slice that waits for the same gets what another one has used, and both keep to the limit", async () => {
  const busy = [await slice(partyOf("one")), await slice(partyOf("one"))];
  const waiting = slice(partyOf("one"));
  await busy[0]?.end();
  const third = await waiting;
  expect(third.pair.source).toBe(busy[0]?.pair.source);
  expect([logins, open, await used("alpha")]).toEqual([4, 4, LIMIT]);
  await third.end();
  await busy[1]?.end();
});

test("a slice that had to wait and has its connections by now makes the next one log in no more", async () => {
  const busy = [await slice(partyOf("one")), await slice(partyOf("one"))];
  const waits = new Promise<void>((resolve) => {
    const onWaiting = (lack: string | undefined) => void (lack !== undefined && resolve());
    void slice({ ...partyOf("one"), onWaiting }).then((third) => third.end());
  });
  await waits;
  for (const one of busy) await one.end();
  const next = await slice(partyOf("one"));
  expect([logins, open]).toEqual([4, 4]);
  await next.end();
});

test("connections that nobody uses are ended as soon as another job waits for the host", async () => {
  const busy = [await slice(partyOf("one")), await slice(partyOf("one"))];
  for (const one of busy) await one.end();
  expect(await used("alpha")).toBe(LIMIT);
  const other = await slice(partyOf("two"), [alpha, placeOf("gamma")]);
  expect(logins).toBe(6);
  await other.end();
});

test("promise 10, a job that waits for a host is not passed by for ever by the slices of another one", async () => {
  let running = await slice(partyOf("one"));
  const staying = await slice(partyOf("one"));
  const other = slice(partyOf("two"));
  for (;;) {
    // Each slice that ends has a next one that waits already.
    const next = slice(partyOf("one"));
    await shared.client.ping();
    await running.end();
    const served = await Promise.race([next.then(() => "one"), other.then(() => "two")]);
    if (served === "one") {
      running = await next;
      continue;
    }
    await staying.end();
    await (await other).end();
    await (await next).end();
    return;
  }
});

test("connections that are old are ended, so that others have their turn", async () => {
  const first = await slice(partyOf("one"));
  elapsedMs = 30_000;
  await first.end();
  expect(open).toBe(0);
});
