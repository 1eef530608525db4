import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { type RunningServer, startServer } from "../servers/index.ts";
import { Fleet, until } from "../support/fleet.ts";

const HOUR_MS = 3_600_000;

let server: RunningServer;
let fleet: Fleet;

beforeAll(async () => {
  server = await startServer({ family: "proftpd" });
  fleet = await Fleet.open({ host: server });
  await writeFile(join(server.root, "f"), "a file");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const job = (name: string, schedule: string) =>
  fleet.job(name, `copy: {from: host:f, to: host:${name}/}`, `schedule: {${schedule}}`);

async function runsOf(name: string): Promise<readonly Run[]> {
  const runs = (await fleet.runs()).filter(({ order }) => order.job === name);
  return runs.toSorted((one, two) => (one.order.dueMs ?? 0) - (two.order.dueMs ?? 0));
}

test("of three schedulers, one of which is killed, each due time gives one run", async () => {
  // All that is missed, since two due times that are seen to at once count as one that was.
  await job("ticks", "cron: '* * * * * *', overlap: replace, missed: all");
  const [victim] = await Promise.all([1, 2, 3].map(() => fleet.start("scheduler")));
  await until(async () => (await runsOf("ticks")).length >= 4, "four runs");
  await victim?.end("SIGKILL");
  await until(async () => (await runsOf("ticks")).length >= 10, "ten runs");
  const due = (await runsOf("ticks")).map(({ order }) => order.dueMs ?? 0);
  expect(due).toEqual(due.map((_, index) => (due[0] ?? 0) + index * 1_000));
  // Whoever asks for a run says so.
  const asked = [...fleet.log.matchAll(/"run":"(ticks_[^"]+)","msg":"run requested"/g)].map(([, id]) => id);
  expect(asked.filter((id, index) => asked.indexOf(id) !== index)).toEqual([]);
});

test("what was missed is left out, run once or run in full, as the job says", async () => {
  const nowMs = Date.now();
  const seenTo = nowMs - 3 * HOUR_MS;
  // Half an hour from now, so that nothing is due meanwhile.
  const minute = (new Date(nowMs).getUTCMinutes() + 30) % 60;
  for (const missed of ["skip", "once", "all"]) {
    // Before there is the job: one that is new has missed nothing.
    await fleet.within(({ redis }) => redis.hset(`{fxpd}:job:missed-${missed}`, "seenTo", seenTo));
    await job(`missed-${missed}`, `cron: '${minute} * * * *', timeZone: UTC, missed: ${missed}`);
  }
  const atMinute = Math.floor(nowMs / HOUR_MS) * HOUR_MS + minute * 60_000;
  const fallen = [3, 2, 1, 0]
    .map((back) => atMinute - back * HOUR_MS)
    .filter((dueMs) => dueMs > seenTo && dueMs <= nowMs);
  expect(fallen).toHaveLength(3);
  await until(async () => (await runsOf("missed-all")).length >= fallen.length, "all that was missed");
  await until(async () => (await runsOf("missed-once")).length > 0, "the last that was missed");
  const dueOf = async (name: string) => (await runsOf(name)).map(({ order }) => order.dueMs);
  expect(await dueOf("missed-all")).toEqual(fallen);
  expect(await dueOf("missed-once")).toEqual(fallen.slice(-1));
  expect(await dueOf("missed-skip")).toEqual([]);
});

test.each([
  ["skip", 1, []],
  ["queue-one", 1, []],
  ["replace", 3, ["cancel"]],
] as const)("a run that is due while another goes on (overlap: %s)", async (overlap, least, wishes) => {
  await job(`over-${overlap}`, `cron: '* * * * * *', overlap: ${overlap}`);
  await until(async () => (await runsOf(`over-${overlap}`)).length >= least, "runs that are due");
  await sleep(3_000);
  // Nobody works here: what is asked for waits.
  if (overlap !== "replace") expect(await runsOf(`over-${overlap}`)).toHaveLength(least);
  // The one before is cancelled once the new one is asked for.
  await until(
    async () => {
      const wished = (await runsOf(`over-${overlap}`)).slice(0, -1).map(({ wish }) => wish);
      return [...new Set(wished)].join() === wishes.join();
    },
    () => `all but the last are: ${wishes.join()}`,
  );
});
