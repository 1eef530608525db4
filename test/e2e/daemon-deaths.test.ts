import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Fleet, until } from "../support/fleet.ts";
import { octetsIn } from "../support/transferred.ts";

const SMALL = 8;
/** Bytes a second, each connection; the large file takes longer than the test. */
const RATE = 100_000;
const LARGE = 200 * RATE;

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let fleet: Fleet;

beforeEach(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  await mkdir(join(archive.root, "in"));
  for (let index = 0; index < SMALL; index += 1)
    await writeFile(join(archive.root, `in/small${index}`), Buffer.alloc(RATE, `${index}; `));
  await writeFile(join(archive.root, "in/large"), Buffer.alloc(LARGE, "large; "));
  fleet = await Fleet.open({ archive, edge });
  await fleet.job("mirror", "mirror: {from: archive:in, to: edge:out}");
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

// Each death is believed only when nothing was heard of the worker for a while, which takes its time.
test.runIf(process.env["FXPD_LONG"] === "1")(
  "a file during which the worker dies three times is failed by its name, and its run ends with all others copied",
  async () => {
    const id = await (async () => {
      const first = await fleet.start("daemon");
      const submitted = await fleet.submit("mirror");
      await dieDuring(first, 0);
      return submitted;
    })();
    for (let death = 1; death < 3; death += 1) await dieDuring(await fleet.start("daemon"), death);
    await fleet.start("daemon");
    const run = await fleet.until(id, ({ state }) => state === "ended", 100_000);
    expect(run).toMatchObject({ outcome: "partial", counters: { failed: 1 } });
    expect((await fleet.fxpd("logs", id)).out).toMatch(/large.*the worker died while copying this file/);
    expect(await octetsIn(join(edge.root, "out"))).toBeGreaterThanOrEqual(SMALL * RATE);
  },
  300_000,
);

/** Kills a daemon when all small files are there, and more of the large one than before. */
async function dieDuring(member: Awaited<ReturnType<Fleet["start"]>>, death: number): Promise<void> {
  await until(
    async () => (await octetsIn(join(edge.root, "out")).catch(() => 0)) > (SMALL + 2 + death * 3) * RATE,
    () => `the large file is under way:\n${member.log}`,
    90_000,
  );
  await member.end("SIGKILL");
}
