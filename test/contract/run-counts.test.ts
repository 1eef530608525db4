import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Run, RunOrder } from "../../src/orchestrator/runs/run.ts";
import { fileKey, StoredFiles } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import type { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";
import type { TreeServer } from "../support/tree-server.ts";

const FILES = 40;
const SIZE = 100;
const OLD_MS = Date.parse("2026-01-01T00:00:00Z");

let redis: TestRedis;
let turn = 0;
let runs: TreeRuns;
let source: TreeServer;
let target: TreeServer;
let one: TestInstallation;
/** How long the target takes to give a file its name. */
let paceMs: number;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});
beforeEach(async () => {
  turn += 1;
  runs = await TreeRuns.open(redis.port, `counts${turn}`);
  ({ source, target, own: one } = runs);
  source.tree.makeDirectory("/in", OLD_MS);
  target.tree.makeDirectory("/out", OLD_MS);
  for (let at = 0; at < FILES; at += 1) source.tree.write(`/in/f${at}`, Buffer.alloc(SIZE, `${at}`), OLD_MS);
  paceMs = 60;
  target.fault({ kind: "late", verbs: ["RNTO"], until: () => sleep(paceMs) });
});
afterEach(() => runs[Symbol.asyncDispose]());

const DOCUMENTS = {
  mirror: { mirror: { from: "a:/in", to: "b:/out" }, parallel: 2 },
  copy: { copy: { from: "a:/in/*", to: "b:/out/" }, parallel: 2 },
} as const;

const ask = (document: RunOrder["document"]) => runs.ask(document);
const record = () => runs.record();

/** While it goes on, no more is ever copied than is planned. */
async function until(is: (run: Run) => boolean): Promise<Run> {
  return vi.waitFor(
    async () => {
      const run = await record();
      const { copied, failed, files } = run.counters;
      if (copied + failed > files) throw new Error(`${copied} of ${files} files`);
      expect(is(run), JSON.stringify(run)).toBe(true);
      return run;
    },
    { timeout: 90_000, interval: 25 },
  );
}

const hasCopied = (files: number) => until(({ counters }) => counters.copied >= files);
const hasEnded = () => until(({ state }) => state === "ended");
const storedFiles = () => (target.tree.list("/out") ?? []).filter(({ name }) => !name.startsWith(".")).length;

/** Asks for something that a worker hears within 0.8 s, and waits for it; meanwhile files take so long that most are left. */
async function meanwhile(act: () => Promise<unknown>, is: (run: Run) => boolean): Promise<Run> {
  paceMs = 300;
  await act();
  const run = await until(is);
  paceMs = 60;
  return run;
}

const pause = () =>
  meanwhile(
    () => one.installation.control.pause("run"),
    ({ state }) => state === "queued",
  );

const ALL = { copied: FILES, kept: 0, failed: 0, files: FILES, bytes: FILES * SIZE } as const;

for (const [kind, document] of Object.entries(DOCUMENTS)) {
  test(`a ${kind} that is paused and resumed counts each file as copied, once, with its bytes`, async () => {
    await ask(document);
    await one.worker();
    for (const [turn, files] of (kind === "mirror" ? [4, 16] : [4]).entries()) {
      // Files that were in flight are counted before the run has begun again.
      await until(({ state, generation }) => state === "running" && generation === turn + 1);
      await hasCopied(files);
      await pause();
      await one.installation.control.resume("run");
    }
    const { counters, generation, outcome } = await hasEnded();
    expect({ outcome, generation }).toEqual({ outcome: "succeeded", generation: kind === "mirror" ? 3 : 2 });
    expect(counters).toMatchObject(ALL);
    expect(counters.thirdParty + counters.relayed).toBe(FILES * SIZE);
  });

  test(`a ${kind} that is resumed and then cancelled has copied what it has stored`, async () => {
    await ask(document);
    await one.worker();
    await hasCopied(12);
    await pause();
    await one.installation.control.resume("run");
    await until(({ state, generation }) => state === "running" && generation === 2);
    const cancel = () => one.installation.control.cancel("run");
    expect(await meanwhile(cancel, ({ state }) => state === "ended")).toMatchObject({ outcome: "cancelled" });
    // What was in flight may still get its name.
    await vi.waitFor(async () => expect((await record()).counters.copied).toBe(storedFiles()), 30_000);
  });

  test(`a ${kind} whose worker is closed and whose plan another takes over counts as if it had been one`, async () => {
    await ask(document);
    const first = await one.worker();
    await hasCopied(10);
    await first.close();
    await one.worker();
    const { counters, outcome } = await hasEnded();
    expect(outcome).toBe("succeeded");
    expect(counters).toMatchObject(ALL);
  });
}

