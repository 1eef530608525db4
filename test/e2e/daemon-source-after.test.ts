import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fleet, type Member, until } from "../support/fleet.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { chance } from "../support/trees.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const SIZE = 70_000;
const OLD_MS = Date.parse("2026-01-01T00:00:00Z");

let archive: TreeServer;
let edge: TreeServer;
let fleet: Fleet;
beforeEach(async () => {
  archive = await treeServer({
    tree: (directory) => {
      if (directory === "/") return [{ name: "out", kind: "directory" }];
      if (directory === "/out")
        return NAMES.map((name) => ({ name, kind: "file", sizeBytes: SIZE }) as const);
      return undefined;
    },
  });
  edge = await treeServer();
  fleet = await Fleet.open({ archive, edge });
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await Promise.all([archive[Symbol.asyncDispose](), edge[Symbol.asyncDispose]()]);
});

const namesIn = ({ tree }: TreeServer, directory: string) =>
  (tree.list(directory) ?? []).map(({ name }) => name).toSorted();
const wholeIn = ({ tree }: TreeServer, directory: string) =>
  (tree.list(directory) ?? [])
    .flatMap(({ name, sizeBytes }) => (sizeBytes === SIZE ? [name] : []))
    .toSorted();

/** Targets of the files for which the program was started, in the order of its starts. */
async function told(): Promise<readonly string[]> {
  const text = await readFile(join(fleet.desk.path, "told"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean);
}

test("promise 8, a daemon killed while a source is deleted, and programs of its files run, loses no file and repeats no program", async () => {
  // The program goes on until it may end, so that the kill finds it running.
  const script = 'echo "$FXPD_FILE_TARGET" >> ../told; until test -e ../go; do sleep 0.05; done';
  await fleet.job(
    "outbox",
    "copy: {from: 'archive:/out/*', to: edge:/in/}",
    "sourceAfter: delete",
    "parallel: 1",
    `hooks: {afterFile: [/bin/sh, -c, '${script}']}`,
  );
  const first = await fleet.start("daemon");
  const asked = () => archive.commands.flatMap((line) => /^DELE .*\/([a-e])$/.exec(line)?.[1] ?? []);
  let before: readonly string[] = [];
  const killed = new Promise<void>((resolve, reject) => {
    let times = 0;
    const kill = async () => {
      before = asked().slice(0, 2);
      await until(async () => (await told()).length >= before.length, "their programs are running");
      await first.end("SIGKILL");
    };
    // The server deletes the third file all the same, and nobody is told.
    const third = async () => ((times += 1) === 3 ? kill().then(resolve, reject) : undefined);
    archive.fault({ kind: "late", verbs: ["DELE"], times: 3, until: third });
  });
  const id = await fleet.submit("outbox");
  await killed;
  const somewhere = new Set([...namesIn(archive, "/out"), ...wholeIn(edge, "/in")]);
  expect([...somewhere].toSorted()).toEqual(NAMES);
  await writeFile(join(fleet.desk.path, "go"), "");
  await fleet.start("daemon");
  const run = await fleet.until(id, ({ state }) => state === "ended");
  expect(run).toMatchObject({ outcome: "succeeded", counters: { copied: NAMES.length, kept: 0, failed: 0 } });
  expect([namesIn(archive, "/out"), wholeIn(edge, "/in")]).toEqual([[], NAMES]);
  expect(namesIn(edge, "/in")).toEqual(NAMES);
  // Each at most once: those that the kill interrupted are not started again.
  const started = (await told()).map((target) => target.replace("edge:/in/", ""));
  expect(new Set(started).size).toBe(started.length);
  expect(started).toEqual(expect.arrayContaining([...before]));
});

const SEED = 20_261_129;
const BOX = Array.from({ length: 200 }, (_, index) => `f${String(index).padStart(3, "0")}`);
/** Each file can be told from all others by its size. */
const sizeOf = (name: string) => 1_000 + BOX.indexOf(name);
/** `FXPD_LONG=1` kills as often as is promised; each time costs what it takes until the dead worker's locks have expired. */
const KILLS = process.env["FXPD_LONG"] === "1" ? 20 : 1;

test(
  "promise 8, workers that are killed at random steps of moves lose no file, delete no source without a complete copy, and count each file once",
  async () => {
    archive.tree.makeDirectory("/box", OLD_MS);
    for (const name of BOX) archive.tree.write(`/box/${name}`, Buffer.alloc(sizeOf(name), name), OLD_MS);
    await fleet.job("outbox", "copy: {from: 'archive:/box/*', to: edge:/in/}", "sourceAfter: delete");
    // Of the steps that change something, and of the questions before them.
    let [steps, killAt] = [0, Number.POSITIVE_INFINITY];
    let worker: Member | undefined;
    const step = async () => {
      steps += 1;
      if (steps >= killAt) worker?.child.kill("SIGKILL");
    };
    archive.fault({ kind: "late", verbs: ["RETR", "SIZE", "MDTM", "DELE"], until: step });
    edge.fault({ kind: "late", verbs: ["STOR", "SIZE", "RNFR", "RNTO", "MFMT"], until: step });
    await fleet.start("scheduler");
    let [id, runs] = [await fleet.submit("outbox"), 1];
    const hasEnded = async () => (await fleet.show(id)).state === "ended";
    for (let kill = 0; kill < KILLS; kill += 1) {
      killAt = steps + 1 + Math.floor(chance(SEED, kill) * (1_200 / KILLS));
      worker = await fleet.start("worker");
      const isKilled = () => worker?.hasEnded === true;
      const isOver = async () => isKilled() || (await hasEnded());
      do {
        await until(isOver, `the worker has been killed, kill ${kill}`, 60_000);
        // A run that costs one worker after the other ends as failed; the next one takes the rest.
        if (!isKilled()) [id, runs] = [await fleet.submit("outbox"), runs + 1];
      } while (!isKilled());
      killAt = Number.POSITIVE_INFINITY;
      expect(lost(), `after kill ${kill}`).toEqual([]);
    }
    await fleet.start("worker");
    let run = await fleet.until(id, ({ state }) => state === "ended", 120_000);
    // Files that were in flight when one worker died after the other are given up by name, for this run.
    if (KILLS > 1 && run.outcome === "partial") {
      [id, runs] = [await fleet.submit("outbox"), runs + 1];
      run = await fleet.until(id, ({ state }) => state === "ended", 120_000);
    }
    expect(run).toMatchObject({ outcome: "succeeded", counters: { kept: 0, failed: 0 } });
    if (runs === 1) expect(run.counters.copied).toBe(BOX.length);
    expect(namesIn(archive, "/box")).toEqual([]);
    expect(namesIn(edge, "/in")).toEqual(BOX);
    expect(lost()).toEqual([]);
  },
  KILLS * 60_000 + 60_000,
);

/** Names without a complete file at either side, and names of which the target has something else. */
function lost(): readonly string[] {
  const sizesIn = ({ tree }: TreeServer, directory: string) =>
    new Map((tree.list(directory) ?? []).map(({ name, sizeBytes }) => [name, sizeBytes]));
  const [there, here] = [sizesIn(archive, "/box"), sizesIn(edge, "/in")];
  return BOX.filter((name) => {
    const isComplete = here.get(name) === sizeOf(name);
    return (here.has(name) && !isComplete) || (!isComplete && there.get(name) !== sizeOf(name));
  });
}
