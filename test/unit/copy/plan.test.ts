import { expect, test } from "vitest";
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