test("files that are tried again since their slice has made room for another run are counted once by their reasons", async () => {
  const refused = Array.from({ length: FILES / 2 }, (_, at) => `/in/f${2 * at}`);
  for (const at of refused)
    source.fault({ kind: "refusal", verbs: ["RETR"], at, reply: "550 permission denied" });
  target.tree.makeDirectory("/other", OLD_MS);
  paceMs = 500;
  await ask({ ...DOCUMENTS.copy, parallel: 8, retries: 0 });
  await one.worker();
  await until(({ counters }) => counters.failed >= 4);
  await runs.ask({ copy: { from: "a:/in/f1", to: "b:/other/" } }, { id: "second", job: "second" });
  await vi.waitFor(async () => expect((await runs.record("second")).state).toBe("ended"), 60_000);
  paceMs = 10;
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES / 2, failed: FILES / 2 });
  const causes = await one.installation.store.causes.of("run");
  expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(FILES / 2);
});

test("files that had failed when their slice was taken from its worker count once, and so do their reasons", async () => {
  const { redis: client, queues } = one.installation;
  const refused = Array.from({ length: FILES / 2 }, (_, at) => `/in/f${2 * at}`);
  for (const at of refused)
    source.fault({ kind: "refusal", verbs: ["RETR"], at, reply: "550 permission denied" });
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let named = 0;
  target.fault({ kind: "late", verbs: ["RNTO"], until: async () => void (++named > 4 && (await held)) });
  await ask({ ...DOCUMENTS.copy, parallel: 1, retries: 0, fxp: "never" });
  await one.worker();
  await until(({ counters }) => counters.failed >= 4);
  // As if the worker had died: nobody renews its lock.
  const [{ id = "" } = {}] = await queues.slices.getActive();
  expect(await client.del(await client.keys(`*${id}:lock`))).toBe(1);
  await vi.waitFor(
    async () => expect((await queues.slices.getJob(id))?.attemptsStarted).toBeGreaterThan(1),
    60_000,
  );
  release();
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES / 2, failed: FILES / 2 });
  const causes = await one.installation.store.causes.of("run");
  expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(FILES / 2);
});

test("a mirror that has listed everything says how much there is to copy while its first files are on their way", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  target.fault({ kind: "late", verbs: ["RNTO"], until: () => held });
  await ask(DOCUMENTS.mirror);
  await one.worker();
  const { counters } = await until((run) => run.counters.files === FILES);
  expect(counters).toMatchObject({ copied: 0, bytes: FILES * SIZE });
  release();
  await hasEnded();
});

test("what was there before the run began is kept, also after it was begun anew", async () => {
  for (let at = 0; at < 10; at += 1) target.tree.write(`/out/f${at}`, Buffer.alloc(SIZE, `${at}`), OLD_MS);
  await ask(DOCUMENTS.mirror);
  await one.worker();
  await hasCopied(10);
  await pause();
  await one.installation.control.resume("run");
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES - 10, kept: 10, files: FILES - 10 });
  const totals = await one.installation.store.totals();
  expect(totals).toMatchObject({ copied: FILES - 10, kept: 10 });
});

test("a file that changes while the run is paused is copied again, and counts once, with its new bytes", async () => {
  await ask(DOCUMENTS.mirror);
  await one.worker();
  await hasCopied(12);
  await pause();
  for (let at = 0; at < FILES; at += 1)
    source.tree.write(`/in/f${at}`, Buffer.alloc(2 * SIZE, `${at}`), OLD_MS + 60_000);
  await one.installation.control.resume("run");
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES, kept: 0, files: FILES });
  expect(counters.thirdParty + counters.relayed).toBe(FILES * 2 * SIZE);
});

