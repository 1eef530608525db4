import { expect, test, vi } from "vitest";
import { fileKey, StoredFiles } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import { ALL, countsScene, DOCUMENTS, FILES, OLD_MS, SIZE } from "../support/counts-scene.ts";

// What a run counts whose slices fail, wait, or are taken from their worker.

const scene = countsScene("slices");
const { ask, hasEnded, record, until } = scene;

test("files that are tried again since their slice has made room for another run are counted once by their reasons", async () => {
  const refused = Array.from({ length: FILES / 2 }, (_, at) => `/in/f${2 * at}`);
  for (const at of refused)
    scene.source.fault({ kind: "refusal", verbs: ["RETR"], at, reply: "550 permission denied" });
  scene.target.tree.makeDirectory("/other", OLD_MS);
  scene.paceMs = 500;
  await ask({ ...DOCUMENTS.copy, parallel: 8, retries: 0 });
  await scene.one.worker();
  await until(({ counters }) => counters.failed >= 4);
  await scene.runs.ask({ copy: { from: "a:/in/f1", to: "b:/other/" } }, { id: "second", job: "second" });
  await vi.waitFor(async () => expect((await scene.runs.record("second")).state).toBe("ended"), 60_000);
  scene.paceMs = 10;
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES / 2, failed: FILES / 2 });
  const causes = await scene.one.installation.store.causes.of("run");
  expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(FILES / 2);
});

test("files that had failed when their slice was taken from its worker count once, and so do their reasons", async () => {
  const { redis: client, queues } = scene.one.installation;
  const refused = Array.from({ length: FILES / 2 }, (_, at) => `/in/f${2 * at}`);
  for (const at of refused)
    scene.source.fault({ kind: "refusal", verbs: ["RETR"], at, reply: "550 permission denied" });
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let named = 0;
  scene.target.fault({
    kind: "late",
    verbs: ["RNTO"],
    until: async () => void (++named > 4 && (await held)),
  });
  await ask({ ...DOCUMENTS.copy, parallel: 1, retries: 0, fxp: "never" });
  await scene.one.worker();
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
  const causes = await scene.one.installation.store.causes.of("run");
  expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(FILES / 2);
});

test("a mirror that has listed everything says how much there is to copy while its first files are on their way", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  scene.target.fault({ kind: "late", verbs: ["RNTO"], until: () => held });
  await ask(DOCUMENTS.mirror);
  await scene.one.worker();
  const { counters } = await until((run) => run.counters.files === FILES);
  expect(counters).toMatchObject({ copied: 0, bytes: FILES * SIZE });
  release();
  await hasEnded();
});

test("a run that is cancelled after its worker has died was cancelled, and not before it started", async () => {
  await ask(DOCUMENTS.mirror);
  await scene.one.installation.store.begin("run", Date.now());
  await scene.one.installation.control.cancel("run");
  expect(await record()).toMatchObject({ state: "running", wish: "cancel" });
  await scene.one.worker();
  expect(await hasEnded()).toMatchObject({ outcome: "cancelled", because: "cancelled" });
});

test("a file that was on its way when its run was cancelled is logged as not copied", async () => {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  let [begun, release] = [() => {}, () => {}];
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  const held = new Promise<void>((resolve) => (release = resolve));
  scene.source.fault({
    kind: "late",
    at: "/in/f0",
    verbs: ["RETR"],
    until: () => {
      begun();
      return held;
    },
  });
  await ask({ copy: { from: "a:/in/f0", to: "b:/out/" } });
  await scene.one.worker({ info: note, batched: note, warn: note, error: note });
  await isBegun;
  await scene.one.installation.control.cancel("run");
  await hasEnded();
  await vi.waitFor(() => expect(said).toContain("file not copied: cancelled"), 30_000);
  release();
  expect(said).not.toContain("file copied");
  expect((await record()).counters).toMatchObject({ copied: 0, failed: 0 });
});

test("what went over a link is written while a slice goes on, so that a worker that is killed takes little of it away", async () => {
  let [named, release] = [0, () => {}];
  const held = new Promise<void>((resolve) => (release = resolve));
  scene.target.fault({
    kind: "late",
    verbs: ["RNTO"],
    until: async () => void (++named > 3 && (await held)),
  });
  await ask({ ...DOCUMENTS.mirror, parallel: 1 });
  await scene.one.worker();
  await vi.waitFor(
    async () => {
      const hours = await scene.one.installation.links.hours({ source: "a", target: "b" }, Date.now(), 2);
      expect(hours.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(3);
    },
    { timeout: 30_000, interval: 50 },
  );
  release();
  expect((await hasEnded()).counters).toMatchObject(ALL);
});

test("a run of thousands of files keeps them apart, and leaves nothing in Redis", async () => {
  const { redis: client, names, store } = scene.one.installation;
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
