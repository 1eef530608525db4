import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import type { Desk, Ended } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { differenceOf, growTree, timeDifferenceOf, treeOf } from "../support/trees.ts";

/** `FXPD_LONG=1` takes the tree that is promised; it needs half an hour. The short one has each odd name, and two levels. */
const isLong = process.env["FXPD_LONG"] === "1";
const [FILES, DIRECTORIES] = isLong ? [20_000, 500] : [100, 27];
const LIMIT_MS = isLong ? 900_000 : 120_000;
const TREE = treeOf({ files: FILES, directories: DIRECTORIES, hasOddNames: true });

let started: Awaited<ReturnType<typeof startServers>>;
let desk: Desk;

/** Two of each family, so that each is its own source, too. */
const serverOf = (family: Family, role: "source" | "target"): RunningServer => {
  const server = started.servers[FAMILIES.indexOf(family) + (role === "source" ? 0 : FAMILIES.length)];
  if (server === undefined) throw new Error(`no ${family}`);
  return server;
};

beforeAll(async () => {
  started = await startServers([...FAMILIES, ...FAMILIES].map((family) => ({ family })));
  desk = await deskHere();
  await growTree(join(desk.path, "tree"), TREE);
  for (const family of FAMILIES) {
    await desk.introduce(`from-${family}`, serverOf(family, "source"));
    await desk.introduce(`to-${family}`, serverOf(family, "target"));
    await growTree(join(serverOf(family, "source").root, "tree"), TREE);
  }
}, LIMIT_MS);
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

/** What has to be so: equal trees, and a second run that finds nothing to do. */
async function mirrorTwice(from: string, to: string, target: string, ...more: readonly string[]) {
  const mirror = () => desk.fxpd("mirror", "--json", "--delete", ...more, from, to);
  const first = await mirror();
  expect(counts(first)).toEqual({ status: 0, copied: FILES, kept: 0, deleted: 0, failed: 0 });
  const source = join(desk.path, "tree");
  expect(await differenceOf(source, target)).toBeUndefined();
  expect(await timeDifferenceOf(source, target)).toBeUndefined();
  expect(counts(await mirror())).toEqual({ status: 0, copied: 0, kept: FILES, deleted: 0, failed: 0 });
  expect(await differenceOf(source, target)).toBeUndefined();
  return first;
}

function counts({ status, summary, err }: Ended): unknown {
  if (summary === undefined) return { status, err };
  const { copied, kept, deleted, failed } = summary["files"] as Readonly<Record<string, number>>;
  return { status, copied, kept, deleted, failed };
}

const pairs = FAMILIES.flatMap((source) => FAMILIES.map((target) => ({ source, target })));

describe(`a tree of ${FILES} files in ${DIRECTORIES} directories is mirrored, and a second run copies and deletes nothing`, () => {
  test.each(pairs)(
    "$source → $target, third party",
    async ({ source, target }) => {
      const { root } = serverOf(target, "target");
      const { summary } = await mirrorTwice(
        `from-${source}:tree`,
        `to-${target}:of ${source}`,
        join(root, `of ${source}`),
        ...["--fxp", "only"],
        // Of several active data connections at once it loses one, and two of them cannot both be passive.
        ...(source === "pyftpdlib" && target === "pyftpdlib" ? ["--parallel", "1"] : []),
      );
      expect(summary).toMatchObject({ outcome: "succeeded", bytes: { relayed: 0, resumed: 0 } });
      // Disks are small where the tree is large.
      await rm(join(root, `of ${source}`), { recursive: true });
    },
    LIMIT_MS,
  );

  test.each(FAMILIES)(
    "%s → this machine",
    async (family) => {
      await mirrorTwice(`from-${family}:tree`, `./of-${family}`, join(desk.path, `of-${family}`));
    },
    LIMIT_MS,
  );

  test.each(FAMILIES)(
    "this machine → %s",
    async (family) => {
      const { root } = serverOf(family, "target");
      await mirrorTwice("./tree", `to-${family}:from here`, join(root, "from here"));
    },
    LIMIT_MS,
  );
});
