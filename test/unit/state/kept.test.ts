import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownerOf } from "../../../src/state/directory.ts";
import { fileJournal } from "../../../src/state/journal.ts";
import { fileMemory } from "../../../src/state/memory.ts";
import { processOf, lineOf } from "../../support/state-scene.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("the owner", () => {
  test("is one for all processes that ask at once for the first time", async () => {
    const at = Date.now() + 3_000;
    const script = `
      import { ownerOf } from ${JSON.stringify(new URL("../../../src/state/directory.ts", import.meta.url).href)};
      while (Date.now() < ${at});
      const owners = [];
      for (let round = 0; round < 300; round += 1) {
        while (Date.now() < ${at} + round * 3);
        owners.push(ownerOf(${JSON.stringify(directory)} + "/" + round));
      }
      console.log(JSON.stringify(owners));`;
    const lines = await Promise.all([1, 2, 3, 4].map(() => lineOf(processOf(script).stdout)));
    expect(JSON.parse(lines[0] ?? "")).toHaveLength(300);
    expect(new Set(lines).size).toBe(1);
  }, 60_000);

  test("is agreed upon by all where its file was spoilt", async () => {
    await writeFile(join(directory, "owner"), "");
    const owners = [1, 2, 3, 4].map(() => ownerOf(directory));
    expect(new Set(owners).size).toBe(1);
    expect(owners[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(ownerOf(directory)).toBe(owners[0]);
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

  test.runIf(existsSync("/dev/full"))(
    "a full disk fails no file that is in its place, and is told",
    async () => {
      const journals = join(directory, "journals");
      const journal = await fileJournal(directory, "copy");
      expect(journal.fault).toBeUndefined();
      journal.note(one);
      const [file = ""] = await readdir(journals);
      await rename(join(journals, file), join(journals, "aside"));
      await symlink("/dev/full", join(journals, file));
      journal.note({ ...one, target: "/b" });
      expect(journal.fault).toMatch(/no space left on the disk \(ENOSPC\).* The next run will not know/);
      // As if a part of the line had still found room.
      await rm(join(journals, file));
      await rename(join(journals, "aside"), join(journals, file));
      await appendFile(join(journals, file), '{"target":"/b","sour');
      journal.note({ ...one, target: "/c" });
      journal.note({ ...one, target: "/d" });
      const next = await fileJournal(directory, "copy");
      expect(["/a", "/b", "/c", "/d"].map((path) => next.finished(path)?.target)).toEqual([
        "/a",
        undefined,
        "/c",
        "/d",
      ]);
      expect(journal.fault).toMatch(/no space left on the disk \(ENOSPC\).* The next run will not know/);
    },
  );

  test("one that cannot be deleted does not fail the copy, and is reported", async () => {
    const journal = await fileJournal(directory, "copy");
    journal.note(one);
    const [file = ""] = await readdir(join(directory, "journals"));
    await rm(join(directory, "journals", file));
    await mkdir(join(directory, "journals", file));
    await journal.close(true);
    expect(journal.fault).toMatch(/^cannot write to the state directory .*\(E[A-Z]+\); check that directory/);
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
