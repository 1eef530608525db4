import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { Fleet, type Member, until } from "../support/fleet.ts";
import { octetsIn, octetsRead, partialsIn } from "../support/transferred.ts";
import { differenceOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
const FILES = 24;
const SIZE = MEGABYTE;
/** Octets a second, each connection: a file takes half a second. */
const RATE = 2 * MEGABYTE;
const ALL = FILES * SIZE;
/** Whatever died meanwhile, the run has copied each file, once. */
const COPIED = { outcome: "succeeded", counters: { copied: FILES, kept: 0, failed: 0, files: FILES } };
const GRACE = "shutdown: {grace: 20s}";

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
  await mkdir(join(archive.root, "in/below"), { recursive: true });
  for (let index = 0; index < FILES; index += 1) {
    const name = index % 2 === 0 ? `f${index}` : `below/f${index}`;
    await writeFile(join(archive.root, "in", name), Buffer.alloc(SIZE, `file ${index}; `));
  }
  fleet = await Fleet.open({ archive, edge }, [GRACE]);
  await fleet.job("mirror", "mirror: {from: archive:in, to: edge:out}");
  await fleet.job("other", "mirror: {from: archive:in/below, to: edge:out/below}");
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
    // Nothing was cut off, so nothing is sent a second time.
    expect(await octetsRead(archive)).toBe(ALL);
  },
);

test.each(["mirror", "copy"])(
  "the work of workers that are killed goes on with another (%s)",
  async (job) => {
    const victims = await Promise.all([fleet.start("worker"), fleet.start("worker")]);
    const id = await fleet.submit(job);
    await isUnderWay(4);
    await fleet.start("worker");
    await Promise.all(victims.map((victim: Member) => victim.end("SIGKILL")));
    expect(await fleet.until(id, ({ state }) => state === "ended")).toMatchObject(COPIED);
    await expectWhole();
    expect(await octetsRead(archive)).toBeLessThan(1.3 * ALL);
  },
);

test("of two runs on one tree, or on a tree in it, the second waits for the first", async () => {
  await fleet.start("daemon");
  const [one, two] = [await fleet.submit("mirror"), await fleet.submit("other")];
  await isUnderWay(2);
  expect(await fleet.show(two)).toMatchObject({ state: "queued" });
  const [first, second] = [
    await fleet.until(one, ({ state }) => state === "ended"),
    await fleet.until(two, ({ state }) => state === "ended"),
  ];
  expect([first.outcome, second.outcome]).toEqual(["succeeded", "succeeded"]);
  expect(second.startedMs).toBeGreaterThanOrEqual(first.endedMs ?? Number.POSITIVE_INFINITY);
  expect(second.counters).toMatchObject({ copied: 0, kept: FILES / 2 });
  await expectWhole();
});

test("a run that has lost its claim between copies and deletions deletes nothing, and says why", async () => {
  await mkdir(to());
  await chmod(to(), 0o777);
  for (const name of ["extra", "extra too"]) await writeFile(join(to(), name), "to be deleted");
  await fleet.job("exact", "mirror: {from: archive:in, to: edge:out}", "delete: true", "maxDelete: 100%");
  await fleet.start("worker");
  const id = await fleet.submit("exact");
  await isUnderWay(2);
  const claims = "{fxpd}:claims";
  const [tree = ""] = await fleet.within(({ redis }) => redis.hkeys(claims));
  const another = { holder: "another run", token: 1_000, until: Date.now() + 3_600_000 };
  await fleet.within(({ redis }) => redis.hset(claims, tree, JSON.stringify(another)));
  await until(
    async () => (await fleet.fxpd("logs", id)).out.includes("another may write this tree by now"),
    "the run says that it has lost its claim",
    60_000,
  );
  expect(await fleet.show(id)).toMatchObject({ state: "queued" });
  expect((await edge.log()).match(/\bDELE\b/g)).toBeNull();
  await fleet.within(({ redis }) => redis.hdel(claims, tree));
  expect(await fleet.until(id, ({ state }) => state === "ended")).toMatchObject({
    outcome: "succeeded",
    counters: { deleted: 2 },
  });
  expect((await edge.log()).match(/\bDELE\b/g)).not.toBeNull();
  await expectWhole();
});
