import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Desk } from "../support/desk.ts";
import { until } from "../support/until.ts";
import { chance, differenceOf, growTree, timeDifferenceOf, treeOf } from "../support/trees.ts";

const SEED = 20_261_121;
/** So slow that each kill finds something in flight; bytes a second, each connection. */
const RATE = 5_000_000;
const STORMS = [
  { fxp: "only", kills: 20, files: 500 },
  { fxp: "never", kills: 6, files: 160 },
] as const;

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let desk: Desk;

beforeAll(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  desk = await Desk.open({ archive, edge });
  for (const { fxp, files } of STORMS)
    await growTree(
      join(archive.root, `in ${fxp}`),
      treeOf({ files, directories: 25, octets: [100_000, 1_000_000], hasOddNames: true }),
    );
}, 120_000);
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

/** What the source says it has sent: all of its downloads, also those that were cut off. */
async function octetsRead(): Promise<number> {
  const log = await archive.log();
  const downloads = log.matchAll(/ (?:OK|FAIL) DOWNLOAD: .*?, (\d+) bytes/g);
  return [...downloads].reduce((sum, [, octets]) => sum + Number(octets), 0);
}

async function octetsIn(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile());
  const sizes = await Promise.all(
    files.map(async (one) => (await stat(join(one.parentPath, one.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

test.each(STORMS)(
  "a mirror that is killed $kills times and run again each time sends nothing twice (fxp: $fxp)",
  async ({ fxp, kills: planned }) => {
    const before = await octetsRead();
    const args = ["mirror", "--json", "--delete", "--fxp", fxp, `archive:in ${fxp}`, `edge:out ${fxp}`];
    let kills = 0;
    for (let index = 0; index < planned; index += 1) {
      const { child, ended } = desk.begin(...args);
      const timer = setTimeout(() => child.kill("SIGKILL"), 250 + chance(SEED, index) * 500);
      const { status, err } = await ended;
      clearTimeout(timer);
      // A run that comes to its end must have come to a good one.
      expect([null, 0], err).toContain(status);
      if (status === null) kills += 1;
    }
    expect(kills, "killed before the work was done").toBe(planned);
    const { status, err, summary } = await desk.fxpd(...args);
    expect(status, err).toBe(0);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { failed: 0, deleted: 0 } });
    const [from, to] = [join(archive.root, `in ${fxp}`), join(edge.root, `out ${fxp}`)];
    // A temporary file left behind would be a difference.
    expect(await differenceOf(from, to)).toBeUndefined();
    expect(await timeDifferenceOf(from, to)).toBeUndefined();
    const size = await octetsIn(from);
    await until(async () => (await octetsRead()) - before >= size, "all is in the source's log");
    const read = (await octetsRead()) - before;
    expect(read / size).toBeLessThanOrEqual(1.2);
  },
  300_000,
);
