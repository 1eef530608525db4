import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deskHere } from "../support/desk-here.ts";
import { startServer } from "../servers/index.ts";
import { treeServer } from "../support/tree-server.ts";
import type { Tree } from "../support/tree-server-tree.ts";

/** Names that lead out of the directory that they are listed in. */
const HOSTILE = ["../precious", "..", ".", "/precious", "sub/../../precious", ".\\..\\precious"];
const listing: Tree = (directory) => {
  if (directory === "/")
    return [
      { name: "pub", kind: "directory" },
      { name: "precious", kind: "file" },
    ];
  if (directory !== "/pub") return undefined;
  return [...HOSTILE, "good"].map((name) => ({ name, kind: "file", sizeBytes: 4 }) as const);
};

test("promise 7: a name from the source's listing leaves no directory", async () => {
  await using source = await treeServer({ tree: listing });
  await using desk = await deskHere({ source });
  const work = await mkdtemp(join(tmpdir(), "fxpd-names-"));
  try {
    await mkdir(join(work, "in/here"), { recursive: true });
    await writeFile(join(work, "precious"), "mine");
    const { status, err } = await desk.fxpd("mirror", "--delete", "source:/pub", join(work, "in/here"));
    expect(await readdir(work)).toEqual(["in", "precious"]);
    expect(await readdir(join(work, "in"))).toEqual(["here"]);
    expect(await readFile(join(work, "precious"), "utf8")).toBe("mine");
    // Such names are left out by name, and the others are what they are.
    expect(err).toMatch(
      /source: \/pub: 3 lines .* cannot be parsed: the name "\.\.\/precious" leads out of the directory/,
    );
    expect(status).toBe(1);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
});

test("promise 7: nor does one from the target's, when it is deleted", async () => {
  const good: Tree = (directory) =>
    directory === "/" ? [{ name: "good", kind: "file", sizeBytes: 4 }] : undefined;
  await using source = await treeServer({ tree: good });
  await using target = await treeServer({ tree: listing });
  await using desk = await deskHere({ source, target });
  const { status } = await desk.fxpd("mirror", "--delete", "--max-delete", "100%", "source:/", "target:/pub");
  expect(target.count("DELE", "RMD", "RNFR", "STOR")).toBe(0);
  expect(target.tree.find("/precious")).toBeDefined();
  expect(status).toBe(1);
});

test("promise 4: a name with a line break is left out by name; all others are copied, and nothing is deleted there", async () => {
  await using server = await startServer({ family: "vsftpd" });
  await using desk = await deskHere({ source: server });
  await mkdir(join(server.root, "tree"));
  for (const name of ["a", "bad\nname", "z"]) await writeFile(join(server.root, "tree", name), name);
  const target = join(desk.path, "out");
  await mkdir(target);
  await writeFile(join(target, "extra"), "mine");
  const mirrored = await desk.fxpd("mirror", "--delete", "--max-delete", "100%", "source:tree", target);
  expect((await readdir(target)).sort()).toEqual(["a", "extra", "z"]);
  expect(mirrored.err).toMatch(/the name "bad\\nname" contains a line break/);
  expect(mirrored.status).toBe(1);
  const copied = await desk.fxpd("copy", "source:tree/*", join(desk.path, "picked/"));
  expect((await readdir(join(desk.path, "picked"))).sort()).toEqual(["a", "z"]);
  expect(copied.status).toBe(1);
  const listed = await desk.fxpd("ls", "source:tree");
  expect(listed.out).toMatch(/ a\n.* z\n$/s);
  expect(listed.status).toBe(1);
});
