import { afterAll, beforeAll, expect, test } from "vitest";
import { Fleet } from "../support/fleet.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

const [FILES, DIRECTORIES] = [60, 6];
const TREE = treeOf({ files: FILES, directories: DIRECTORIES, octets: [10, 200] });

let source: TreeServer;
let targets: readonly [TreeServer, TreeServer, TreeServer];
let fleet: Fleet;

beforeAll(async () => {
  [source, ...targets] = await Promise.all([
    treeServer({ tree: TREE }),
    treeServer(),
    treeServer(),
    treeServer(),
  ]);
  const [one, two, three] = targets;
  fleet = await Fleet.open({ source, one, two, three });
  const to = (path: string) => `"one:/${path}", "two:/${path}", "three:/${path}"`;
  const options = ["delete: true", "retries: 0", "maxDelete: 100%"];
  await fleet.job("each", `mirror: {from: "source:/", to: [${to("each")}]}`, ...options);
  await fleet.job("spread", `mirror: {from: "source:/", to: [${to("spread")}], spread: true}`, ...options);
  await fleet.start("daemon");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  for (const one of [source, ...targets]) await one[Symbol.asyncDispose]();
});

const retrieved = () => source.commands.filter((line) => line.startsWith("RETR "));
const SUCCEEDED = { state: "ended", outcome: "succeeded" };

test("a run makes all targets of its job equal to the source, which is listed once", async () => {
  const listed = source.count("MLSD");
  const [run] = await fleet.told(0, "submit", "each", "--wait");
  expect(run).toMatchObject({ ...SUCCEEDED, counters: { copied: 3 * FILES, files: 3 * FILES, failed: 0 } });
  expect(source.count("MLSD") - listed).toBe(DIRECTORIES);
  const { events } = await fleet.fxpd("logs", run?.id ?? "", "--json");
  const ends = events.filter(({ event }) => event === "target");
  expect(ends.map(({ to, outcome }) => [to, outcome]).sort()).toEqual([
    ["one:/each", "succeeded"],
    ["three:/each", "succeeded"],
    ["two:/each", "succeeded"],
  ]);
  const [again] = await fleet.told(0, "submit", "each", "--wait");
  expect(again).toMatchObject({ ...SUCCEEDED, counters: { copied: 0, kept: 3 * FILES } });
});

test("with spread, each file is read from the source once", async () => {
  const before = retrieved().length;
  const [run] = await fleet.told(0, "submit", "spread", "--wait");
  expect(run).toMatchObject({ ...SUCCEEDED, counters: { copied: 3 * FILES, failed: 0 } });
  const since = retrieved().slice(before);
  expect(since).toHaveLength(FILES);
  expect(new Set(since).size).toBe(FILES);
});

test("what failed at one target is tried again there, and nowhere else", async () => {
  const [one, two] = targets;
  one.tree.removeFile("/each/d2/f2.bin");
  two.tree.removeFile("/each/d2/f2.bin");
  const over = two.fault({ kind: "refusal", verbs: ["STOR"], reply: "553 no such name" });
  const [run] = await fleet.told(1, "submit", "each", "--wait");
  over();
  expect(run).toMatchObject({ outcome: "partial", counters: { copied: 1, failed: 1 } });
  expect(two.tree.find("/each/d2/f2.bin")).toBeUndefined();
  const before = targets.map((target) => target.count("STOR"));
  const [again] = await fleet.told(0, "retry", run?.id ?? "");
  const ended = await fleet.until(again?.id ?? "", ({ state }) => state === "ended");
  expect(ended).toMatchObject({ ...SUCCEEDED, counters: { copied: 1, failed: 0 } });
  expect(targets.map((target, index) => target.count("STOR") - (before[index] ?? 0))).toEqual([0, 1, 0]);
  expect(two.tree.find("/each/d2/f2.bin")).toBeDefined();
});

test("a target that is not there is a part of the run, and the others are made", async () => {
  const [, two, three] = targets;
  three.tree.removeFile("/each/d2/f2.bin");
  await two.leave();
  const [run] = await fleet.told(1, "submit", "each", "--wait");
  await two.comeBack();
  expect(run).toMatchObject({
    outcome: "partial",
    because: expect.stringMatching(/^two:\/each: two: cannot connect/),
  });
  expect(run?.counters).toMatchObject({ copied: 1, kept: 2 * FILES - 1, failed: 1 });
});
