import { expect, test } from "vitest";
import { redisLedger } from "../../src/orchestrator/claims/ledger.ts";
import { WorkerLease } from "../../src/orchestrator/claims/worker-lease.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import { Stores } from "../../src/orchestrator/kv/stores/stores.ts";
import { bucketFor, fileKey, StoredFiles } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import { BusyError, LostWorkersError } from "../../src/transfer/errors.ts";
import type { RequestedTarget } from "../../src/transfer/ledger.ts";
import { doneAtStart } from "../../src/orchestrator/worker/slice/done-before.ts";
import { commandsOf, sumOf } from "../support/installation.ts";
import { sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
const FILES = 100;

/** How many commands Redis carries out meanwhile, those in scripts included. */
async function costOf(act: () => Promise<unknown>): Promise<number> {
  await shared.client.config("RESETSTAT");
  await act();
  const commands = new Map(await commandsOf(shared.client));
  for (const own of ["info", "config|resetstat"]) commands.delete(own);
  return sumOf(commands);
}

async function runOf(prefix: string) {
  const names = new KeyNames(prefix);
  const store = new RunStore(shared.client, names);
  const order = { job: "job", document: {}, rules: [], dryRun: false, because: "test" };
  await store.create("r", { ...order, requestedBy: "person" }, 1);
  return { names, store, stored: new StoredFiles(shared.client, names, "r") };
}

const wantedOf = (prefix: string): RequestedTarget[] =>
  Array.from({ length: FILES }, (_, at) => ({
    key: `${prefix}${at}`,
    fresh: { source: `ftp://alpha/${prefix}${at}`, sizeBytes: at },
  }));
const scopeOf = (wanted: readonly RequestedTarget[], from: number) => ({
  tree: "ftp://beta/out",
  upcoming: () => wanted.slice(from + 1),
});

test("a hundred files that were stored in one directory are noted by a handful of commands", async () => {
  const { store, stored } = await runOf("noting");
  for (const directory of ["/out/a", "/out/b", "/out/c", "/out/d", "/out/e"]) {
    const files = Array.from({ length: FILES }, (_, at) => `${directory}/f${at}`).map((target) => ({
      ...{ key: fileKey(0, target), bucket: bucketFor(0, target), by: "relay" as const },
      ...{ bytes: 10, resumedFrom: 0 },
    }));
    expect(await costOf(() => stored.noteAll(files))).toBeLessThan(25);
    // Somebody notes them once more, after the worker that did so first was believed dead.
    await stored.noteAll(files.map((file) => ({ ...file, bytes: 20 })));
  }
  expect((await store.get("r"))?.counters).toMatchObject({ copied: 5 * FILES, relayed: 5 * FILES * 20 });
  const earlier = await stored.earlier();
  expect(earlier.count).toBe(5 * FILES);
  expect(earlier.hasStored(fileKey(0, "/out/e/f99"))).toBe(true);
});

test("files of a run's first beginning are noted without a look at what was noted before, until a slice is taken again", async () => {
  const { store, stored } = await runOf("once");
  await store.begin("r", 1);
  const filesOf = (from: number, bytes: number) =>
    Array.from({ length: FILES }, (_, at) => `/out/once/f${from + at}`).map((target) => ({
      ...{ key: fileKey(0, target), bucket: bucketFor(0, target), by: "relay" as const },
      ...{ bytes, resumedFrom: 0, isPartial: target.endsWith("7") },
    }));
  for (let from = 0; from < 5 * FILES; from += FILES) {
    // A script, the run, the room, the file, totals twice, and the run's counters.
    expect(await costOf(() => stored.noteAll(filesOf(from, 10)))).toBeLessThan(10);
  }
  await stored.noteAgain();
  await stored.noteAll(filesOf(4 * FILES, 20));
  const counters = { copied: 5 * FILES, relayed: 4 * FILES * 10 + FILES * 20 };
  expect((await store.get("r"))?.counters).toMatchObject(counters);
  const asked = [...filesOf(0, 0), ...filesOf(4 * FILES, 0), ...filesOf(5 * FILES, 0)];
  const done = await stored.done(asked);
  expect(done.size).toBe(2 * (FILES - FILES / 10));
  expect(done.get(7)).toBeUndefined();
  expect(done.get(0)).toEqual({ what: "copied", by: "relay", bytes: 10, resumed: 0 });
  expect(done.get(FILES)).toEqual({ what: "copied", by: "relay", bytes: 20, resumed: 0 });
});

test("a file that is noted before its source goes, and after it, counts once, also if the second note never comes", async () => {
  const { names, store, stored } = await runOf("source");
  await store.begin("r", 1);
  await stored.noteAgain();
  const file = (name: string) =>
    ({
      ...{ key: fileKey(0, name), bucket: bucketFor(0, name), by: "third-party" as const },
      ...{ bytes: 70, resumedFrom: 30 },
    }) as const;
  await stored.noteAll([
    { ...file("/a"), isBegun: true },
    { ...file("/b"), isBegun: true },
  ]);
  // Together with one that is noted before and after in the same step.
  await stored.noteAll([file("/a"), { ...file("/c"), isBegun: true }, file("/c")]);
  const counters = { copied: 3, thirdParty: 210, resumed: 90 };
  expect((await store.get("r"))?.counters).toMatchObject(counters);
  const totals = await shared.client.hmget(names.totals, "copied", "thirdParty", "resumed");
  expect(totals.map(Number)).toEqual([3, 210, 90]);
  const done = await stored.done(["/a", "/b", "/c"].map(file));
  expect([...done.keys()]).toEqual([0, 2]);
});

test("promise 9, the files of a slice are claimed and given back in batches, each before it is begun", async () => {
  const names = new KeyNames("ahead");
  await using one = await WorkerLease.begin(shared.client, names);
  await using two = await WorkerLease.begin(shared.client, names);
  const slice = redisLedger(shared.client, names, one, "o").forSlice();
  const theirs = redisLedger(shared.client, names, two, "o");
  const wanted = wantedOf("a");
  const cost = await costOf(async () => {
    for (const [at, { key, fresh }] of wanted.entries()) {
      const claim = await slice.claim(key, fresh, scopeOf(wanted, at));
      expect(claim).toMatchObject({ begun: undefined, mayHaveLeft: false });
      claim.requireHeld?.();
      if (at === 0) await expect(theirs.claim(key, fresh)).rejects.toThrow(BusyError);
      await claim.release(false);
    }
    await slice.settled();
  });
  expect(cost).toBeLessThan(FILES / 2);
  for (const { key, fresh } of wanted.slice(0, 3)) {
    const claim = await theirs.claim(key, fresh);
    expect(claim.mayHaveLeft).toBe(false);
    await claim.release(false);
  }
  expect(await shared.client.keys(`${names.prefix}:target:*`)).toEqual([]);
});

test("promise 8, which ranges of a file in segments are written is there for the next worker, and for nobody who reads it wrongly", async () => {
  const names = new KeyNames("ranges");
  await using one = await WorkerLease.begin(shared.client, names);
  await using two = await WorkerLease.begin(shared.client, names);
  const slice = redisLedger(shared.client, names, one, "o").forSlice();
  const theirs = redisLedger(shared.client, names, two, "o");
  const [first, next] = wantedOf("r") as [RequestedTarget, RequestedTarget];
  const written = [
    { from: 0, to: 10 },
    { from: 20, to: 30 },
  ];
  const claim = await slice.claim(first.key, first.fresh, scopeOf([first, next], 0));
  await claim.begin({ ...first.fresh, written: [] });
  await claim.begin({ ...first.fresh, written });
  await claim.release(true);
  await slice.settled();
  const again = await theirs.claim(first.key, first.fresh);
  expect(again.begun).toEqual({ ...first.fresh, written });
  // Ranges that overlap are none: nothing is known of the file then.
  await again.begin({ ...first.fresh, written: [...written, { from: 25, to: 40 }] });
  await again.release(true);
  expect(await theirs.claim(first.key, first.fresh)).toMatchObject({ begun: undefined, mayHaveLeft: true });
});

test("what a slice has claimed ahead and not begun is free for others when it is over", async () => {
  const names = new KeyNames("unused");
  await using one = await WorkerLease.begin(shared.client, names);
  await using two = await WorkerLease.begin(shared.client, names);
  const slice = redisLedger(shared.client, names, one, "o").forSlice();
  const theirs = redisLedger(shared.client, names, two, "o");
  const wanted = wantedOf("u");
  const [first, next] = wanted as [RequestedTarget, RequestedTarget];
  const claim = await slice.claim(first.key, first.fresh, scopeOf(wanted, 0));
  await expect(theirs.claim(next.key, next.fresh)).rejects.toThrow(BusyError);
  await claim.release(true);
  await slice.settled();
  expect(await theirs.claim(next.key, next.fresh)).toMatchObject({ mayHaveLeft: false });
  expect(await theirs.claim(first.key, first.fresh)).toMatchObject({ begun: first.fresh, mayHaveLeft: true });
});

test("promise 8, what a worker had claimed ahead when it died is looked for by the next, and only the file that kills is given up", async () => {
  const names = new KeyNames("deaths");
  const wanted = wantedOf("d").slice(0, 4);
  const [first, , deadly] = wanted as [RequestedTarget, RequestedTarget, RequestedTarget];
  /** A worker that copies the files in their order, as far as the one on which it dies. */
  const dieOnIt = async () => {
    const presence = await WorkerLease.begin(shared.client, names);
    const slice = redisLedger(shared.client, names, presence, "o").forSlice();
    const results: unknown[] = [];
    for (const [at, { key, fresh }] of wanted.entries()) {
      const claim = await slice.claim(key, fresh, scopeOf(wanted, at)).catch((error: unknown) => error);
      results.push(claim);
      if (claim instanceof Error) continue;
      if (key === deadly.key) break;
      await (claim as Awaited<ReturnType<typeof slice.claim>>).release(false);
    }
    await presence[Symbol.asyncDispose]();
    return results;
  };
  await dieOnIt();
  const second = await dieOnIt();
  expect(second[2]).toMatchObject({ begun: deadly.fresh, mayHaveLeft: true });
  await dieOnIt();
  const last = await dieOnIt();
  expect(last.map((claim) => claim instanceof LostWorkersError)).toEqual([false, false, true, false]);
  expect(first.key).not.toBe(deadly.key);
});

test("events of a run's log have an id each, and are read on from any of them", async () => {
  const { store } = await runOf("packed");
  const notes = Array.from({ length: 130 }, (_, at) => ({ event: "note" as const, because: `${at}` }));
  expect(await costOf(() => store.log("r", notes.slice(0, 120), 5))).toBeLessThan(10);
  await store.log("r", notes.slice(120), 6);
  const all = await store.logs("r");
  expect(all.map(({ event }) => event)).toEqual(notes);
  expect(new Set(all.map(({ id }) => id)).size).toBe(notes.length);
  for (const [at, { id }] of all.entries()) {
    const after = await store.logs("r", id, 7);
    expect(after).toEqual(all.slice(at + 1, at + 8));
  }
});

test("an entry that an earlier version has written, with one event, is read like the others", async () => {
  const { names, store } = await runOf("single");
  const event = { event: "note", because: "old" } as const;
  await shared.client.xadd(names.log("r"), "*", "at", 5, "event", JSON.stringify(event));
  await store.log("r", [{ event: "note", because: "new" }], 6);
  const all = await store.logs("r");
  expect(all.map((entry) => entry.event)).toEqual([event, { event: "note", because: "new" }]);
  expect(await store.logs("r", all[0]?.id)).toEqual(all.slice(1));
});

test("of a long log the last twenty thousand events are kept", async () => {
  const { names, store } = await runOf("long");
  const notes = Array.from({ length: 1_000 }, (_, at) => ({ event: "note" as const, because: `${at}` }));
  for (let round = 0; round < 25; round += 1) await store.log("r", notes, round);
  const entries = await shared.client.xlen(names.log("r"));
  expect(entries).toBe(20_000 / 50);
  expect((await store.logs("r", "0", 1))[0]).toMatchObject({ atMs: 5, event: { because: "0" } });
}, 20_000);

test("what several slices of a run store at the same time is noted together, and how long it is kept once", async () => {
  const { names, store } = await runOf("together");
  const kv = new Stores(shared.client, names, store);
  const slices = ["1-1", "1-2", "1-3", "1-4"];
  const cost = await costOf(async () => {
    const storing = slices.map(() => kv.storing("r"));
    for (let at = 0; at < FILES; at += 1) {
      const target = `/out/together/f${at}`;
      const file = { key: fileKey(0, target), bucket: bucketFor(0, target), by: "third-party" as const };
      storing[at % slices.length]?.add({ ...file, bytes: 10, resumedFrom: 0 });
    }
    await Promise.all(storing.map((one) => one.close()));
    const done = new Map([[0, { what: "copied" as const, bytes: 10, resumed: 0 }]]);
    for (const slice of slices) {
      await kv.slices.noteAllDone({ run: "r", slice }, done);
      await kv.slices.noteAllDone({ run: "r", slice }, done, true);
    }
  });
  expect((await store.get("r"))?.counters).toMatchObject({ copied: FILES, thirdParty: 10 * FILES });
  expect(cost).toBeLessThan(FILES / 3);
  for (const slice of slices) expect(await shared.client.ttl(names.done("r", slice))).toBeGreaterThan(0);
  // Who begins later begins anew.
  const later = kv.storing("r");
  later.add({ key: fileKey(0, "/out/later"), by: null, bytes: 0, resumedFrom: 0 });
  await later.close();
  expect((await store.get("r"))?.counters.copied).toBe(FILES + 1);
});

test("promise 8, whoever takes a slice again finds what was stored of it, and nothing was noted for the slice itself", async () => {
  const { names, store, stored } = await runOf("taken");
  await store.begin("r", 1);
  const kv = new Stores(shared.client, names, store);
  const tasks = ["/out/a", "/out/b", "/out/c"].map((t) => ({ f: 0, p: t, t }));
  const item = { run: "r", generation: 1, slice: "1-1", hosts: [], tasks };
  const noteAll = (bytes: number, ...targets: readonly string[]) =>
    stored.noteAll(
      targets.map((target) => ({
        ...{ key: fileKey(0, target), bucket: bucketFor(0, target), by: "third-party" as const },
        ...{ bytes, resumedFrom: 0 },
      })),
    );
  expect((await doneAtStart({ kv, store }, item, 1)).size).toBe(0);
  await noteAll(5, "/out/a", "/out/c");
  await kv.slices.noteDone(item, 1, { what: "kept", bytes: 0, resumed: 0 });
  const found = await doneAtStart({ kv, store }, item, 2);
  expect([...found].map(([index, { what }]) => [index, what]).toSorted()).toEqual([
    [0, "copied"],
    [1, "kept"],
    [2, "copied"],
  ]);
  // Who had it before is not dead after all, and notes the same once more.
  await noteAll(5, "/out/a", "/out/b");
  expect((await store.get("r"))?.counters).toMatchObject({ copied: 3, thirdParty: 15 });
});
