import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fleet, until } from "../support/fleet.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const SIZE = 70_000;

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
