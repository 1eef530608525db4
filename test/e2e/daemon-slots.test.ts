import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Fleet, until } from "../support/fleet.ts";
import { octetsIn } from "../support/transferred.ts";
import { differenceOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
const LOGINS = 3;
/** In the long form, 50 of them. */
const JOBS = process.env["FXPD_LONG"] === "1" ? 50 : 12;

let started: ArchiveAndEdge;
let fleet: Fleet;

afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

async function servers(settings: readonly string[] = [], bytesPerSecond = 0): Promise<ArchiveAndEdge> {
  return (started = await archiveAndEdge(bytesPerSecond, settings));
}

function refusals(log: string): readonly string[] {
  return log.split("\n").filter((line) => /\b421\b|too many/i.test(line));
}

test(`a server that lets ${LOGINS} in at once never has to refuse anybody, whoever works`, async () => {
  const { archive, edge } = await servers([`max_clients=${LOGINS}`]);
  fleet = await Fleet.open({ edge });
  await fleet.desk.introduce("archive", archive, `limits: {connections: ${LOGINS}}`);
  for (let job = 0; job < JOBS; job += 1) {
    await mkdir(join(archive.root, `j${job}`));
    for (let file = 0; file < 4; file += 1)
      await writeFile(join(archive.root, `j${job}/f${file}`), `${job} ${file}`);
    await fleet.job(`j${job}`, `mirror: {from: archive:j${job}, to: edge:j${job}}`);
  }
  await fleet.start("worker");
  await Promise.all([1, 2, 3].map(() => fleet.start("worker")));
  await fleet.submitAll();
  const runs = await fleet.untilAllEnded(JOBS, 120_000);
  expect(runs.filter(({ outcome }) => outcome !== "succeeded")).toEqual([]);
  // The server counts its sessions itself, and one that has said goodbye until it has ended.
  expect(refusals(await archive.log())).toEqual([]);
});

test("runs in both directions between hosts that let one in come to their end", async () => {
  const { archive, edge } = await servers();
  fleet = await Fleet.open({});
  for (const [name, host] of Object.entries({ archive, edge })) {
    await fleet.desk.introduce(name, host, "limits: {connections: 1}");
    await mkdir(join(host.root, "out"));
    for (let file = 0; file < 30; file += 1)
      await writeFile(join(host.root, `out/f${file}`), `${name} ${file}`);
  }
  await fleet.job("there", "mirror: {from: archive:out, to: edge:in}");
  await fleet.job("back", "mirror: {from: edge:out, to: archive:in}");
  await fleet.start("worker");
  await fleet.start("worker");
  await fleet.submitAll();
  const runs = await fleet.untilAllEnded(2, 90_000);
  expect(runs.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
  expect(await differenceOf(join(archive.root, "out"), join(edge.root, "in"))).toBeUndefined();
  expect(await differenceOf(join(edge.root, "out"), join(archive.root, "in"))).toBeUndefined();
});

test("the slots of a worker that is killed are another's within seconds", async () => {
  const { archive, edge } = await servers([`max_clients=${LOGINS}`], MEGABYTE);
  fleet = await Fleet.open({ edge });
  await fleet.desk.introduce("archive", archive, `limits: {connections: ${LOGINS}}`);
  await mkdir(join(archive.root, "large"));
  for (let file = 0; file < 16; file += 1)
    await writeFile(join(archive.root, `large/f${file}`), Buffer.alloc(MEGABYTE, `${file}; `));
  await mkdir(join(archive.root, "small"));
  await writeFile(join(archive.root, "small/f"), "small");
  await fleet.job("large", "mirror: {from: archive:large, to: edge:large}");
  await fleet.job("small", "mirror: {from: archive:small, to: edge:small}");
  const victim = await fleet.start("worker");
  await fleet.submit("large");
  await until(async () => (await octetsIn(join(edge.root, "large"))) > MEGABYTE, "files in flight");
  const heir = await fleet.start("worker");
  await victim.end("SIGKILL");
  // That worker was the one that ran Redis.
  await fleet.runs();
  const small = await fleet.submit("small");
  expect(await fleet.until(small, ({ state }) => state === "ended")).toMatchObject({ outcome: "succeeded" });
  await until(() => heir.log.includes("run ended"), "the heir has logged it");
  await fleet.untilAllEnded(2, 110_000);
  expect(await differenceOf(join(archive.root, "large"), join(edge.root, "large"))).toBeUndefined();
});
