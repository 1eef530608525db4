import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Fleet, until } from "../support/fleet.ts";
import { octetsIn, partialsIn } from "../support/transferred.ts";
import { differenceOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
/** Every other one is a mirror, the others are copies. */
const JOBS = 4;
const FILES = 12;
const SIZE = 2 * MEGABYTE;
/** Longer than what a worker has in hand stays its own. */
const SILENT_MS = process.env["FXPD_LONG"] === "1" ? 20_000 : 8_000;
/** Bytes a second, each connection. */
const RATE = MEGABYTE;

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;

beforeEach(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  fleet = await Fleet.open({ archive, edge });
  for (let job = 0; job < JOBS; job += 1) {
    await mkdir(join(archive.root, `in${job}`));
    for (let file = 0; file < FILES; file += 1) {
      const octets = Buffer.alloc(SIZE, `${job} ${file}; `);
      await writeFile(join(archive.root, `in${job}/f${file}`), octets);
    }
    const [from, to] = [`archive:in${job}`, `edge:out${job}/`];
    await fleet.job(
      `j${job}`,
      job % 2 === 0 ? `mirror: {from: ${from}, to: ${to}}` : `copy: {from: '${from}/*', to: ${to}}`,
    );
  }
  await fleet.start("worker");
  await fleet.start("worker");
  await fleet.submitAll();
  await until(async () => (await octetsIn(edge.root)) > 6 * MEGABYTE, "all under way");
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

/** Files of which all bytes were sent more than once. The last block is read again, where that proves a partial file. */
function sentTwice(log: string): readonly string[] {
  const downloads = log.matchAll(/ OK DOWNLOAD: Client "[^"]*", "([^"]*)", (\d+) bytes/g);
  const sent = [...downloads].flatMap(([, path = "", bytes]) => (Number(bytes) === SIZE ? [path] : []));
  return sent.filter((path, index) => sent.indexOf(path) !== index);
}

async function expectAllWell(): Promise<void> {
  const runs = await fleet.untilAllEnded(JOBS, 110_000);
  expect(runs.map(({ outcome, because }) => because ?? outcome)).toEqual(Array(JOBS).fill("succeeded"));
  // Each file was copied by its run, once, however often the run was begun anew.
  for (const { counters } of runs) {
    expect(counters).toMatchObject({ copied: FILES, kept: 0, failed: 0, files: FILES });
    expect(counters.thirdParty + counters.relayed + counters.resumed).toBe(FILES * SIZE);
  }
  for (let job = 0; job < JOBS; job += 1) {
    const [from, to] = [join(archive.root, `in${job}`), join(edge.root, `out${job}`)];
    expect(await differenceOf(from, to)).toBeUndefined();
    expect(await partialsIn(to)).toEqual([]);
  }
  expect(sentTwice(await archive.log())).toEqual([]);
}

test("Redis that says nothing for a while costs running mirrors and copies time, and nothing else", async () => {
  const pid = await fleet.redisPid();
  process.kill(pid, "SIGSTOP");
  await sleep(SILENT_MS);
  process.kill(pid, "SIGCONT");
  await expectAllWell();
});

test("Redis that is killed is started again, and running mirrors and copies go on", async () => {
  process.kill(await fleet.redisPid(), "SIGKILL");
  await expectAllWell();
});
