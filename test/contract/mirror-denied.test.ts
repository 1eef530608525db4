import { chmod } from "node:fs/promises";
import { join, posix } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FAMILIES, startServers } from "../servers/index.ts";
import { deskHere } from "../support/desk-here.ts";
import { treeServer } from "../support/tree-server.ts";
import type { Tree } from "../support/tree-server-tree.ts";
import { growTree, treeOf } from "../support/trees.ts";

/** Four files in each of 25 directories, so that one of them is below the ceiling. */
const TREE = treeOf({ files: 100, directories: 25 });
/** What the source does not let us see, and what the target has more than the source. */
const [DENIED, EXTRA] = ["/d7", "/d3/extra"];
const WITH_EXTRA: Tree = (directory) => {
  const entries = TREE(directory);
  if (directory !== posix.dirname(EXTRA) || entries === undefined) return entries;
  return [...entries, { name: posix.basename(EXTRA), kind: "file" }];
};

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
  for (const { root } of started.servers) await growTree(join(root, "tree"), TREE);
});
afterAll(async () => {
  for (const { root } of started.servers) await chmod(join(root, "tree", DENIED), 0o777);
  await started[Symbol.asyncDispose]();
});

const cases = FAMILIES.flatMap((family) =>
  [
    { mode: 0o000, may: "neither be read nor entered" },
    { mode: 0o711, may: "be entered and not be read" },
    { mode: 0o744, may: "be read and not be entered" },
  ].map((one) => ({ family, ...one })),
);

test.each(cases)("nothing is deleted while a directory of $family may $may", async ({ family, mode }) => {
  const source = started.servers[FAMILIES.indexOf(family)];
  if (source === undefined) throw new Error("no server");
  await chmod(join(source.root, "tree", DENIED), mode);
  await using target = await treeServer({ tree: WITH_EXTRA });
  await using desk = await deskHere({ source, target });
  const mirror = () => desk.fxpd("mirror", "--json", "--delete", "--retries", "0", "source:tree", "target:/");
  const { status, err, events } = await mirror();
  expect(target.count("DELE", "RMD", "RNFR"), err).toBe(0);
  expect(events.filter(({ event }) => event === "fault").map(({ path }) => path)).toEqual([
    `source:tree${DENIED}`,
  ]);
  expect(status).toBe(1);
  await chmod(join(source.root, "tree", DENIED), 0o777);
  expect((await mirror()).summary).toMatchObject({ files: { kept: 100, deleted: 1, failed: 0 } });
});

test("a directory over which the server hangs up is a fault, and all others are mirrored", async () => {
  await using source = await treeServer({ tree: TREE });
  await using target = await treeServer({ tree: WITH_EXTRA });
  await using desk = await deskHere({ source, target });
  source.fault({ kind: "refusal", verbs: ["MLSD", "LIST"], at: DENIED, reply: "421 I have had enough" });
  source.tree.write("/d9/new", Buffer.from("new"), 0);
  const { status, summary, events } = await desk.fxpd(
    ...["mirror", "--json", "--delete", "--retries", "1", "source:/", "target:/"],
  );
  const faults = events.filter(({ event }) => event === "fault");
  expect(faults.map(({ path }) => path)).toEqual([`source:${DENIED}`]);
  expect(summary).toMatchObject({ outcome: "partial", files: { copied: 1, kept: 96, deleted: 0 } });
  expect(target.count("DELE", "RMD")).toBe(0);
  expect(status).toBe(1);
});
