import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stateDirectory } from "../../../src/state/directory.ts";
import { fileJournal } from "../../../src/state/journal.ts";
import { fileLedger } from "../../../src/state/ledger.ts";
import { fileMemory } from "../../../src/state/memory.ts";
import { BusyError } from "../../../src/transfer/errors.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const begun = { source: "ftp://a/file", sizeBytes: 5, modifiedMs: 7 };

test.each([
  [{ FXPD_STATE: "/s" }, "/s"],
  [{ XDG_STATE_HOME: "/x" }, "/x/fxpd"],
])("what outlives a run is kept in %j: %s", (environment, expected) => {
  expect(stateDirectory(environment)).toBe(expected);
  expect(stateDirectory({})).toMatch(/\/\.local\/state\/fxpd$/);
});

describe("promise 9, one writer: the ledger", () => {
  test("a target has one writer, and is free again when that is done", async () => {
    const ledger = await fileLedger(directory);
    const claim = await ledger.claim("key", begun);
    expect(claim.begun).toBeUndefined();
    await expect(ledger.claim("key", begun)).rejects.toThrow(BusyError);
    await (await fileLedger(directory)).claim("other", begun);
    await claim.release(false);
    expect((await ledger.claim("key", begun)).begun).toBeUndefined();
  });

  test("what was begun and left is known to the next, who may begin anew", async () => {
    const ledger = await fileLedger(directory);
    await (await ledger.claim("key", begun)).release(true);
    const next = await ledger.claim("key", { source: "ftp://a/file", sizeBytes: 6 });
    expect(next.begun).toEqual(begun);
    await next.begin({ source: "ftp://a/file", sizeBytes: 6 });
    await next.release(true);
    expect((await ledger.claim("key", begun)).begun).toEqual({ source: "ftp://a/file", sizeBytes: 6 });
  });

  test("all who share a directory have one name; another directory has another", async () => {
    const [one, two] = [await fileLedger(directory), await fileLedger(directory)];
    expect(one.owner).toMatch(/^[0-9a-f]{8}$/);
    expect(two.owner).toBe(one.owner);
    expect((await fileLedger(join(directory, "other"))).owner).not.toBe(one.owner);
  });

  test("a process that lives keeps its target; one that was killed loses it, and what it had begun is known", async () => {
    const script = `
      import { fileLedger } from ${JSON.stringify(new URL("../../../src/state/ledger.ts", import.meta.url).href)};
      await (await fileLedger(${JSON.stringify(directory)})).claim("key", ${JSON.stringify(begun)});
      console.log("claimed");
      setInterval(() => {}, 1000);`;
    const node = [
      process.execPath,
      "--import",
      import.meta.resolve("tsx"),
      "--input-type=module",
      "-e",
      script,
    ];
    const child = spawn(node[0] ?? "", node.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const ledger = await fileLedger(directory);
    await expect(ledger.claim("key", begun)).rejects.toThrow(`process ${child.pid} is writing this target`);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect((await ledger.claim("key", { source: "another" })).begun).toEqual(begun);
  });

  test("of many who want it at once, one gets it", async () => {
    const ledger = await fileLedger(directory);
    await (await ledger.claim("key", begun)).release(true);
    const wants = Array.from({ length: 20 }, () => ledger.claim("key", begun));
    const ends = await Promise.allSettled(wants);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await readdir(join(directory, "transfers"))).sort()).toEqual(["key.json"]);
  });

  test("a file that says nothing is no holder", async () => {
    const ledger = await fileLedger(directory);
    await writeFile(join(directory, "transfers/key.json"), "");
    expect((await ledger.claim("key", begun)).begun).toBeUndefined();
  });
});

describe("the journal", () => {
  const one = {
    target: "/a",
    source: { sizeBytes: 1, modifiedMs: 2 },
    stored: { sizeBytes: 1, modifiedMs: 3 },
  };

  test("tells the next run of the same copy what was finished, and no other", async () => {
    const first = await fileJournal(directory, "copy");
    first.note(one);
    expect((await fileJournal(directory, "copy")).finished("/a")).toEqual(one);
    expect((await fileJournal(directory, "another")).finished("/a")).toBeUndefined();
  });

  test("a last line that was cut off is passed over", async () => {
    (await fileJournal(directory, "copy")).note(one);
    const [file = ""] = await readdir(join(directory, "journals"));
    await appendFile(join(directory, "journals", file), '{"target":"/b","sour');
    const next = await fileJournal(directory, "copy");
    expect(next.finished("/a")).toEqual(one);
    expect(next.finished("/b")).toBeUndefined();
  });

  test("is gone when a run came to a good end, and stays when it did not", async () => {
    const first = await fileJournal(directory, "copy");
    first.note(one);
    await first.close(false);
    const second = await fileJournal(directory, "copy");
    second.note({ ...one, target: "/b" });
    await second.close(true);
    expect(await readdir(join(directory, "journals"))).toEqual([]);
  });
});

test("memory keeps values by key, in this process and the next, and forgets what cannot be read", async () => {
  const memory = fileMemory(directory);
  expect(await memory.recall("a")).toBeUndefined();
  await memory.remember("a", { worked: "target-pasv" });
  expect(await fileMemory(directory).recall("a")).toEqual({ worked: "target-pasv" });
  const [file = ""] = await readdir(join(directory, "memory"));
  await writeFile(join(directory, "memory", file), "{");
  expect(await memory.recall("a")).toBeUndefined();
});
