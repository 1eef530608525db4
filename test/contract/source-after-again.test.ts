import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { fileKey } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import { orderFor } from "../../src/orchestrator/runs/request.ts";
import { until } from "../support/until.ts";
import { installationForEach } from "../support/installation.ts";

// Counts of files that are kept at the target, and whose sources are deleted, in a run that is planned again.

const own = installationForEach("source");
const at = (path: string) => join(own().path, path);

beforeEach(async () => {
  for (const directory of ["a", "b"]) {
    await mkdir(at(directory));
    for (const name of ["1", "2", "3"]) await writeFile(at(`${directory}/${name}`), "equal");
  }
});

async function create() {
  const document = {
    copy: { from: at("a/*"), to: at("b/") },
    onExists: "skip",
    sourceAfter: "delete",
  } as const;
  const order = orderFor({ name: "job", document, rules: [] }, { requestedBy: "person", because: "test" });
  await own().installation.store.create("run", order, Date.now());
}

async function ended() {
  const { queues, control } = own().installation;
  await enqueue(queues, await control.run("run"));
  await own().worker();
  await until(async () => (await control.run("run")).state === "ended", "the run has ended");
  return control.run("run");
}

test("each of them is noted before its source is deleted", async () => {
  await create();
  expect(await ended()).toMatchObject({ outcome: "succeeded", counters: { copied: 0, skipped: 3 } });
  expect(await readdir(at("a"))).toEqual([]);
  const noted = await own().installation.kv.leftFiles("run").all();
  expect([...noted]).toEqual(
    expect.arrayContaining(["1", "2", "3"].map((name) => [fileKey(0, at(`b/${name}`)), "skip"])),
  );
});

test("those whose sources are gone count once more, and those that are found again count once", async () => {
  await create();
  const { store, kv } = own().installation;
  await store.begin("run", Date.now());
  // The killed worker has deleted two sources, and was about to delete the third.
  for (const name of ["0", "1", "gone"]) await kv.leftFiles("run").note(fileKey(0, at(`b/${name}`)), "skip");
  const run = await ended();
  expect(run).toMatchObject({ outcome: "succeeded", generation: 2, counters: { copied: 0, skipped: 5 } });
});
