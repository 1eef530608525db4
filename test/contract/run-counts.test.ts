import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { StoredFiles } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import { ALL, countsScene, DOCUMENTS, FILES, OLD_MS, SIZE } from "../support/counts-scene.ts";

// What a run counts that is paused, resumed, taken over or begun anew.

const scene = countsScene("counts");
const { ask, hasCopied, hasEnded, meanwhile, pause, record, storedFiles, until } = scene;

for (const [kind, document] of Object.entries(DOCUMENTS)) {
  test(`a ${kind} that is paused and resumed counts each file as copied, once, with its bytes`, async () => {
    await ask(document);
    await scene.one.worker();
    for (const [turn, files] of (kind === "mirror" ? [4, 16] : [4]).entries()) {
      // Files that were in flight are counted before the run has begun again.
      await until(({ state, generation }) => state === "running" && generation === turn + 1);
      await hasCopied(files);
      await pause();
      await scene.one.installation.control.resume("run");
    }
    const { counters, generation, outcome } = await hasEnded();
    expect({ outcome, generation }).toEqual({ outcome: "succeeded", generation: kind === "mirror" ? 3 : 2 });
    expect(counters).toMatchObject(ALL);
    expect(counters.thirdParty + counters.relayed).toBe(FILES * SIZE);
  });

  test(`a ${kind} that is resumed and then cancelled has copied what it has stored`, async () => {
    await ask(document);
    await scene.one.worker();
    await hasCopied(12);
    await pause();
    await scene.one.installation.control.resume("run");
    await until(({ state, generation }) => state === "running" && generation === 2);
    const cancel = () => scene.one.installation.control.cancel("run");
    expect(await meanwhile(cancel, ({ state }) => state === "ended")).toMatchObject({ outcome: "cancelled" });
    // What was in flight may still get its name.
    await vi.waitFor(async () => expect((await record()).counters.copied).toBe(storedFiles()), 30_000);
  });

  test(`a ${kind} whose worker is closed and whose plan another takes over counts as if it had been one`, async () => {
    await ask(document);
    const first = await scene.one.worker();
    await hasCopied(10);
    await first.close();
    await scene.one.worker();
    const { counters, outcome } = await hasEnded();
    expect(outcome).toBe("succeeded");
    expect(counters).toMatchObject(ALL);
  });
}

test("what was there before the run began is kept, also after it was begun anew", async () => {
  for (let at = 0; at < 10; at += 1)
    scene.target.tree.write(`/out/f${at}`, Buffer.alloc(SIZE, `${at}`), OLD_MS);
  await ask(DOCUMENTS.mirror);
  await scene.one.worker();
  await hasCopied(10);
  await pause();
  await scene.one.installation.control.resume("run");
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES - 10, kept: 10, files: FILES - 10 });
  const totals = await scene.one.installation.store.totals();
  expect(totals).toMatchObject({ copied: FILES - 10, kept: 10 });
});

test("a file that changes while the run is paused is copied again, and counts once, with its new bytes", async () => {
  await ask(DOCUMENTS.mirror);
  await scene.one.worker();
  await hasCopied(12);
  await pause();
  for (let at = 0; at < FILES; at += 1)
    scene.source.tree.write(`/in/f${at}`, Buffer.alloc(2 * SIZE, `${at}`), OLD_MS + 60_000);
  await scene.one.installation.control.resume("run");
  const { counters } = await hasEnded();
  expect(counters).toMatchObject({ copied: FILES, kept: 0, files: FILES });
  expect(counters.thirdParty + counters.relayed).toBe(FILES * 2 * SIZE);
});

test("a file that was stored by a worker which died before it could say so was copied by this run", async () => {
  await ask(DOCUMENTS.mirror);
  await scene.one.worker();
  await hasCopied(10);
  await pause();
  // As if the worker had been killed between the server's 250 and its note.
  const { redis: client, names } = scene.one.installation;
  const noted = await client.hkeys(names.stored("run"));
  const [key = ""] = noted;
  await client.hdel(names.stored("run"), key);
  await client.hincrby(names.run("run"), "copied", -1);
  await client.hincrby(names.run("run"), "thirdParty", -SIZE);
  await new StoredFiles(client, names, "run").send("1-1", [{ key, sizeBytes: SIZE }]);
  await scene.one.installation.control.resume("run");
  const { counters } = await hasEnded();
  expect(counters).toMatchObject(ALL);
});

test("deletions of an interrupted run count, whoever goes on with it", async () => {
  for (let at = 0; at < 5; at += 1) scene.target.tree.write(`/out/old${at}`, Buffer.alloc(1), OLD_MS);
  await ask({ ...DOCUMENTS.mirror, delete: true, maxDelete: 50 });
  scene.target.fault({ kind: "late", verbs: ["DELE"], until: () => sleep(150) });
  await scene.one.worker();
  await until(({ counters }) => counters.deleted >= 1);
  await scene.one.installation.control.pause("run");
  await until(({ state }) => state !== "running");
  if ((await record()).state !== "ended") await scene.one.installation.control.resume("run");
  expect((await hasEnded()).counters).toMatchObject({ ...ALL, deleted: 5 });
});
