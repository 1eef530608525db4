import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { Desk } from "../support/desk.ts";
import { chance } from "../support/trees.ts";

const SEED = 20_261_128;
/** Two moves go on side by side, since most of the time passes while the program starts. */
const BOXES = ["1", "2"];
const FILES = 100;
const KILLS = 10;
const NAMES = Array.from({ length: FILES }, (_, index) => `f${String(index).padStart(3, "0")}`);
/** Short ones and some that take a while; each can be told from all others. */
const contentOf = (name: string) => `${name} `.repeat(name.endsWith("7") ? 40_000 : 50);

let started: Awaited<ReturnType<typeof startServers>>;
let outbox: RunningServer;
let inbox: RunningServer;
let desk: Desk;

beforeAll(async () => {
  started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  [outbox, inbox] = started.servers as [RunningServer, RunningServer];
  desk = await Desk.open({ outbox, inbox });
  for (const box of BOXES) {
    const directory = join(outbox.root, `out${box}`);
    await mkdir(directory);
    await chmod(directory, 0o777);
    for (const name of NAMES) await writeFile(join(directory, name), contentOf(name));
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

async function textsIn(directory: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(directory).catch(() => []);
  const texts = names.map(async (name) => [name, await readFile(join(directory, name), "utf8")] as const);
  return new Map(await Promise.all(texts));
}

/** Names that are at neither side, and names of which the target has something else than the whole file. */
async function damaged(box: string): Promise<readonly string[]> {
  const there = await textsIn(join(outbox.root, `out${box}`));
  const here = await textsIn(join(inbox.root, `in${box}`));
  return NAMES.filter((name) => {
    const isWhole = here.get(name) === contentOf(name);
    return (here.has(name) && !isWhole) || (!isWhole && there.get(name) !== contentOf(name));
  });
}

async function moveAndKill(box: string): Promise<void> {
  const move = ["move", "--json", "--parallel", "6", `outbox:out${box}/*`, `inbox:in${box}/`] as const;
  for (let kill = 0; kill < KILLS; kill += 1) {
    // After so many lines, of whatever they tell, something is on its way.
    const lines = 3 + Math.floor(chance(SEED + Number(box), kill) * 25);
    const { child, ended } = desk.begin(...move);
    let seen = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString().split("\n").length - 1;
      if (seen >= lines) child.kill("SIGKILL");
    });
    await ended;
    expect(await damaged(box), `after kill ${kill}`).toEqual([]);
  }
  const last = await desk.fxpd(...move);
  expect([last.status, last.err]).toEqual([0, ""]);
  expect(await readdir(join(outbox.root, `out${box}`))).toEqual([]);
  expect((await readdir(join(inbox.root, `in${box}`))).sort()).toEqual(NAMES);
  expect(await damaged(box)).toEqual([]);
}

test("promise 8, moves that are killed 20 times have every file at one side at least, and complete", async () => {
  await Promise.all(BOXES.map(moveAndKill));
}, 180_000);
