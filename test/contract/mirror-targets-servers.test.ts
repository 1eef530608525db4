import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { differenceOf, growTree, timeDifferenceOf, treeOf } from "../support/trees.ts";

const FILES = 120;
const TREE = treeOf({ files: FILES, directories: 8, hasOddNames: true });
const LIMIT_MS = 120_000;

let started: Awaited<ReturnType<typeof startServers>>;
let desk: Desk;

const serverOf = (family: Family): RunningServer => {
  const server = started.servers[FAMILIES.indexOf(family)];
  if (server === undefined) throw new Error(`no ${family}`);
  return server;
};

beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
  desk = await deskHere();
  await mkdir(join(desk.path, "jobs"));
  await growTree(join(desk.path, "tree"), TREE);
  for (const family of FAMILIES) {
    await desk.introduce(family, serverOf(family));
    await growTree(join(serverOf(family).root, "tree"), TREE);
  }
}, LIMIT_MS);
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

test.each(FAMILIES)(
  "%s is mirrored to the three others, server to server, and sends each file once",
  async (source) => {
    const targets = FAMILIES.filter((family) => family !== source);
    const to = targets.map((family) => `"${family}:of ${source}"`).join(", ");
    const job = `mirror: {from: "${source}:tree", to: [${to}], spread: true}\ndelete: true\nfxp: only\n`;
    await writeFile(join(desk.path, `jobs/${source}.yaml`), job);
    const run = () => desk.fxpd("run", source, "--json", "--jobs", "jobs");
    const first = await run();
    expect(first.err).toBe("");
    expect(first.summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 3 * FILES, kept: 0, failed: 0 },
      bytes: { relayed: 0 },
    });
    const transfers = first.events.filter(({ event }) => event === "transfer");
    const sent = transfers.filter((one) => String(one["source"]).startsWith(`${source}:`));
    expect(sent).toHaveLength(FILES);
    for (const family of targets) {
      const root = join(serverOf(family).root, `of ${source}`);
      expect(await differenceOf(join(desk.path, "tree"), root)).toBeUndefined();
      expect(await timeDifferenceOf(join(desk.path, "tree"), root)).toBeUndefined();
    }
    expect((await run()).summary).toMatchObject({ outcome: "succeeded", files: { kept: 3 * FILES } });
  },
  LIMIT_MS,
);
