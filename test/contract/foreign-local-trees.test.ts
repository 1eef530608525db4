import { mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Ended } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

// Promise 7: nothing that stands in a local tree, or is put there in the middle of a run, leads out of it.

/** A server, and a desk with a directory that nothing may come out of or go into. */
async function scene() {
  const server = await treeServer();
  const desk = await deskHere({ server });
  const outside = join(desk.path, "outside");
  await mkdir(join(outside, "sub"), { recursive: true });
  for (const name of VICTIMS) await writeFile(join(outside, name), SECRET);
  return { server, desk, outside };
}

const SECRET = "theirs";
const VICTIMS = ["f5", "victim", "sub/victim"];

async function expectUntouched(outside: string): Promise<void> {
  expect((await readdir(outside, { recursive: true })).sort()).toEqual(["f5", "sub", "sub/victim", "victim"]);
  for (const name of VICTIMS) expect(await readFile(join(outside, name), "utf8")).toBe(SECRET);
}

function filesOf(server: TreeServer, directory = ""): readonly string[] {
  return [...(server.tree.list(directory || "/") ?? [])]
    .flatMap(({ name, kind }) => {
      const path = `${directory}/${name}`;
      return kind === "directory" ? filesOf(server, path) : [path];
    })
    .sort();
}

function skipped({ events }: Ended): readonly string[] {
  return events
    .flatMap(({ event, action, path, because }) =>
      event === "action" && action === "skip" ? [`${String(path)}: ${String(because)}`] : [],
    )
    .sort();
}

function failed({ events }: Ended): readonly string[] {
  return events.flatMap(({ event, outcome, because }) =>
    event === "fault" || (event === "transfer" && outcome === "failed") ? [String(because)] : [],
  );
}

const NAMES = Array.from({ length: 20 }, (_, index) => `f${index}`);

/** Files of the server in `/d` and `/e`; at the first RETR of `/d/f10`, somebody is at the target. */
function serve(server: TreeServer, attack: () => Promise<void>): void {
  for (const directory of ["/d", "/e"]) {
    server.tree.makeDirectory(directory, 0);
    for (const name of NAMES) server.tree.write(`${directory}/${name}`, Buffer.from("ours"), 0);
  }
  server.fault({ kind: "late", verbs: ["RETR"], at: "/d/f10", times: 1, until: attack });
}

/** Puts a link in place of a directory. */
async function swap(directory: string, outside: string): Promise<void> {
  await rename(directory, `${directory}-away`);
  await symlink(outside, directory);
}

const LEADS_OUT = "a symbolic link that leads out of the source directory (--links follow-all follows it)";

test.each([
  ["mirror", "./tree", "server:/"],
  ["copy", "./tree/**", "server:/"],
])("%s leaves links that lead out of a local source alone, and says why", async (command, from, to) => {
  const { server, desk, outside } = await scene();
  await using _ = server;
  await using __ = desk;
  const tree = join(desk.path, "tree");
  await mkdir(join(tree, "d"), { recursive: true });
  await writeFile(join(tree, "d/f"), "ours");
  await symlink("d/f", join(tree, "inside"));
  await symlink("/etc/passwd", join(tree, "leak"));
  await symlink(join(outside, "sub"), join(tree, "d/leaks"));
  await symlink("../leak", join(tree, "d/chain"));
  const ended = await desk.fxpd(command, "--json", from, to);
  expect(ended.status, ended.err).toBe(0);
  expect(filesOf(server)).toEqual(["/d/f", "/inside"]);
  expect(skipped(ended)).toEqual(
    ["d/chain", "d/leaks", "leak"].map((path) => `./tree/${path}: ${LEADS_OUT}`),
  );
  const all = await desk.fxpd(command, "--json", "--links", "follow-all", from, to);
  expect(all.status, all.err).toBe(0);
  const linked = command === "mirror" ? ["/d/leaks/victim"] : [];
  expect(filesOf(server)).toEqual(["/d/chain", "/d/f", ...linked, "/inside", "/leak"]);
  const none = await desk.fxpd(command, "--json", "--links", "skip", from, to);
  expect(skipped(none).map((line) => line.replace(/^.*: /, ""))).toEqual(Array(4).fill("a symbolic link"));
});

