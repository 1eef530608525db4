import { describe, expect, test } from "vitest";
import { parsePattern } from "../../../src/copy/glob.ts";
import { TreeMeter } from "../../../src/copy/limits.ts";
import { refusalOfDirectory } from "../../../src/files/protected.ts";
import { planRemoval, RemovalCeiling, Remover } from "../../../src/files/removal.ts";
import { usageOf } from "../../../src/files/usage.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { Retrier } from "../../../src/transfer/retrier.ts";
import { type HostOptions, MemoryHost } from "../../support/memory-side.ts";
import { directory, file, link } from "../../support/memory-tree.ts";

const TREE = directory({
  keep: file("kept"),
  out: link("pub"),
  pub: directory({
    a: file("aa"),
    "b.tmp": file("b"),
    deep: directory({ c: file("ccc"), up: link("../../keep"), dir: link("../..") }),
  }),
});

function scene(options: HostOptions = {}) {
  const host = new MemoryHost("edge", TREE, options);
  const looking = {
    side: host.place.connect(),
    retrier: new Retrier({ retries: 0 }, { clock: systemClock, chance: () => 0 }),
    meter: new TreeMeter(),
    signal: new AbortController().signal,
  };
  const remove = async (text: string, { most = 100, isRecursive = true, isForced = false } = {}) => {
    const ceiling = new RemovalCeiling(most);
    const removals = await planRemoval(
      parsePattern(text),
      `edge:${text}`,
      { isRecursive, isForced },
      looking,
      ceiling,
    );
    const remover = new Remover(looking);
    const deleted = [];
    for (const removal of removals) if (await remover.carryOut(removal)) deleted.push(removal.path);
    return deleted;
  };
  const deletions = () => host.done("remove", "removeDirectory").length;
  return { host, looking, remove, deletions };
}

describe("removal of trees", () => {
  test("deletes what is in a directory before the directory, and links without following them", async () => {
    const { host, remove } = scene();
    expect(await remove("/pub/")).toEqual([
      "/pub/a",
      "/pub/b.tmp",
      "/pub/deep/c",
      "/pub/deep/dir",
      "/pub/deep/up",
      "/pub/deep",
      "/pub",
    ]);
    expect(host.tree.find("/keep")).toBeDefined();
  });

  test.each(["/out", "/out/"])(
    "a link to a directory (%s) is deleted, and nothing in the directory",
    async (path) => {
      const { host, remove } = scene();
      expect(await remove(path)).toEqual(["/out"]);
      expect(host.tree.find("/pub/a")).toBeDefined();
    },
  );

  test("a pattern deletes the files that match, and no directory", async () => {
    const { remove } = scene();
    expect(await remove("/pub/*")).toEqual(["/pub/a", "/pub/b.tmp"]);
  });

  test("if a directory cannot be listed, nothing in the tree is deleted", async () => {
    const { remove, deletions } = scene({
      fault: ({ verb, path }) =>
        verb === "list" && path === "/pub/deep" ? { kind: "refused", code: 550, text: "denied" } : undefined,
    });
    await expect(remove("/pub")).rejects.toThrow(/not everything in it is known: \/pub\/deep: .*denied/);
    expect(deletions()).toBe(0);
  });

  test("a directory is not removed if it cannot be distinguished from a link", async () => {
    const { remove, deletions } = scene({
      fault: ({ verb, path }) =>
        verb === "list" && path === "/" ? { kind: "refused", code: 550, text: "denied" } : undefined,
    });
    await expect(remove("/pub")).rejects.toThrow(/cannot tell whether it is a symbolic link/);
    expect(deletions()).toBe(0);
  });

  test("more files than --max-delete are refused before the first is deleted", async () => {
    const { remove, deletions } = scene();
    await expect(remove("/pub", { most: 4 })).rejects.toMatchObject({ code: "safeguard" });
    expect(deletions()).toBe(0);
    expect(await remove("/pub", { most: 5 })).toHaveLength(7);
  });

  test("a directory needs -r, and what is not there is an error unless forced", async () => {
    const { remove } = scene();
    await expect(remove("/pub", { isRecursive: false })).rejects.toThrow("edge:/pub: is a directory; use -r");
    await expect(remove("/none")).rejects.toThrow("edge:/none: no such file or directory");
    expect(await remove("/none", { isForced: true })).toEqual([]);
    expect(await remove("/*.none", { isForced: true })).toEqual([]);
  });
});

describe("directories that are never removed", () => {
  const at = (home: string) => ({
    name: "edge",
    locate: (path: string) => `ftp://me@edge:21/${path.startsWith("/") ? path : `${home}/${path}`}`,
  });

  test.each([
    ["/", "is the root directory"],
    ["//", "is the root directory"],
    ["/.", "is the root directory"],
    ["", "is the login directory"],
    [".", "is the login directory"],
    ["./", "is the login directory"],
    ["/home/me", "is the login directory"],
    ["/home//./me/", "is the login directory"],
    ["/HOME/Me", "is the login directory"],
    ["/home", "contains the login directory"],
    ["pub/..", 'contains ".."'],
    ["/home/me/../me", 'contains ".."'],
  ])("%j %s", (path, because) => {
    expect(refusalOfDirectory(at("/home/me"), path)).toContain(because);
  });

  test.each(["pub", "/home/me/pub", "/home/melanie", "/srv", "..data"])("%j may be removed", (path) => {
    expect(refusalOfDirectory(at("/home/me"), path)).toBeUndefined();
  });

  test.each([
    ["", "is the login directory"],
    ["./", "is the login directory"],
    ["/", "is the root directory"],
    ["/.", "is the root directory"],
  ])("where the login directory is the root, %j %s", (path, because) => {
    expect(refusalOfDirectory(at(""), path)).toBe(because);
  });

  test("on this machine it is the working directory, also where that is the root", () => {
    const side = { name: "local", locate: (path: string) => `local:/${path}` };
    expect(refusalOfDirectory(side, ".")).toBe("is the working directory");
    expect(refusalOfDirectory(side, "/")).toBe("is the root directory");
  });

  test("where it is not known where the login directory is, it is refused all the same", () => {
    const side = { name: "edge", locate: (path: string) => `ftp://me@edge:21/${path}` };
    for (const path of ["", "."]) expect(refusalOfDirectory(side, path)).toBe("is the login directory");
    expect(refusalOfDirectory(side, "/")).toBe("is the root directory");
    expect(refusalOfDirectory(side, "pub")).toBeUndefined();
  });
});

test("the usage of a directory is that of all below it; links count as files of no size", async () => {
  const { looking } = scene();
  const used = [];
  for await (const one of usageOf(looking, looking.meter, "/pub", "edge:/pub")) used.push(one);
  const usage = { kind: "usage", unknownSizes: 0 };
  expect(used).toEqual([
    { ...usage, path: "/pub/deep", depth: 1, files: 3, directories: 0, bytes: 3 },
    { ...usage, path: "/pub", depth: 0, files: 5, directories: 1, bytes: 6 },
  ]);
});
