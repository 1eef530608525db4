import { describe, expect, test } from "vitest";
import { type Place, OwnPool } from "../../../src/batch/pool.ts";
import { copy } from "../../../src/copy/copy.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import { copyDeps } from "../../support/edges.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { directory, file } from "../../support/memory-tree.ts";
import { POLICY } from "../../support/pair.ts";

const signal = new AbortController().signal;

const scene = () =>
  new MemoryHost(
    "alpha",
    directory({ a: file("of a"), pub: directory({ a: file("another"), b: file("b") }) }),
  );

/** What a copy of one account to itself is asked for: from a pattern to a path. */
async function within(host: MemoryHost, pattern: string, path: string, source: Place = host.place) {
  const { deps } = copyDeps({ pool: new OwnPool() });
  return copy(
    {
      sources: [{ place: source, pattern: parsePattern(pattern), shown: pattern }],
      target: { place: host.place, path, shown: `alpha:${path}` },
      isWanted: () => true,
      onExists: "overwrite",
      parallel: 2,
      transfer: POLICY,
      retries: 0,
      dryRun: false,
    },
    deps,
    signal,
  );
}

test.each([
  ["a", "a"],
  ["a", ""],
  ["pub/a", "pub"],
  ["pub/*", "pub/"],
])(
  "promise 1: a file that is its own target is refused before anything is read (%s → %j)",
  async (from, to) => {
    const host = scene();
    await expect(within(host, from, to)).rejects.toThrow(/source and target are the same file/);
    expect(host.done("read", "write", "replace", "remove", "move")).toEqual([]);
  },
);

test("the same account under another host's name is the same account", async () => {
  const host = scene();
  const alias: Place = { ...host.place, name: "beta", at: (path) => `beta:${path}` };
  await expect(within(host, "a", "", alias)).rejects.toThrow("beta:a: source and target are the same file");
});

test("a file of the same name elsewhere on the account is another file", async () => {
  const host = scene();
  expect(await within(host, "a", "pub")).toMatchObject({ outcome: "succeeded", files: { copied: 1 } });
  expect(host.tree.find("pub/a")).toMatchObject({ octets: "of a" });
});

test("what transfers have left is not copied, unless it is named; what only looks like it is", async () => {
  const part = ".fxpd-0123456789abcdef-someone.part";
  const host = new MemoryHost(
    "alpha",
    directory({ pub: directory({ a: file("a"), [part]: file("part"), ".fxpd-notes": file("notes") }) }),
  );
  expect(await within(host, "pub/*", "to/")).toMatchObject({ files: { copied: 2, skipped: 1 } });
  expect(host.tree.find(`to/${part}`)).toBeUndefined();
  expect(await within(host, `pub/${part}`, "to/")).toMatchObject({ files: { copied: 1, skipped: 0 } });
});

