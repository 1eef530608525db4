import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Fleet, type Member, until } from "../support/fleet.ts";
import { octetsIn, octetsRead, partialsIn } from "../support/transferred.ts";
import { differenceOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
const FILES = 24;
const SIZE = MEGABYTE;
/** Bytes a second, each connection: a file takes half a second. */
const RATE = 2 * MEGABYTE;
const ALL = FILES * SIZE;
/** Whatever died meanwhile, the run has copied each file, once. */
const COPIED = { outcome: "succeeded", counters: { copied: FILES, kept: 0, failed: 0, files: FILES } };
const GRACE = "shutdown: {grace: 20s}";

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;

beforeEach(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  await mkdir(join(archive.root, "in/below"), { recursive: true });
  for (let index = 0; index < FILES; index += 1) {
    const name = index % 2 === 0 ? `f${index}` : `below/f${index}`;
    await writeFile(join(archive.root, "in", name), Buffer.alloc(SIZE, `file ${index}; `));
  }
  fleet = await Fleet.open({ archive, edge }, [GRACE]);
  await fleet.job("mirror", "mirror: {from: archive:in, to: edge:out}");
  await fleet.job("copy", "copy: {from: 'archive:in/**', to: edge:out/}");
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

const to = () => join(edge.root, "out");
const isUnderWay = (files: number) =>
  until(async () => (await octetsIn(to())) > files * SIZE, `${files} files under way`, 60_000);

async function expectWhole(): Promise<void> {
  expect(await differenceOf(join(archive.root, "in"), to())).toBeUndefined();
  expect(await partialsIn(to())).toEqual([]);
}

test.each(["mirror", "copy"])(
  "a daemon that is told to end lets files in flight end, and begins none (%s)",
  async (job) => {
    const first = await fleet.start("daemon");
    const id = await fleet.submit(job);
    await isUnderWay(4);
    expect(await first.end("SIGTERM")).toBe(0);
    expect(await partialsIn(to())).toEqual([]);
    expect(await octetsIn(to())).toBeLessThan(ALL);
    await fleet.start("daemon");
    expect(await fleet.until(id, ({ state }) => state === "ended")).toMatchObject(COPIED);
    await expectWhole();
    // Nothing was cut off, so nothing is sent a second time. A server logs a file after it has said that it was sent.
    await until(async () => (await octetsRead(archive)) >= ALL, "all is in the source's log");
    expect(await octetsRead(archive)).toBe(ALL);
  },
);

test.each(["mirror", "copy"])(
  "the work of workers that are killed goes on with another, also when their scheduler is killed with them (%s)",
  async (job) => {
    const parts = ["worker", "worker", "scheduler"] as const;
    const victims = await Promise.all(parts.map((part) => fleet.start(part)));
    const id = await fleet.submit(job);
    await isUnderWay(4);
    await fleet.start("worker");
    await Promise.all(victims.map((victim: Member) => victim.end("SIGKILL")));
    expect(await fleet.until(id, ({ state }) => state === "ended")).toMatchObject(COPIED);
    await expectWhole();
    expect(await octetsRead(archive)).toBeLessThan(1.3 * ALL);
  },
);
