import { chmod, chown, lchown, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const NOBODY = 65_534;
/** Only root can give a file away. */
const isRoot = process.geteuid?.() === 0;

let server: TreeServer;
let desk: Desk;

beforeEach(async () => {
  server = await treeServer();
  server.tree.write("/a", Buffer.from("a"), 0);
  desk = await deskHere({ source: server });
  await mkdir(join(desk.path, "jobs"));
  await writeFile(join(desk.path, "jobs/nightly.yaml"), "copy: {from: source:/a, to: ./out/}\n");
  await writeFile(join(desk.path, "config/daemon.yaml"), "{}\n");
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const PATHS = ["config", "config/hosts", "config/hosts/source.yaml", "jobs", "jobs/nightly.yaml"];

async function expectRefused(remedy: RegExp): Promise<void> {
  for (const line of [["check"], ["run", "nightly"]]) {
    const { status, err } = await desk.fxpd(...line);
    expect(err).toMatch(remedy);
    expect(status).toBe(2);
  }
  expect(server.commands).toEqual([]);
}

describe("what somebody else may have written is not carried out", () => {
  test.each(PATHS)("%s, which everybody can write", async (path) => {
    await chmod(join(desk.path, path), 0o777);
    await expectRefused(new RegExp(`${path} is writable by everyone, .*; chmod o-w \\S*${path}`));
  });

  test.skipIf(!isRoot).each(PATHS)("%s, which is another user's", async (path) => {
    await chown(join(desk.path, path), NOBODY, NOBODY);
    await expectRefused(new RegExp(`${path} belongs to user ${NOBODY}, .*; chown \\S+ \\S*${path}`));
  });

  test.skipIf(!isRoot)("a link of another user's to a configuration", async () => {
    await rename(join(desk.path, "config"), join(desk.path, "elsewhere"));
    await symlink("elsewhere", join(desk.path, "config"));
    await lchown(join(desk.path, "config"), NOBODY, NOBODY);
    await expectRefused(/the symbolic link config belongs to user 65534, .*; chown -h \S+ config/);
  });

  test("a secret that lies where everybody can write", async () => {
    const directory = join(desk.path, "secrets");
    await mkdir(directory);
    await writeFile(join(directory, "password"), server.password, { mode: 0o600 });
    const host = { address: server.address, port: server.port, user: server.user, tls: "off" };
    const text = JSON.stringify({ ...host, passwordFrom: { file: join(directory, "password") } });
    await writeFile(join(desk.path, "config/hosts/source.yaml"), text);
    expect((await desk.fxpd("run", "nightly")).status).toBe(0);
    await chmod(directory, 0o777);
    const { status, err } = await desk.fxpd("run", "nightly");
    expect(err).toMatch(/secrets is writable by everyone, .*; chmod o-w/);
    expect(status).toBe(2);
  });

  test.each([
    ["everybody can write", 0o777, undefined, /state is writable by everyone/],
    ["everybody can make files in", 0o1777, undefined, /state is writable by everyone/],
    ["is another user's", 0o700, NOBODY, /state belongs to user 65534/],
  ])("a state directory that %s", async (_, mode, owner, sentence) => {
    if (owner !== undefined && !isRoot) return;
    const state = join(desk.path, "state");
    await mkdir(state);
    await chmod(state, mode);
    if (owner !== undefined) await chown(state, owner, owner);
    const { status, err } = await desk.fxpd("run", "nightly");
    expect(err).toMatch(sentence);
    expect(status).toBe(2);
  });

  test.skipIf(!isRoot)("a state directory that another user has linked", async () => {
    await mkdir(join(desk.path, "theirs"));
    await symlink("theirs", join(desk.path, "state"));
    await lchown(join(desk.path, "state"), NOBODY, NOBODY);
    const { status, err } = await desk.fxpd("run", "nightly");
    expect(err).toMatch(/the symbolic link \S*state belongs to user 65534/);
    expect(status).toBe(2);
  });
});

test("files of root, and those that everybody can read, are as good as one's own", async () => {
  for (const path of PATHS) await chmod(join(desk.path, path), path.includes(".yaml") ? 0o644 : 0o755);
  const { status, out } = await desk.fxpd("check");
  expect(status).toBe(0);
  expect(out).toContain(`configuration: ${join(desk.path, "config")} (the first of ./config, `);
  expect(out).toContain(`jobs: ${join(desk.path, "jobs")}`);
});

test.skipIf(!isRoot)("a group may write where root is its only member, and not where nobody is", async () => {
  const file = join(desk.path, "config/hosts/source.yaml");
  await chmod(file, 0o664);
  expect(await desk.fxpd("check")).toMatchObject({ status: 0, err: "" });
  await chown(file, 0, 54_321);
  const { status, err } = await desk.fxpd("check");
  expect(err).toMatch(/source.yaml is writable by group 54321, .*; chmod g-w/);
  expect(status).toBe(2);
});
