import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { definitionOf } from "../../src/orchestrator/definitions.ts";
import { bucketFor, fileKey } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import { orderFor } from "../../src/orchestrator/runs/request.ts";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { until } from "../support/until.ts";
import { installationForEach } from "../support/installation.ts";

// Hooks of runs that are retried, and of runs that are planned anew after a crash.

const OLD_MS = Date.parse("2026-01-01T00:00:00Z");

const own = installationForEach("again");
const at = (path: string) => join(own().path, path);

beforeEach(async () => {
  for (const name of ["a/one", "a/d/two", "a/d/three"]) await write(name);
});

async function write(name: string): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), "text");
  await utimes(at(name), OLD_MS / 1_000, OLD_MS / 1_000);
}

/** Each hook says in one line what it is started for. */
const say = (hook: string, words: string, status = 0) =>
  `  ${hook}: [/bin/sh, -c, 'echo "${hook} ${words}" >> ../told; exit ${status}']`;
const HOOKS = [
  say("beforeRun", "$FXPD_RUN"),
  say("afterFile", "$FXPD_FILE_TARGET $FXPD_RUN"),
  say("afterDirectory", "$FXPD_DIRECTORY $FXPD_FILES_COPIED+$FXPD_FILES_FAILED $FXPD_RUN"),
  say("afterRun", "$FXPD_OUTCOME $FXPD_FILES_COPIED+$FXPD_FILES_FAILED $FXPD_RUN"),
];

async function job(kind: "copy" | "mirror", hooks: readonly string[] = HOOKS): Promise<void> {
  const slash = kind === "copy" ? "/" : "";
  const lines = [`${kind}: {from: ${at("a")}${slash}, to: ${at("b")}${slash}}`, "hooks:", ...hooks, ""];
  await writeFile(at("jobs/nightly.yaml"), lines.join("\n"));
}

async function orderOf() {
  const { document, rules } = await definitionOf("nightly", own().directories);
  return orderFor({ name: "nightly", document, rules }, { requestedBy: "person", because: "test" });
}

async function ended(id: string): Promise<Run> {
  const { control } = own().installation;
  await until(async () => (await control.run(id)).state === "ended", `${id} has ended`);
  return control.run(id);
}

async function asked(): Promise<Run> {
  const { document, rules } = await definitionOf("nightly", own().directories);
  const { id } = await own().installation.control.submit({ job: "nightly", document, rules });
  return ended(id);
}

/** What was started for a run, without the order of programs that run side by side. */
async function told(run: string): Promise<readonly string[]> {
  const text = await readFile(at("told"), "utf8").catch(() => "");
  const lines = text.split("\n").filter((line) => line.endsWith(` ${run}`));
  return lines.map((line) => line.slice(0, -run.length - 1).replaceAll(`${own().path}/`, "")).toSorted();
}

describe("hooks of a run that tries failed files again", () => {
  test("are started for the files that are copied now", async () => {
    await job("copy");
    // Where a directory is, no file can be stored.
    await mkdir(at("b/d/two/full"), { recursive: true });
    await own().worker();
    const first = await asked();
    expect(first).toMatchObject({ outcome: "partial", counters: { copied: 2, failed: 1 } });
    expect(await told(first.id)).toEqual([
      "afterDirectory b 1+0",
      "afterDirectory b/d 1+1",
      "afterFile b/d/three",
      "afterFile b/one",
      "afterRun partial 2+1",
      "beforeRun",
    ]);
    await rm(at("b/d/two"), { recursive: true });
    const { id } = await own().installation.control.retry(first.id);
    expect(await ended(id)).toMatchObject({ outcome: "succeeded", counters: { copied: 1 } });
    expect(await told(id)).toEqual([
      "afterDirectory b/d 1+0",
      "afterFile b/d/two",
      "afterRun succeeded 1+0",
      "beforeRun",
    ]);
  });

  test("are not started again where only they had failed: there is nothing to retry", async () => {
    await job("copy", [say("afterFile", "$FXPD_FILE_TARGET $FXPD_RUN", 1)]);
    await own().worker();
    const { id, outcome } = await asked();
    expect(outcome).toBe("partial");
    await expect(own().installation.control.retry(id)).rejects.toThrow("no file failed");
  });
});

describe("hooks of a run that is planned anew after its worker was killed", () => {
  /** As a worker leaves it that has copied two files, and was killed while the first one's program ran. */
  async function killed(kind: "copy" | "mirror"): Promise<string> {
    await job(kind);
    const { store, kv, queues, control } = own().installation;
    await store.create("run", await orderOf(), Date.now());
    await store.begin("run", Date.now());
    const targets = ["b/d/two", "b/d/three"];
    const journal = await kv.journal("run", []);
    for (const name of targets) {
      await write(name);
      const [target, file] = [at(name), await stat(at(name))];
      const facts = { sizeBytes: file.size, modifiedMs: file.mtimeMs };
      journal.note({ target, source: facts, stored: facts });
      const noted = { key: fileKey(0, target), bucket: bucketFor(0, target), resumedFrom: 0 };
      await kv.storedFiles("run").note({ ...noted, by: "relay", bytes: file.size });
    }
    await journal.close(false);
    await kv.hookMarks("run").begin(`afterFile ${at("b/d/two")}`);
    await enqueue(queues, await control.run("run"));
    return "run";
  }

  test.each(["copy", "mirror"] as const)(
    "are started for files of a %s that are copied now, and for each directory and the run's end once",
    async (kind) => {
      const id = await killed(kind);
      await own().worker();
      expect(await ended(id)).toMatchObject({ outcome: "succeeded", generation: 2, counters: { copied: 3 } });
      expect(await told(id)).toEqual([
        "afterDirectory b 1+0",
        "afterDirectory b/d 2+0",
        "afterFile b/one",
        "afterRun succeeded 3+0",
        "beforeRun",
      ]);
    },
  );

  test("are not started for a directory whose program the killed worker had begun", async () => {
    const id = await killed("mirror");
    await own()
      .installation.kv.hookMarks(id)
      .begin(`afterDirectory ${at("b/d")}`);
    await own().worker();
    await ended(id);
    expect(await told(id)).toEqual([
      "afterDirectory b 1+0",
      "afterFile b/one",
      "afterRun succeeded 3+0",
      "beforeRun",
    ]);
  });
});
