import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ListingEntry } from "../../../src/ftp/listing/entry.ts";
import { HAS_DESCRIPTOR_PATHS } from "../../../src/transfer/sides/local/directory.ts";
import type { Follows } from "../../../src/transfer/sides/local/tree.ts";
import { LocalSide } from "../../../src/transfer/sides/local-side.ts";
import type { Side } from "../../../src/transfer/sides/side.ts";

const signal = new AbortController().signal;

let work: string;
let root: string;
let outside: string;
const opened: Side[] = [];
beforeEach(async () => {
  work = await realpath(await mkdtemp(join(tmpdir(), "fxpd-tree-")));
  [root, outside] = [join(work, "root"), join(work, "outside")];
  await mkdir(join(root, "a/b"), { recursive: true });
  await mkdir(join(outside, "b"), { recursive: true });
  for (const name of ["victim", "b/victim"]) await writeFile(join(outside, name), "theirs");
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((side) => side.close()));
  await rm(work, { recursive: true, force: true });
});

async function write(side: Side, path: string, text: string): Promise<void> {
  await using writing = await side.write(path, 0, signal);
  await pipeline(Readable.from([Buffer.from(text)]), writing.stream);
  await writing.finish(signal);
}

async function read(side: Side, path: string): Promise<string> {
  await using reading = await side.read(path, 0, signal);
  return (await buffer(reading.stream)).toString();
}

