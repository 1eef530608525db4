import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";

// Directories that a move has emptied, on servers and on this machine.

let started: Awaited<ReturnType<typeof startServers>>;
let servers: readonly RunningServer[];
let desk: Desk;

beforeAll(async () => {
  started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }, { family: "pure-ftpd" }]);
  servers = started.servers;
  const [vsftpd, proftpd, pureftpd] = servers as [RunningServer, RunningServer, RunningServer];
  desk = await deskHere({ vsftpd, proftpd, pureftpd });
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

async function tree(root: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    for (let at = dirname(join(root, file)); at.startsWith(root); at = dirname(at)) {
      await mkdir(at, { recursive: true });
      await chmod(at, 0o777);
    }
    if (!file.endsWith("/.")) await writeFile(join(root, file), file);
  }
}

async function left(root: string): Promise<readonly string[]> {
  return (await readdir(root, { recursive: true })).toSorted();
}

test.each([0, 1, 2])(
  "on server %i directories go that files have left, and those stay in which something is",
  async (index) => {
    const { root } = servers[index] as RunningServer;
    const name = ["vsftpd", "proftpd", "pureftpd"][index] as string;
    const top = join(root, "emptied");
    await tree(top, [
      "a/b/c/1.csv",
      "a/with space/2.csv",
      "ü/3.csv",
      "mixed/4.csv",
      "mixed/keep.txt",
      "a/hidden/5.csv",
    ]);
    await writeFile(join(top, "a/hidden/.note"), "hidden");
    const move = ["move", "--delete-empty-source-dirs", `${name}:emptied/**/*.csv`, `./in-${name}/`];
    expect(await desk.fxpd(...move)).toMatchObject({ status: 0, err: "" });
    expect(await left(top)).toEqual(["a", "a/hidden", "a/hidden/.note", "mixed", "mixed/keep.txt"]);
  },
);

test("a whole directory keeps its own name, and loses empty directories too", async () => {
  const { root } = servers[1] as RunningServer;
  await tree(join(root, "whole"), ["x/1", "x/empty/.", "none/."]);
  const move = ["move", "--delete-empty-source-dirs", "proftpd:whole", "./whole-in/"];
  expect(await desk.fxpd(...move)).toMatchObject({ status: 0, err: "" });
  expect(await left(join(root, "whole"))).toEqual([]);
  expect(await left(join(root))).toContain("whole");
});

test("without delete or move, it is refused with what to do", async () => {
  const { status, err } = await desk.fxpd("copy", "--delete-empty-source-dirs", "proftpd:whole", "./x/");
  expect([status, err]).toEqual([
    2,
    "fxpd: --delete-empty-source-dirs: needs --source-after delete or move: other files stay where they are\n",
  ]);
});