test("a file that was stored by a worker which died before it could say so was copied by this run", async () => {
  await ask(DOCUMENTS.mirror);
  await one.worker();
  await hasCopied(10);
  await pause();
  // As if the worker had been killed between the server's 250 and its note.
  const { redis: client, names } = one.installation;
  const noted = await client.hkeys(names.stored("run"));
  const [key = ""] = noted;
  await client.hdel(names.stored("run"), key);
  await client.hincrby(names.run("run"), "copied", -1);
  await client.hincrby(names.run("run"), "thirdParty", -SIZE);
  await new StoredFiles(client, names, "run").send("1-1", [{ key, sizeBytes: SIZE }]);
  await one.installation.control.resume("run");
  const { counters } = await hasEnded();
  expect(counters).toMatchObject(ALL);
});

test("a run that is cancelled after its worker has died was cancelled, and not before it started", async () => {
  await ask(DOCUMENTS.mirror);
  await one.installation.store.begin("run", Date.now());
  await one.installation.control.cancel("run");
  expect(await record()).toMatchObject({ state: "running", wish: "cancel" });
  await one.worker();
  expect(await hasEnded()).toMatchObject({ outcome: "cancelled", because: "cancelled" });
});

test("a file that was on its way when its run was cancelled is logged as not copied", async () => {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  let [begun, release] = [() => {}, () => {}];
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  const held = new Promise<void>((resolve) => (release = resolve));
  source.fault({
    kind: "late",
    at: "/in/f0",
    verbs: ["RETR"],
    until: () => {
      begun();
      return held;
    },
  });
  await ask({ copy: { from: "a:/in/f0", to: "b:/out/" } });
  await one.worker({ info: note, batched: note, warn: note, error: note });
  await isBegun;
  await one.installation.control.cancel("run");
  await hasEnded();
  await vi.waitFor(() => expect(said).toContain("file not copied: cancelled"), 30_000);
  release();
  expect(said).not.toContain("file copied");
  expect((await record()).counters).toMatchObject({ copied: 0, failed: 0 });
});

test("what went over a link is written while a slice goes on, so that a worker that is killed takes little of it away", async () => {
  let [named, release] = [0, () => {}];
  const held = new Promise<void>((resolve) => (release = resolve));
  target.fault({ kind: "late", verbs: ["RNTO"], until: async () => void (++named > 3 && (await held)) });
  await ask({ ...DOCUMENTS.mirror, parallel: 1 });
  await one.worker();
  await vi.waitFor(
    async () => {
      const hours = await one.installation.links.hours({ source: "a", target: "b" }, Date.now(), 2);
      expect(hours.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(3);
    },
    { timeout: 30_000, interval: 50 },
  );
  release();
  expect((await hasEnded()).counters).toMatchObject(ALL);
});

test("deletions of an interrupted run count, whoever goes on with it", async () => {
  for (let at = 0; at < 5; at += 1) target.tree.write(`/out/old${at}`, Buffer.alloc(1), OLD_MS);
  await ask({ ...DOCUMENTS.mirror, delete: true, maxDelete: 50 });
  target.fault({ kind: "late", verbs: ["DELE"], until: () => sleep(150) });
  await one.worker();
  await until(({ counters }) => counters.deleted >= 1);
  await one.installation.control.pause("run");
  await until(({ state }) => state !== "running");
  if ((await record()).state !== "ended") await one.installation.control.resume("run");
  expect((await hasEnded()).counters).toMatchObject({ ...ALL, deleted: 5 });
});

test("a run of thousands of files keeps them apart, and leaves nothing in Redis", async () => {
  const { redis: client, names, store } = one.installation;
  await ask(DOCUMENTS.mirror);
  const stored = new StoredFiles(client, names, "run");
  const keys = Array.from({ length: 3_000 }, (_, at) => fileKey(0, `/out/${at}`));
  expect(new Set(keys).size).toBe(3_000);
  for (const twice of [1, 2]) {
    const bytes = 10 * twice;
    await Promise.all(keys.map((key) => stored.note({ key, by: "relay", bytes, resumedFrom: twice })));
  }
  expect((await record()).counters).toMatchObject({
    copied: 3_000,
    relayed: 60_000,
    resumed: 6_000,
    files: 3_000,
  });
  const earlier = await stored.earlier();
  expect(earlier.count).toBe(3_000);
  expect(keys.every((key) => earlier.hasStored(key))).toBe(true);
  expect(earlier.hasStored(fileKey(1, "/out/1"))).toBe(false);
  expect((await client.keys(`${names.stored("run")}*`)).length).toBeGreaterThan(1_000);
  await store.end(await record(), undefined, Date.now(), "failed");
  expect(await client.keys(`${names.stored("run")}*`)).toEqual([]);
});
