import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { duplicate } from "../../src/orchestrator/kv/client.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { Breaker } from "../../src/orchestrator/slots/breaker.ts";
import { KeptConnections } from "../../src/orchestrator/slots/kept-connections.ts";
import { LeasedPool, type SlotUser } from "../../src/orchestrator/slots/leased-pool.ts";
import { hostResource, runResource } from "../../src/orchestrator/slots/demand.ts";
import { Slots } from "../../src/orchestrator/slots/slots.ts";
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

const partyOf = (job: string, lanes = 8): SlotUser => ({
  ...{ name: job, weight: 1, onWaiting: () => {} },
  needs: [{ resource: runResource(`run of ${job}`), count: 1, limit: lanes }],
});
const [alpha, beta] = [placeOf("alpha"), placeOf("beta")];

/** A slice of that run, from its first file to its last. */
async function slice(party: SlotUser, [from, to]: readonly [Place, Place] = [alpha, beta]) {
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

test("another account or another TLS policy gets connections of its own", async () => {
  const first = await slice(partyOf("one"));
  await first.end();
  const other = await slice(partyOf("one"), [placeOf("alpha", "clear"), beta]);
  expect(other.pair.source).not.toBe(first.pair.source);
  await other.end();
});

test("runs of other jobs go on with the same connections, and each counts for its own run", async () => {
  const first = await slice(partyOf("one"));
  await first.end();
  for (const job of ["two", "three", "one"]) {
    const next = await slice(partyOf(job));
    expect(next.pair.source).toBe(first.pair.source);
    const inUse = await slots.inUse();
    expect([...inUse.keys()].filter((name) => name.startsWith("run"))).toEqual([
      runResource(`run of ${job}`),
    ]);
    await next.end();
  }
  expect(logins).toBe(2);
});

test("a run whose lanes are all taken gets no further one by connections that another run has left", async () => {
  const narrow = partyOf("two", 1);
  const first = await slice(partyOf("one"));
  const own = await slice(narrow);
  await first.end();
  let second: Promise<Awaited<ReturnType<typeof slice>>> | undefined;
  await new Promise<void>((waits) => {
    const onWaiting = (lack: string | undefined) => void (lack !== undefined && waits());
    second = slice({ ...narrow, onWaiting });
  });
  await own.end();
  expect((await second)?.pair.source).toBe(own.pair.source);
  await (await second)?.end();
});

test("connections that have said nothing for a second are asked first, and those that do not answer are given to nobody", async () => {
  let isSilent = false;
  const connect = (): Side => {
    [open, logins] = [open + 1, logins + 1];
    const side = {
      kind: "server",
      connected: { isReady: true } as object | undefined,
      resync: async () => void (isSilent && (side.connected = undefined)),
      close: async () => void (open -= 1),
    };
    return side as unknown as Side;
  };
  const gamma = { ...placeOf("gamma"), connect };
  const first = await slice(partyOf("one"), [gamma, beta]);
  await first.end();
  elapsedMs += 1_000;
  const next = await slice(partyOf("two"), [gamma, beta]);
  expect(next.pair.source).toBe(first.pair.source);
  await next.end();
  elapsedMs += 1_000;
  isSilent = true;
  const last = await slice(partyOf("three"), [gamma, beta]);
  expect(last.pair.source).not.toBe(first.pair.source);
  await last.end();
});

test("connections on which a reply is still to come are given to nobody", async () => {
  const connect = () => ({
    kind: "server",
    connected: { isReady: false },
    close: async () => void (open -= 1),
  });
  open = 1;
  const gamma = { ...placeOf("gamma"), connect: connect as unknown as () => Side };
  const first = await slice(partyOf("one"), [gamma, beta]);
  await first.end();
  expect(open).toBe(0);
});

test("connections are ended when their host is paused, and those in use when they are given back", async () => {
  const breaker = new Breaker(shared.client, new KeyNames(`kept${turn}`));
  const busy = await slice(partyOf("one"));
  const idle = await slice(partyOf("one"));
  await idle.end();
  await breaker.pause("beta", "asked for", Date.now());
  await vi.waitFor(() => expect(open).toBe(2));
  await busy.end();
  expect(open).toBe(0);
  await breaker.release("beta");
});

test("where somebody has stopped a run, its hosts' connections that nobody uses are ended", async () => {
  const others = await slice(partyOf("one"));
  const pool = new LeasedPool(slots, partyOf("two"), kept);
  const pair = await pool.borrow(alpha, beta, signal);
  await others.end();
  expect(open).toBe(4);
  await pair[Symbol.asyncDispose]();
  await pool.close(false);
  await vi.waitFor(async () => expect([open, await used("alpha")]).toEqual([0, 0]));
});

test("connections of before the configuration has changed are given to nobody", async () => {
  const busy = await slice(partyOf("one"));
  const idle = await slice(partyOf("one"));
  await idle.end();
  elapsedMs += 1;
  kept.renew();
  await busy.end();
  expect(open).toBe(0);
  const next = await slice(partyOf("one"));
  expect([busy.pair.source, idle.pair.source]).not.toContain(next.pair.source);
  await next.end();
});

test("what a killed worker had kept is free for others soon", async () => {
  const client = duplicate(shared.client);
  const killed = await Slots.open(client, { prefix: `{kept${turn}}`, ttlMs: 300 });
  const had = new KeptConnections(killed, () => elapsedMs);
  const pools = [1, 2].map(() => new LeasedPool(killed, partyOf("one"), had));
  const pairs = await Promise.all(pools.map((pool) => pool.borrow(alpha, beta, signal)));
  for (const pair of pairs) await pair[Symbol.asyncDispose]();
  for (const pool of pools) await pool.close();
  expect(await used("alpha")).toBe(LIMIT);
  client.disconnect();
  const other = await slice(partyOf("two"));
  expect(await used("alpha")).toBe(1);
  await other.end();
  await Promise.all([had[Symbol.asyncDispose](), killed[Symbol.asyncDispose]()]);
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
  elapsedMs = 60_000;
  await first.end();
  expect(open).toBe(0);
});
