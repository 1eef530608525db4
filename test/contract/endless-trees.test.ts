import { afterEach, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import type { Tree, TreeEntry } from "../support/tree-server-tree.ts";

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

/** A file at the top, and in every directory so many more. */
function endless(width: number): Tree {
  const directories = Array.from({ length: width }, (_, name) => ({
    name: `d${name}`,
    kind: "directory" as const,
  }));
  const top: TreeEntry = { name: "a", kind: "file", sizeBytes: 5 };
  return (directory) => {
    if (directory === "/") return [top, ...directories];
    return /^(\/d\d)+$/.test(directory) ? directories : undefined;
  };
}

async function start(tree: Tree): Promise<void> {
  [source, target] = await Promise.all([treeServer({ tree }), treeServer()]);
  target.tree.write("/extra", Buffer.from("x"), 0);
  desk = await deskHere({ source, target });
}
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

const COMMANDS = [
  ["ls", "source:/**"],
  ["copy", "source:/**", "target:/"],
  ["mirror", "--delete", "--max-delete", "100%", "source:/", "target:/"],
  ["diff", "source:/", "target:/"],
];

test.each(COMMANDS)(
  "%s of a tree in which every directory has ten more ends, with status 1",
  async (...line) => {
    await start(endless(10));
    const { status, err, out } = await desk.fxpd(...line);
    expect(status).toBe(1);
    // A listing ends at the first directory that cannot be listed.
    const because =
      line[0] === "ls" ? "nested more than 200 levels deep" : "the tree seems to contain itself";
    expect(`${err}${out}`).toContain(because);
    expect(target.tree.find("/extra")).toBeDefined();
    if (line[0] === "copy" || line[0] === "mirror") expect(target.tree.find("/a")).toBeDefined();
  },
);

test.each(COMMANDS)("%s of directories more than 200 deep is no success", async (...line) => {
  await start(endless(1));
  const { status, err, out } = await desk.fxpd(...line);
  expect(status).toBe(1);
  expect(`${err}${out}`).toContain("nested more than 200 levels deep");
  expect(target.tree.find("/extra")).toBeDefined();
});

test.each([
  ["copy", "--max-directories", "7", "source:/**", "target:/"],
  ["mirror", "--delete", "--max-delete", "100%", "--max-directories", "7", "source:/", "target:/"],
  ["mirror", "--delete", "--max-delete", "100%", "--max-entries", "7", "source:/", "target:/"],
  ["diff", "--max-entries", "7", "source:/", "target:/"],
])("%s %s names the limit that was reached", async (...line) => {
  await start(endless(3));
  const { status, err, out } = await desk.fxpd(...line);
  expect(status).toBe(1);
  expect(`${err}${out}`).toMatch(
    /more than 7 (directories|entries); if that is expected, raise max(Directories|Entries)/,
  );
  expect(target.tree.find("/extra")).toBeDefined();
});

test("a mirror that is told how deep to look leaves alone what lies deeper, which is a success", async () => {
  await start(endless(2));
  const { status } = await desk.fxpd("mirror", "--max-depth", "3", "source:/", "target:/");
  expect(status).toBe(0);
});