test.each([
  ["mirror", "server:/", "./here"],
  ["copy", "server:/**", "./here/"],
])("%s writes nothing through a link that is in a local target", async (command, from, to) => {
  const { server, desk, outside } = await scene();
  await using _ = server;
  await using __ = desk;
  serve(server, async () => {});
  await mkdir(join(desk.path, "here"));
  await symlink(outside, join(desk.path, "here/d"));
  const ended = await desk.fxpd(command, "--json", "--retries", "0", from, to);
  await expectUntouched(outside);
  expect(ended.status).toBe(1);
  expect((await readdir(join(desk.path, "here/e"))).sort()).toEqual([...NAMES].sort());
  if (command === "copy") {
    expect(failed(ended)).toHaveLength(NAMES.length);
    for (const because of failed(ended))
      expect(because).toMatch(/here\/d: is a symbolic link instead of a directory/);
  }
});

test.each([
  ["mirror", "server:/", "./here"],
  ["copy", "server:/**", "./here/"],
])("%s notices a directory that is swapped for a link in the middle of a run", async (command, from, to) => {
  const { server, desk, outside } = await scene();
  await using _ = server;
  await using __ = desk;
  const here = join(desk.path, "here");
  serve(server, () => swap(join(here, "d"), outside));
  const ended = await desk.fxpd(command, "--json", "--retries", "0", "--parallel", "1", from, to);
  await expectUntouched(outside);
  expect(ended.status, ended.err).toBe(1);
  expect(ended.summary).toMatchObject({ outcome: "partial" });
  // What had come before stays where it is; the other directory is not concerned.
  expect((await readdir(join(here, "d-away"))).length).toBeLessThan(NAMES.length);
  expect((await readdir(join(here, "e"))).sort()).toEqual([...NAMES].sort());
  expect(failed(ended).length).toBeGreaterThan(5);
  for (const because of failed(ended))
    expect(because).toMatch(/here\/d.*: is a symbolic link instead of a directory/);
});

test("a directory that is swapped before deletions loses nothing at the other place", async () => {
  const { server, desk, outside } = await scene();
  await using _ = server;
  await using __ = desk;
  const here = join(desk.path, "here");
  serve(server, async () => {});
  expect((await desk.fxpd("mirror", "--json", "server:/", "./here")).status).toBe(0);
  server.tree.removeFile("/d/f5");
  // The source is asked for the name before it is deleted: just then the directory is another.
  let attacked = 0;
  server.fault({
    kind: "late",
    verbs: ["MLST", "SIZE", "MDTM"],
    at: "/d/f5",
    times: 1,
    until: async () => {
      attacked += 1;
      await swap(join(here, "d"), outside);
    },
  });
  const ended = await desk.fxpd("mirror", "--json", "--delete", "server:/", "./here");
  expect(attacked).toBe(1);
  await expectUntouched(outside);
  expect(ended.status, ended.err).toBe(1);
  expect(ended.summary).toMatchObject({ files: { deleted: 0 } });
});

test("a trash that is a link takes nothing out of the target", async () => {
  const { server, desk, outside } = await scene();
  await using _ = server;
  await using __ = desk;
  const here = join(desk.path, "here");
  serve(server, async () => {});
  expect((await desk.fxpd("mirror", "--json", "server:/", "./here")).status).toBe(0);
  server.tree.removeFile("/d/f5");
  await symlink(outside, join(here, ".trash"));
  const ended = await desk.fxpd("mirror", "--json", "--delete", "--trash", ".trash", "server:/", "./here");
  await expectUntouched(outside);
  expect(ended.status).toBe(1);
  expect(await readFile(join(here, "d/f5"), "utf8")).toBe("ours");
  expect(failed(ended).join()).toMatch(/\.trash: is a symbolic link instead of a directory/);
});

test("what is restored goes through no link", async () => {
  const { server, desk, outside } = await scene();
  await using _ = server;
  await using __ = desk;
  const here = join(desk.path, "here");
  serve(server, async () => {});
  expect((await desk.fxpd("mirror", "--json", "server:/", "./here")).status).toBe(0);
  for (const name of ["victim", "f5"]) await writeFile(join(here, "d", `${name}-old`), "ours");
  const mirrored = await desk.fxpd("mirror", "--json", "--delete", "--trash", ".trash", "server:/", "./here");
  expect(mirrored.summary, mirrored.err).toMatchObject({ files: { deleted: 2 } });
  await swap(join(here, "d"), outside);
  const ended = await desk.fxpd("restore", "--json", "./here", "--trash", ".trash");
  await expectUntouched(outside);
  expect(ended.status).toBe(1);
  const [folder = ""] = await readdir(join(here, ".trash"));
  expect((await readdir(join(here, ".trash", folder, "d"))).sort()).toEqual(["f5-old", "victim-old"]);
});
