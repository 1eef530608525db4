import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AttackedWorker } from "../support/attacked-worker.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

// Lists of files that are given again, when some of the files have been copied or moved already.

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-lists-again-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  vi.stubEnv("FXPD_CONFIG", join(root, "config"));
  for (const directory of ["config", "a", "b"]) await mkdir(join(root, directory), { mode: 0o700 });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  forgetSignals();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

const at = (path: string) => join(root, path);
const write = (names: readonly string[]) =>
  Promise.all(names.map((name) => writeFile(at(`a/${name}`), name)));

async function inLists(command: string, ...options: readonly string[]) {
  const target = `${root}/b${command === "mirror" ? "" : "/"}`;
  const { status, err } = await fxpd(command, ...options, `${root}/a`, target);
  return { status, err };
}

test.each(["copy", "move", "mirror"])(
  "%s: what could not be done is a list, which is given again until all is done",
  async (command) => {
    await write(["one", "with space", "ümlaut"]);
    await writeFile(at("list"), "one\0with space\0ümlaut\0not yet\0");
    const again = ["--from0", "--files-from", at("list"), "--failed-to", at("list")];
    expect(await inLists(command, ...again)).toMatchObject({ status: 1 });
    expect(await readFile(at("list"), "utf8")).toBe("not yet\0");
    await write(["not yet"]);
    expect(await inLists(command, ...again)).toEqual({ status: 0, err: "" });
    expect(await readFile(at("list"), "utf8")).toBe("");
    expect((await readdir(at("b"))).toSorted()).toEqual(["not yet", "one", "with space", "ümlaut"]);
    if (command === "move") expect(await readdir(at("a"))).toEqual([]);
  },
);

test("a move whose whole list is given again, as after a crash, takes what it has moved for moved", async () => {
  await write(["one"]);
  await writeFile(at("list"), "one\nlater\n");
  expect(await inLists("move", "--files-from", at("list"))).toMatchObject({ status: 1 });
  expect(await readdir(at("a"))).toEqual([]);
  await write(["later"]);
  expect(await inLists("move", "--files-from", at("list"))).toEqual({ status: 0, err: "" });
  expect((await readdir(at("b"))).toSorted()).toEqual(["later", "one"]);
});

test("a source that a killed move was about to delete is known by its own name in the list", async () => {
  await write([".fxpd-source-one", "two"]);
  await writeFile(at("list"), "one\ntwo\n");
  const again = ["--files-from", at("list"), "--failed-to", at("list")];
  expect(await inLists("move", ...again)).toEqual({ status: 0, err: "" });
  expect(await readFile(at("list"), "utf8")).toBe("");
  expect([await readdir(at("a")), (await readdir(at("b"))).toSorted()]).toEqual([[], ["one", "two"]]);
});

test("a file whose source is left stays in the list of a move", async () => {
  await write(["one"]);
  await writeFile(at("b/one"), "another");
  await writeFile(at("list"), "one\n");
  await inLists("move", "--on-exists", "skip", "--files-from", at("list"), "--failed-to", at("left"));
  expect(await readFile(at("left"), "utf8")).toBe("one\n");
  await inLists("copy", "--on-exists", "skip", "--files-from", at("list"), "--failed-to", at("left"));
  expect(await readFile(at("left"), "utf8")).toBe("");
});

describe("a run of the daemon that is begun again", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  test("takes what it has moved for moved, and finds no fault in its list", async () => {
    await using worker = await AttackedWorker.start(redis, "lists-again");
    const there = (path: string) => join(worker.path, path);
    for (const directory of ["a", "b"]) await mkdir(there(directory));
    await writeFile(there("b/moved"), "moved");
    await writeFile(there("a/other"), "other");
    await worker.job(
      "outbox",
      `copy: {from: ${there("a")}, to: ${there("b/")}}`,
      "files: [moved, other]",
      "sourceAfter: delete",
    );
    const journal = await worker.installation.kv.journal("run_1", [there("b/moved")]);
    journal.note({ target: there("b/moved"), source: { sizeBytes: 5 }, stored: { sizeBytes: 5 } });
    await journal.flush?.();
    const run = await worker.begin("run_1", "outbox");
    // The other one was counted by those who stored it.
    expect(run).toMatchObject({ outcome: "succeeded", counters: { copied: 1, failed: 0 } });
    expect([await readdir(there("a")), (await readdir(there("b"))).toSorted()]).toEqual([
      [],
      ["moved", "other"],
    ]);
  });
});
