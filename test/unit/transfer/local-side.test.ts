import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { localSide } from "../../../src/transfer/sides/local-side.ts";

const signal = new AbortController().signal;
let work: string;
beforeEach(async () => (work = await mkdtemp(join(tmpdir(), "fxpd-local-"))));
afterEach(() => rm(work, { recursive: true, force: true }));

test("one file of this machine has one location, over symbolic links and before it is there", async () => {
  await mkdir(join(work, "real"));
  await symlink(join(work, "real"), join(work, "link"));
  for (const path of ["real", "real/new/file"])
    expect(localSide.locate(join(work, path.replace("real", "link")))).toBe(
      localSide.locate(join(work, path)),
    );
  expect(localSide.locate("/")).toBe("file:///");
});

describe("a directory on this machine", () => {
  test("is made with all that is missing above it, by several at once", async () => {
    const names = ["a", "b", "\udcff"];
    const paths = names.map((name) => join(work, "x/y", name));
    await Promise.all([...paths, ...paths].map((path) => localSide.makeDirectory(path, signal)));
    const made = await readdir(join(work, "x/y"), { encoding: "buffer" });
    expect(made.map((name) => name.toString("latin1")).sort()).toEqual(["a", "b", "\u00ff"]);
  });

  test("is none where a file stands", async () => {
    await writeFile(join(work, "file"), "");
    for (const path of ["file", "file/below"])
      await expect(localSide.makeDirectory(join(work, path), signal)).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  test("is none where the system makes none, which is told at once", async () => {
    await expect(localSide.makeDirectory("/proc/none/at/all", signal)).rejects.toThrow(/ENOENT/);
  });
});
