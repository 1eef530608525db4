import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Fleet, until } from "../support/fleet.ts";
import { transfersBetween } from "../support/transfers-between.ts";
import { octetsIn } from "../support/transferred.ts";

const MEGABYTE = 1_000_000;
const FILES = 80;

let started: ArchiveAndEdge;
let edge: RunningServer;
let fleet: Fleet;

beforeAll(async () => {
  started = await archiveAndEdge(MEGABYTE);
  const { archive } = started;
  edge = started.edge;
  fleet = await Fleet.open({ archive, edge }, ["worker: {concurrency: 2}"]);
  await mkdir(join(archive.root, "large"));
  for (let file = 0; file < FILES; file += 1)
    await writeFile(join(archive.root, `large/f${file}`), Buffer.alloc(MEGABYTE / 2, `${file}; `));
  await mkdir(join(archive.root, "small"));
  await writeFile(join(archive.root, "small/f"), "small");
  for (const name of ["large", "small"])
    await fleet.job(name, `mirror: {from: archive:${name}, to: edge:${name}}`);
  await fleet.start("worker");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

test("a small run does not wait for a large one that has all hands full", async () => {
  const large = await fleet.submit("large");
  await until(async () => (await octetsIn(join(edge.root, "large"))) > 2 * MEGABYTE, "all hands full");
  const small = await fleet.submit("small");
  const ended = await fleet.until(small, ({ state }) => state === "ended");
  expect(ended).toMatchObject({ outcome: "succeeded", counters: { copied: 1 } });
  // Of 80 files that take half a second each, two at a time.
  expect(await transfersBetween(fleet, large, 0, ended.endedMs ?? Infinity)).toBeLessThan(FILES / 2);
  expect(await fleet.until(large, (run) => run.state === "ended")).toMatchObject({ outcome: "succeeded" });
});
