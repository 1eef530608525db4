import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalFiles } from "../../../../src/cli/ftp/local-files.ts";

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "fxpd-local-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const filesIn = (path: string) =>
  new LocalFiles({ out: () => {}, err: () => {}, isTerminal: false, directory: path });

test("lcd takes a directory, the home directory, and that of another user", async () => {
  await mkdir(join(directory, "sub"));
  const files = filesIn(directory);
  expect(await files.change("sub")).toBe(join(directory, "sub"));
  expect(await files.change("..")).toBe(directory);
  expect(await files.change("~")).toBe(homedir());
  const root = /^root:(?:[^:]*:){4}([^:]*)/m.exec(await readFile("/etc/passwd", "utf8"))?.[1] ?? "";
  expect(await files.change("~root")).toBe(root);
  expect(await files.change("~root/..")).toBe(join(root, ".."));
});

test("lcd to what is no directory fails, and the directory stays as it was", async () => {
  const files = filesIn(directory);
  for (const name of ["nope", "~nobody-is-called-so", "$HOME"])
    await expect(files.change(name)).rejects.toThrow(`local: ${name}: No such directory`);
  expect(files.directory).toBe(directory);
});

test("~NAME is a home directory for lcd alone: a server's name for a file is a name", () => {
  expect(filesIn(directory).resolve("~root")).toBe(join(directory, "~root"));
});