async function entries(side: Side, path: string): Promise<readonly ListingEntry[]> {
  const found: ListingEntry[] = [];
  for await (const entry of side.list(path, signal)) found.push(entry);
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** All that is outside, which nothing may change. */
async function untouched(): Promise<void> {
  expect((await readdir(outside, { recursive: true })).sort()).toEqual(["b", "b/victim", "victim"]);
  for (const name of ["victim", "b/victim"])
    expect(await readFile(join(outside, name), "utf8")).toBe("theirs");
}

/** Everything that is done to a target, in or with a directory below its root. */
const OPERATIONS: Readonly<Record<string, (side: Side, directory: string) => Promise<unknown>>> = {
  write: (side, directory) => write(side, join(directory, "new"), "ours"),
  "write over": (side, directory) => write(side, join(directory, "victim"), "ours"),
  "write behind": async (side, directory) => {
    await using writing = await side.write(join(directory, "victim"), 3, signal);
    await pipeline(Readable.from([Buffer.from("ours")]), writing.stream);
  },
  remove: (side, directory) => side.remove(join(directory, "victim"), signal),
  "rename from": (side, directory) => side.replace(join(root, "mine"), join(directory, "victim"), signal),
  "rename to": (side, directory) => side.replace(join(directory, "victim"), join(root, "mine"), signal),
  "move from": (side, directory) => side.move(join(directory, "victim"), join(root, "moved"), signal),
  "move to": (side, directory) => side.move(join(root, "mine"), join(directory, "new"), signal),
  "make a directory": (side, directory) => side.makeDirectory(join(directory, "x/y"), signal),
  "delete a directory": (side, directory) => side.removeDirectory(join(directory, "b"), signal),
  "make a link": (side, directory) => side.makeLink(join(directory, "new"), "/etc", signal),
  "set a time": (side, directory) => side.setModified(join(directory, "victim"), 0, signal),
  "set permissions": (side, directory) => side.setPermissions(join(directory, "victim"), 0o777, signal),
  list: (side, directory) => entries(side, directory),
  read: (side, directory) => read(side, join(directory, "victim")),
};

describe.each(HAS_DESCRIPTOR_PATHS ? [true, false] : [false])("with paths of descriptors: %s", (hasPaths) => {
  const tree = (follows: Follows, ...roots: readonly string[]): Side => {
    const where = roots.length === 0 ? [root] : roots;
    const side = new LocalSide({ roots: where, follows, hasDescriptorPaths: hasPaths });
    opened.push(side);
    return side;
  };

  test.each(Object.keys(OPERATIONS))("a link below the root that is there is no way to %s", async (name) => {
    await writeFile(join(root, "mine"), "mine");
    await symlink(outside, join(root, "a/trap"));
    const side = tree("none");
    for (const below of ["a/trap", "a/trap/b"]) {
      await expect(OPERATIONS[name]?.(side, join(root, below))).rejects.toThrow(
        /local: .*a\/trap: is a symbolic link instead of a directory/,
      );
    }
    await untouched();
    expect(await readFile(join(root, "mine"), "utf8")).toBe("mine");
  });

  test.each(Object.keys(OPERATIONS))(
    "a directory that is swapped for a link after it was entered is no way to %s",
    async (name) => {
      await writeFile(join(root, "mine"), "mine");
      for (const below of ["a", "a/b"]) await writeFile(join(root, below, "victim"), "ours");
      const side = tree("none");
      for (const below of ["a", "a/b"]) await entries(side, join(root, below));
      await rename(join(root, "a"), join(root, "away"));
      await symlink(outside, join(root, "a"));
      for (const below of ["a", "a/b"]) {
        await expect(OPERATIONS[name]?.(side, join(root, below))).rejects.toThrow(
          /local: .*: is a symbolic link instead of a directory/,
        );
      }
      await untouched();
      expect((await readdir(join(root, "away"), { recursive: true })).sort()).toEqual([
        "b",
        "b/victim",
        "victim",
      ]);
    },
  );

  test.each(Object.keys(OPERATIONS))(
    "a directory in place of the one that was entered is no place to %s",
    async (name) => {
      await writeFile(join(root, "mine"), "mine");
      const side = tree("none");
      await entries(side, join(root, "a"));
      await rename(join(root, "a"), join(root, "away"));
      await rename(outside, join(root, "a"));
      await expect(OPERATIONS[name]?.(side, join(root, "a"))).rejects.toThrow(
        /local: .*: has been replaced by another directory/,
      );
      await rename(join(root, "a"), outside);
      await untouched();
    },
  );

  test("the root may be a link when it is entered first, and no other one later", async () => {
    await symlink(root, join(work, "link"));
    const side = tree("none", join(work, "link"));
    await write(side, join(work, "link/a/f"), "ours");
    expect(await readFile(join(root, "a/f"), "utf8")).toBe("ours");
    await rm(join(work, "link"));
    await rename(root, join(work, "old"));
    await symlink(outside, join(work, "link"));
    await side.close();
    await expect(write(side, join(work, "link/b/f"), "ours")).rejects.toThrow(
      /another directory|symbolic link/,
    );
    await untouched();
  });

  test("what is renamed and deleted by ourselves may be made again", async () => {
    const side = tree("none");
    await write(side, join(root, "a/b/f"), "1");
    await side.move(join(root, "a"), join(root, "trash"), signal);
    await side.makeDirectory(join(root, "a/b"), signal);
    await write(side, join(root, "a/b/f"), "2");
    expect(await read(side, join(root, "trash/b/f"))).toBe("1");
    expect(await side.remove(join(root, "a/b/f"), signal)).toBeUndefined();
    expect(await side.removeDirectory(join(root, "a/b"), signal)).toBeUndefined();
    await side.makeDirectory(join(root, "a/b"), signal);
    await write(side, join(root, "a/b/f"), "3");
    expect(await read(side, join(root, "a/b/f"))).toBe("3");
  });

  test("a directory that somebody else has deleted is made again", async () => {
    const side = tree("none");
    await write(side, join(root, "a/b/f"), "1");
    await rm(join(root, "a"), { recursive: true });
    await expect(write(side, join(root, "a/b/f"), "2")).rejects.toThrow(/no such file or directory/);
    await side.makeDirectory(join(root, "a/b"), signal);
    await write(side, join(root, "a/b/f"), "2");
    expect(await readFile(join(root, "a/b/f"), "utf8")).toBe("2");
  });

  test("more directories than are held open are worked in all the same, side by side", async () => {
    const side = tree("none");
    const paths = Array.from({ length: 200 }, (_, index) => join(root, `d${index}/e`));
    for (const path of paths) await side.makeDirectory(path, signal);
    await Promise.all(paths.map((path) => write(side, join(path, "f"), path)));
    for (const path of paths) expect(await readFile(join(path, "f"), "utf8")).toBe(path);
    await side.close();
    await write(side, join(root, "d0/e/f"), "again");
    expect(await readFile(join(root, "d0/e/f"), "utf8")).toBe("again");
  });

  test("a link in place of a file is replaced, deleted or listed itself", async () => {
    const side = tree("none");
    for (const name of ["one", "two"]) await symlink(join(outside, "victim"), join(root, name));
    await write(side, join(root, "new"), "ours");
    await side.replace(join(root, "one"), join(root, "new"), signal);
    expect(await readFile(join(root, "one"), "utf8")).toBe("ours");
    expect(await entries(side, root)).toMatchObject([
      { name: "a" },
      { name: "one", kind: "file" },
      { name: "two", kind: "link" },
    ]);
    await expect(read(side, join(root, "two"))).rejects.toThrow(/two: is a symbolic link/);
    await side.remove(join(root, "two"), signal);
    await untouched();
  });

  test("a file with several names is not written behind", async () => {
    const side = tree("none");
    const { link } = await import("node:fs/promises");
    await link(join(outside, "victim"), join(root, "part"));
    await expect(side.write(join(root, "part"), 3, signal)).rejects.toThrow(/part: .*another hard link/);
    await untouched();
  });

  test("a source is followed as far as it stays below its root", async () => {
    const side = tree("inside");
    await writeFile(join(root, "a/f"), "ours");
    await symlink("a/f", join(root, "file"));
    await symlink("a", join(root, "directory"));
    await symlink("../outside/victim", join(root, "leak"));
    await symlink("../outside", join(root, "leaks"));
    await symlink("leak", join(root, "chain"));
    await symlink("nowhere", join(root, "dangling"));
    const listed = Object.fromEntries(
      (await entries(side, root)).map(({ name, leadsOut }) => [name, leadsOut === true]),
    );
    expect(listed).toEqual({
      ...{ a: false, file: false, directory: false, dangling: false },
      ...{ leak: true, leaks: true, chain: true },
    });
    expect(await read(side, join(root, "file"))).toBe("ours");
    expect(await read(side, join(root, "directory/f"))).toBe("ours");
    expect(await entries(side, join(root, "directory"))).toMatchObject([{ name: "b" }, { name: "f" }]);
    for (const path of ["leak", "chain", "leaks/victim"])
      await expect(read(side, join(root, path))).rejects.toThrow(/leads out of .* --links follow-all/);
    await expect(entries(side, join(root, "leaks"))).rejects.toThrow(/leads out of/);
    expect(await read(tree("all"), join(root, "chain"))).toBe("theirs");
  });

  test("a source file that is swapped for a link after it was listed is not read", async () => {
    const side = tree("inside");
    await writeFile(join(root, "a/f"), "ours");
    expect(await entries(side, join(root, "a"))).toMatchObject([{ name: "b" }, { name: "f", kind: "file" }]);
    await rm(join(root, "a/f"));
    await symlink(join(outside, "victim"), join(root, "a/f"));
    await expect(read(side, join(root, "a/f"))).rejects.toThrow(/a\/f: leads out of/);
  });

  test("paths are meant as they are written: relative, with a dot, with a slash at the end, and names in any octets", async () => {
    const before = process.cwd();
    process.chdir(work);
    try {
      for (const [begin, path] of [
        ["root", "root/a/f1"],
        ["./root", "./root/a/f2"],
        ["root/", "root/a/f3"],
        ["", "root/a/f4"],
        [".", "./root/a/f5"],
        ["/", join(root, "a/f6")],
        ["root/a/f7", "root/a/f7"],
        ["root", "root/a/\udcff"],
      ] as const) {
        await write(tree("none", begin), path, path);
        expect(await read(tree("inside", begin), path)).toBe(Buffer.from(path).toString());
      }
    } finally {
      process.chdir(before);
    }
    expect((await readdir(join(root, "a"), { encoding: "latin1" })).sort()).toEqual(
      ["b", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "\u00ff"].sort(),
    );
  });

  test("permissions are set on what was entered", async () => {
    const side = tree("none");
    await write(side, join(root, "a/f"), "ours");
    await side.setPermissions(join(root, "a/f"), 0o640, signal);
    expect((await lstat(join(root, "a/f"))).mode & 0o777).toBe(0o640);
    await side.makeLink(join(root, "a/link"), "f", signal);
    expect(await readlink(join(root, "a/link"))).toBe("f");
    await expect(side.setPermissions(join(root, "a/link"), 0o600, signal)).rejects.toThrow(/symbolic link/);
  });
});
