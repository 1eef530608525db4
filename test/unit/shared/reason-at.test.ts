import { mkdirSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonAt } from "../../../src/shared/reason-at.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-reason-"));
  await writeFile(join(root, "f"), "");
  await mkdir(join(root, "d"));
});
afterAll(() => rm(root, { recursive: true }));

async function reasonOf(path: string, act: (path: string) => unknown): Promise<string> {
  try {
    await act(join(root, path));
  } catch (error) {
    return reasonAt(join(root, path), error).replace(root, "");
  }
  throw new Error(`${path}: no error`);
}

const make = (path: string) => mkdir(path);
const makeAll = (path: string) => mkdirSync(path, { recursive: true });

test.each<[string, (path: string) => unknown, string]>([
  ["f/out", make, "/f is a file, not a directory (ENOTDIR)"],
  ["f/deep/out", makeAll, "/f is a file, not a directory (ENOTDIR)"],
  ["f/out", readFile, "/f is a file, not a directory (ENOTDIR)"],
  ["f", readdir, "is a file, not a directory (ENOTDIR)"],
  ["f", makeAll, "is a file, not a directory (EEXIST)"],
  ["d", make, "already exists (EEXIST)"],
  ["f", (path) => open(path, "wx"), "already exists (EEXIST)"],
  ["none/out", make, "no such file or directory (ENOENT)"],
])("a file where a directory would have to be is named: %s", async (path, act, reason) => {
  expect(await reasonOf(path, act)).toBe(reason);
});

test("an error that is not the system's keeps its words", () => {
  expect(reasonAt(join(root, "f/out"), new TypeError("no fault of a disk"))).toBe("no fault of a disk");
});
