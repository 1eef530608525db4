import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const MODIFIED_MS = Date.UTC(2020, 0, 1);

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

beforeEach(async () => {
  [source, target] = await Promise.all([treeServer(), treeServer()]);
  desk = await deskHere({ source, target });
  for (const path of ["/a", "/d/b", "/d/e/c"]) put(source, path, `first ${path}`);
});
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

function put({ tree }: TreeServer, path: string, text: string, modifiedMs = MODIFIED_MS): void {
  const names = path.split("/").slice(1, -1);
  for (let depth = 1; depth <= names.length; depth += 1)
    tree.makeDirectory(`/${names.slice(0, depth).join("/")}`, MODIFIED_MS);
  expect(tree.write(path, Buffer.from(text), modifiedMs)).toBe(true);
}

const text = ({ tree }: TreeServer, path: string) => tree.read(path)?.toString();
const mirror = (...more: readonly string[]) =>
  desk.fxpd(
    "mirror",
    "--json",
    "--delete",
    "--max-delete",
    "100%",
    "--trash",
    ".trash",
    ...more,
    "source:/",
    "target:/",
  );
const restore = (...more: readonly string[]) =>
  desk.fxpd("restore", "--json", "target:/", "--trash", ".trash", ...more);
const folders = () => (target.tree.list("/.trash") ?? []).map(({ name }) => name);

/** A mirror that overwrites one file, deletes another, and a directory with one. */
async function change(): Promise<string> {
  expect((await mirror()).status).toBe(0);
  put(source, "/a", "second /a", MODIFIED_MS + 60_000);
  source.tree.removeFile("/d/b");
  source.tree.removeFile("/d/e/c");
  source.tree.removeDirectory("/d/e");
  put(source, "/d/kept", "kept");
  expect((await mirror()).summary).toMatchObject({ files: { copied: 2, deleted: 2, failed: 0 } });
  const [folder = ""] = folders();
  return folder;
}

describe("a restore", () => {
  test("moves back all that a run put aside, and puts aside what is there; another one undoes it", async () => {
    await change();
    const { status, summary, err } = await restore();
    expect(err).toBe("");
    expect(summary).toMatchObject({ outcome: "succeeded", files: { restored: 3, failed: 0 } });
    expect(status).toBe(0);
    for (const path of ["/a", "/d/b", "/d/e/c"]) expect(text(target, path)).toBe(`first ${path}`);
    const [fresh, ...others] = folders();
    expect(others).toEqual([]);
    expect(text(target, `/.trash/${fresh}/a`)).toBe("second /a");
    expect((await restore()).summary).toMatchObject({ files: { restored: 1 } });
    expect(text(target, "/a")).toBe("second /a");
    expect(text(target, "/d/b")).toBe("first /d/b");
  });

  test("of some paths leaves the others where they are", async () => {
    const folder = await change();
    const { summary } = await restore("--run", folder, "a", "d/e/");
    expect(summary).toMatchObject({ files: { restored: 2 } });
    expect(text(target, "/d/e/c")).toBe("first /d/e/c");
    expect(text(target, "/d/b")).toBeUndefined();
    expect(text(target, `/.trash/${folder}/d/b`)).toBe("first /d/b");
    expect(target.tree.find(`/.trash/${folder}/d/e`)).toBeUndefined();
  });

  test("that is a dry run says what it would do, and does nothing", async () => {
    const folder = await change();
    const before = target.commands.length;
    const { events, summary, status } = await restore("--dry-run");
    const said = events.flatMap(({ action, path }) => (action ? [`${action} ${path}`] : []));
    expect(said.sort()).toEqual([
      "restore target:/a",
      "restore target:/d/b",
      "restore target:/d/e/c",
      "trash target:/a",
    ]);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { restored: 0 } });
    expect(status).toBe(0);
    const verbs = target.commands.slice(before).map((line) => line.split(" ", 1)[0]);
    for (const verb of ["RNFR", "RNTO", "MKD", "RMD", "DELE", "STOR"]) expect(verbs).not.toContain(verb);
    expect(folders()).toEqual([folder]);
  });

  test("says which file has no way back, and restores the others", async () => {
    await change();
    put(target, "/d/b/now a directory", "x");
    const { status, summary, err, events } = await restore("a", "d", "no/such/file");
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "fault",
        path: "target:/d/b",
        because: "a directory with this name exists there",
      }),
    );
    expect(JSON.stringify(events)).toMatch(/not found in \/\.trash\//);
    expect(summary).toMatchObject({ outcome: "partial", files: { restored: 2, failed: 2 } });
    expect(status).toBe(1);
    expect(err).toMatch(/^fxpd: target:\/no\/such\/file: not found in \/\.trash\//m);
    expect(err).toMatch(/^fxpd: target:\/d\/b: a directory with this name exists there$/m);
    expect(text(target, "/d/e/c")).toBe("first /d/e/c");
  });

  test("that fails halfway leaves what was there where it stood", async () => {
    const folder = await change();
    target.fault({
      kind: "refusal",
      verbs: ["RNFR"],
      at: `/.trash/${folder}/a`,
      reply: "550 Permission denied",
    });
    const { status } = await restore("a");
    expect(status).toBe(1);
    expect(text(target, "/a")).toBe("second /a");
    expect(text(target, `/.trash/${folder}/a`)).toBe("first /a");
  });

  test("needs a run that has a folder", async () => {
    expect(await restore()).toMatchObject({
      status: 1,
      err: "fxpd: target:/.trash: no trash here: no mirror run has moved files to this directory\n",
    });
    const folder = await change();
    expect((await restore("--run", "2001-01-01T00-00-00")).err).toBe(
      `fxpd: target:/.trash: no folder 2001-01-01T00-00-00; the newest is ${folder}, --list shows all\n`,
    );
    expect((await restore("../up")).status).toBe(2);
    expect((await desk.fxpd("restore", "target:/")).status).toBe(2);
  });
});

test("the folders of runs are listed; with paths, those that have one of them", async () => {
  const folder = await change();
  put(target, "/.trash/2001-01-01T00-00-00/x", "x");
  put(target, "/.trash/not of a run/x", "x");
  const listed = async (...paths: readonly string[]) =>
    (await desk.fxpd("restore", "target:/", "--trash", ".trash", "--list", ...paths)).out;
  expect(await listed()).toBe(`2001-01-01T00-00-00\n${folder}\n`);
  expect(await listed("d/e", "a")).toBe(`${folder}\n`);
  expect((await restore("--list")).events.map(({ event }) => event)).toEqual(["folder", "folder", "summary"]);
});

test("a directory of this machine has its files back, links among them", async () => {
  const root = join(desk.path, "here");
  const trashed = join(root, ".trash/2026-01-31T02-15-00/d");
  await mkdir(trashed, { recursive: true });
  await writeFile(join(trashed, "a"), "back");
  await symlink("nowhere", join(trashed, "link"));
  const { status } = await desk.fxpd("restore", "./here", "--trash", ".trash");
  expect(status).toBe(0);
  expect(await readFile(join(root, "d/a"), "utf8")).toBe("back");
  expect(await readlink(join(root, "d/link"))).toBe("nowhere");
  expect(await readdir(join(root, ".trash"))).toEqual([]);
});
