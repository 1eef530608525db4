import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { Fleet, until } from "../support/fleet.ts";
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

let started: Awaited<ReturnType<typeof startServers>>;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;

beforeEach(async () => {
  started = await startServers([
    { family: "vsftpd", settings: [`anon_max_rate=${RATE}`] },
    { family: "proftpd" },
  ]);
  const [one, two] = started.servers;
  if (one === undefined || two === undefined) throw new Error("no servers");
  [archive, edge] = [one, two];
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

test(
  "a daemon that is stopped for seconds while it mirrors goes on, and begins the run again once at most for each time",
  async () => {
    const { child } = await fleet.start("daemon");
    const id = await fleet.submit("mirror");
    const out = join(edge.root, "out");
    for (let stall = 0; stall < STALLS; stall += 1) {
      const before = await octetsIn(out).catch(() => 0);
      await until(
        async () => (await octetsIn(out).catch(() => 0)) > before + 10 * SIZE,
        "files arrive",
        60_000,
      );
      child.kill("SIGSTOP");
      await sleep(STALL_MS);
      child.kill("SIGCONT");
    }
    const run = await fleet.until(id, ({ state }) => state === "ended", isLong ? 200_000 : 60_000);
    expect(run).toMatchObject({ outcome: "succeeded" });
    expect(run.generation).toBeLessThanOrEqual(STALLS + 2);
    expect(await differenceOf(join(archive.root, "in"), out)).toBeUndefined();
    expect(await partialsIn(out)).toEqual([]);
  },
  isLong ? 300_000 : 120_000,
);