describe("a directory as the source", () => {
  const tree = () =>
    new MemoryHost(
      "alpha",
      directory({
        pub: directory({
          a: file("1"),
          ".b": file("2"),
          sub: directory({ c: file("3") }),
          empty: directory({}),
        }),
        none: directory({}),
        taken: file("x"),
      }),
    );
  const copied = async (from: string, to: string, isEntered = true, names?: ReadonlyMap<string, string>) => {
    const host = tree();
    const { deps, events } = copyDeps({ pool: new OwnPool() });
    const source = {
      place: host.place,
      pattern: parsePattern(from),
      shown: from,
      entersDirectories: isEntered,
      ...(names === undefined ? {} : { names }),
    };
    const summary = await copy(
      {
        sources: [source],
        target: { place: host.place, path: to, shown: `alpha:${to}` },
        isWanted: (relative) => relative !== ".b",
        onExists: "overwrite",
        parallel: 2,
        transfer: POLICY,
        retries: 0,
        dryRun: false,
      },
      deps,
      signal,
    );
    return { host, summary, events };
  };

  test.each([
    ["pub", "new", ["new/pub/a", "new/pub/sub/c"]],
    ["pub", "new/", ["new/pub/a", "new/pub/sub/c"]],
    ["pub/", "new", ["new/a", "new/sub/c"]],
    ["pub/.", "new", ["new/a", "new/sub/c"]],
    ["pub/sub", "none", ["none/sub/c"]],
  ])("%s to %s; rules see paths below it", async (from, to, paths) => {
    const { host, summary } = await copied(from, to);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: paths.length } });
    for (const path of paths) expect(host.tree.find(path)).toMatchObject({ kind: "file" });
  });

  test("that is empty has nothing to copy", async () => {
    expect((await copied("none", "new")).summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 0 },
    });
  });

  test("cannot go into a file, nor into itself, nor where it is not entered", async () => {
    await expect(copied("pub", "taken")).rejects.toThrow("alpha:taken: is a file");
    await expect(copied("pub", "pub/sub")).rejects.toThrow(
      "is in alpha:pub, the directory that is to be copied",
    );
    await expect(copied("pub/", "pub")).rejects.toThrow("source and target are the same file");
    await expect(copied("pub", "new", false)).rejects.toThrow("pub: is a directory");
  });

  test("of which a list names the files: others stay, what is missing is a failure, a pair has another name", async () => {
    const names = new Map(Object.entries({ a: "renamed/a", "sub/c": "sub/c", gone: "gone", empty: "empty" }));
    const { host, summary, events } = await copied("pub", "new", true, names);
    expect(summary).toMatchObject({ files: { copied: 2, failed: 2 } });
    expect(host.tree.find("new/renamed/a")).toMatchObject({ octets: "1" });
    expect(host.tree.find("new/sub/c")).toMatchObject({ octets: "3" });
    const faults = events.flatMap((event) => (event.event === "fault" ? [[event.path, event.because]] : []));
    expect(faults).toEqual([
      ["alpha:pub/empty", "is in the list, but is a directory"],
      ["alpha:pub/gone", "is in the list, but no file of this name was found"],
    ]);
  });
});

describe("directories in which nothing is", () => {
  const tree = () =>
    new MemoryHost(
      "alpha",
      directory({
        pub: directory({
          a: file("a"),
          none: directory({}),
          deep: directory({ er: directory({}) }),
          left: directory({ out: directory({}) }),
        }),
        to: directory({}),
      }),
    );

  async function copied(host: MemoryHost, from: string, to: string, dryRun = false) {
    const { deps, events } = copyDeps({ pool: new OwnPool() });
    const summary = await copy(
      {
        sources: [{ place: host.place, pattern: parsePattern(from), shown: from, entersDirectories: true }],
        target: { place: host.place, path: to, shown: `alpha:${to}` },
        isWanted: (path, isDirectory) => !(isDirectory === true && path.startsWith("left")),
        onExists: "overwrite",
        ...{ parallel: 2, transfer: POLICY, retries: 0, dryRun },
      },
      deps,
      signal,
    );
    const made = events.flatMap((one) =>
      one.event === "action" && one.action === "make-directory" ? [one.path] : [],
    );
    return { summary, made: made.sort() };
  }

  test("come along when a directory is copied, unless a rule leaves them out, and are made once", async () => {
    const host = tree();
    const first = await copied(host, "pub", "to/");
    expect(first.summary).toMatchObject({ outcome: "succeeded", files: { copied: 1 } });
    expect(first.made).toEqual(["alpha:to/pub/deep/er", "alpha:to/pub/none"]);
    for (const path of ["to/pub/deep/er", "to/pub/none"])
      expect(host.tree.find(path)?.kind).toBe("directory");
    expect(host.tree.find("to/pub/left")).toBeUndefined();
    expect((await copied(host, "pub", "to/")).made).toEqual([]);
  });

  test("are only told of in a dry run", async () => {
    const host = tree();
    expect((await copied(host, "pub/", "to/new", true)).made).toEqual([
      "alpha:to/new/deep/er",
      "alpha:to/new/none",
    ]);
    expect(host.tree.find("to/new")).toBeUndefined();
  });

  test("one that is all that is copied becomes the target, or is in it, and a pattern for files makes none", async () => {
    const host = tree();
    expect((await copied(host, "pub/none/", "to/x")).made).toEqual(["alpha:to/x"]);
    expect((await copied(host, "pub/none", "to/y")).made).toEqual(["alpha:to/y/none"]);
    expect((await copied(host, "pub/**", "to/z/")).made).toEqual([]);
  });
});
