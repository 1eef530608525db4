import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Fleet, type Member, until } from "../support/fleet.ts";
import { octetsIn, partialsIn } from "../support/transferred.ts";
import { differenceOf } from "../support/trees.ts";

/** What the long form does is what a busy machine does to a large mirror; the short form is the same, once. */
const isLong = process.env["FXPD_LONG"] === "1";
const [DIRECTORIES, FILES, STALLS] = isLong ? [30, 100, 3] : [6, 25, 1];
/** Longer than a queue item stays a worker's without a sign of it. */
const STALL_MS = 7_000;
const SIZE = isLong ? 4_000 : 40_000;
/** Bytes a second, each connection. */
const RATE = 400_000;

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;

beforeEach(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  for (let directory = 0; directory < DIRECTORIES; directory += 1) {
    const path = join(archive.root, `in/d${directory}`);
    await mkdir(path, { recursive: true });
    for (let file = 0; file < FILES; file += 1)
      await writeFile(join(path, `f${file}`), Buffer.alloc(SIZE, `${directory} ${file}; `));
  }
  fleet = await Fleet.open({ archive, edge });
  await fleet.job("mirror", "mirror: {from: archive:in, to: edge:out}");
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

/** Stops a daemon for a while as soon as more has arrived. */
async function stall({ child }: Member): Promise<void> {
  const out = join(edge.root, "out");
  const before = await octetsIn(out).catch(() => 0);
  await until(
    async () => (await octetsIn(out).catch(() => 0)) > before + 10 * SIZE,
    () => `files arrive:\n${fleet.log.slice(-2_000)}`,
    60_000,
  );
  child.kill("SIGSTOP");
  await sleep(STALL_MS);
  child.kill("SIGCONT");
}

async function expectGoodEnd(id: string, mostBeginnings: number): Promise<void> {
  const run = await fleet.until(id, ({ state }) => state === "ended", isLong ? 400_000 : 60_000);
  expect(run).toMatchObject({ outcome: "succeeded" });
  expect(run.generation).toBeLessThanOrEqual(mostBeginnings);
  const out = join(edge.root, "out");
  expect(await differenceOf(join(archive.root, "in"), out)).toBeUndefined();
  expect(await partialsIn(out)).toEqual([]);
}

test(
  "a daemon that is stopped for seconds while it mirrors goes on, and begins the run again once at most for each time",
  async () => {
    const daemon = await fleet.start("daemon");
    const id = await fleet.submit("mirror");
    for (let stalls = 0; stalls < STALLS; stalls += 1) await stall(daemon);
    await expectGoodEnd(id, STALLS + 2);
  },
  isLong ? 500_000 : 120_000,
);

test.runIf(isLong)(
  "four daemons that are each stopped for seconds three times end a mirror well, with five beginnings at most",
  async () => {
    const first = await fleet.start("daemon");
    const daemons = [first, ...(await Promise.all([1, 2, 3].map(() => fleet.start("daemon"))))];
    const id = await fleet.submit("mirror");
    await Promise.all(
      daemons.map(async (daemon, index) => {
        // Not all at the same moment.
        await sleep(index * 1_500);
        for (let stalls = 0; stalls < STALLS; stalls += 1) await stall(daemon);
      }),
    );
    // It was under way all the time, so that each of them counts.
    expect(await fleet.show(id)).toMatchObject({ state: "running" });
    await expectGoodEnd(id, STALLS + 2);
  },
  600_000,
);
