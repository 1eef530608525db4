import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LocalSide } from "../../../../../src/transfer/sides/local-side.ts";

test("a device or a pipe, or a link to one, is not replaced by a file; files and links to them are", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-replaced-"));
  try {
    const at = (name: string) => join(directory, name);
    execFileSync("mkfifo", [at("pipe")]);
    await symlink("pipe", at("to-pipe"));
    await writeFile(at("file"), "");
    await symlink("file", at("to-file"));
    await symlink("nowhere", at("dangling"));
    await mkdir(at("directory"));
    const side = new LocalSide();
    for (const path of [at("pipe"), at("to-pipe"), "/dev/null", "/dev/tty"])
      expect(await side.refusalOfTarget(path)).toBe(
        `${path}: is not a regular file, and is not replaced by one`,
      );
    for (const name of ["file", "to-file", "dangling", "missing", "none/missing", "file/missing"])
      expect(await side.refusalOfTarget(at(name)), name).toBeUndefined();
    await side.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
