import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { growSource, growTarget, JOBS, replay, type TargetFile, withValues } from "../support/earlier-run.ts";
import { Fleet } from "../support/fleet.ts";
import { startRedis } from "../support/redis.ts";
import { clientOf } from "../support/redis-client.ts";
import { partialsIn } from "../support/transferred.ts";
import { differenceOf } from "../support/trees.ts";

const run = promisify(execFile);
/** What 0.1.0 left when it was stopped in the middle of a run (`test/support/record-state.ts`). */
const EARLIER = fileURLToPath(new URL("../fixtures/run-0.1.0", import.meta.url));

let started: ArchiveAndEdge;
let servers: Readonly<Record<"archive" | "edge", RunningServer>>;

beforeAll(async () => {
  started = await archiveAndEdge();
  const { archive, edge } = started;
  servers = { archive, edge };
  await growSource(archive.root);
});
afterAll(() => started[Symbol.asyncDispose]());

/** Starts a daemon, and waits until the newest run of a job has ended. */
async function endOf(fleet: Fleet, job: string): Promise<Run | undefined> {
  await fleet.start("daemon");
  const [newest] = await fleet.told(0, "runs", "--job", job, "--limit", "1");
  return (await fleet.told(0, "show", newest?.id ?? "", "--wait"))[0];
}

test("promise 8, a run that an earlier version was stopped in goes on, and what that version knew is there", async () => {
  const { archive, edge } = servers;
  const recorded = async (file: string) => withValues(await readFile(join(EARLIER, file), "utf8"), servers);
  await using redis = await startRedis();
  const client = await clientOf(redis);
  await replay(client, await recorded("redis.jsonl"));
  client.disconnect();
  const left = JSON.parse(await recorded("target.json")) as readonly TargetFile[];
  const partial = left.find(({ name }) => name.endsWith(".part"));
  expect(partial?.size).toBeGreaterThan(1_000_000);
  await growTarget(edge.root, left);
  await using fleet = await Fleet.open(servers, [`redis: {url: "redis://127.0.0.1:${redis.port}"}`]);
  for (const [name, lines] of Object.entries(JOBS)) await fleet.job(name, ...lines);
  const state = join(fleet.desk.path, "state");
  await cp(join(EARLIER, "state"), state, { recursive: true });
  // A clone has it with the permissions of whoever made the clone; a backup as documented keeps them.
  await chmod(join(state, "signing-key"), 0o600);

  const ended = await endOf(fleet, "large");

  expect(ended).toMatchObject({
    outcome: "succeeded",
    counters: { copied: 3, failed: 0, resumed: partial?.size },
  });
  expect(await differenceOf(join(archive.root, "large"), join(edge.root, "large"))).toBeUndefined();
  expect(await partialsIn(edge.root)).toEqual([]);

  const history = await fleet.fxpd("history", "nightly", "--json");
  expect(history.events[0]).toMatchObject({ outcome: "succeeded" });
  const routes = await fleet.fxpd("routes", "archive", "edge");
  expect(routes.out).toMatch(/source-pasv/);
  expect((await fleet.fxpd("audit", "--verify")).status).toBe(0);
  const again = (await fleet.told(0, "submit", "nightly", "--wait"))[0];
  expect(again).toMatchObject({ outcome: "succeeded", counters: { copied: 0, kept: 4 } });
});

test("a backup that was made as documented, put back: what waited runs, and history and audit trail are as they were", async () => {
  await using fleet = await Fleet.open(servers);
  for (const [name, lines] of Object.entries(JOBS)) await fleet.job(name, ...lines);
  const daemon = await fleet.start("daemon");
  await fleet.told(0, "submit", "nightly", "--wait");
  const history = (await fleet.fxpd("history", "nightly")).out;
  await daemon.end("SIGTERM");
  const scheduler = await fleet.start("scheduler");
  const [waiting] = await fleet.told(0, "submit", "large");
  await scheduler.end("SIGTERM");

  const [here, backup] = [fleet.desk.path, join(fleet.desk.path, "backup")];
  await mkdir(backup);
  const all = ["config", "jobs", "state"];
  await run("cp", ["-a", ...all, backup], { cwd: here });
  for (const one of all) await rm(join(here, one), { recursive: true });
  await run("cp", ["-a", ...all.map((one) => join(backup, one)), here]);

  expect((await fleet.fxpd("check")).status).toBe(0);
  expect((await fleet.fxpd("audit", "--verify")).status).toBe(0);
  await fleet.start("daemon");
  expect((await fleet.fxpd("history", "nightly")).out).toBe(history);
  const [ended] = await fleet.told(0, "show", waiting?.id ?? "", "--wait");
  expect(ended).toMatchObject({ outcome: "succeeded" });
});
