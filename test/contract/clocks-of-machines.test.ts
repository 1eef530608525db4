import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hostViews } from "../../src/api/hosts.ts";
import { signsOf } from "../../src/api/monitoring/health.ts";
import { viewOfJob } from "../../src/api/views/standing.ts";
import { workerViews } from "../../src/api/views/worker-views.ts";
import { definitionOf } from "../../src/orchestrator/definitions.ts";
import { type Installation, openInstallation } from "../../src/orchestrator/installation.ts";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { workerLine } from "../../src/cli/commands/jobs/workers.ts";
import { fxpd } from "../support/in-process.ts";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

// One machine writes records, another reads them; the clock of the first is wrong by an hour.

const HOUR_MS = 3_600_000;
const HALF_MS = HOUR_MS / 2;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

/** Both machines, with a job that has nothing to wait for but a worker. */
async function machines(prefix: string, aheadMs: number) {
  const wrong: Clock = { ...systemClock, now: () => Date.now() + aheadMs };
  const other = await TestInstallation.open(redis.port, prefix, { a: ["address: 127.0.0.1"] }, [], wrong);
  const { path, directories } = other;
  await mkdir(join(path, "from"));
  await writeFile(join(path, "from/one"), "1");
  await writeFile(
    join(path, "jobs/one.yaml"),
    `copy: {from: "${path}/from/one", to: "${path}/to/"}\nstaleAfter: 30m\n`,
  );
  const options = { starts: false, whenAway: "fail", tell: () => {} } as const;
  const here: Installation = await openInstallation(directories, options);
  return {
    other,
    here,
    /** Whether an instant is not an hour from now. */
    isAboutNow: (ms: number) => Math.abs(ms - Date.now()) < HALF_MS,
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

test.each([
  ["ahead", HOUR_MS],
  ["behind", -HOUR_MS],
])(
  "a machine whose clock is an hour %s leaves records that others read as if it were right",
  async (name, aheadMs) => {
    await using both = await machines(`clock-${name}`, aheadMs);
    const { other, here, isAboutNow } = both;
    const { directories, installation } = other;

    // Readiness: the run has waited for no hour, and is not yet to come.
    const job = await definitionOf("one", directories);
    const { id } = await installation.control.submit({ job: "one", document: job.document, rules: [] });
    const { waitedMs = -1 } = await signsOf({ installation: here, parts: new Map() });
    expect(waitedMs).toBeGreaterThanOrEqual(0);
    expect(waitedMs).toBeLessThan(HALF_MS);

    // Pauses of hosts end when they should.
    const [view] = await hostViews({ installation: here, directories });
    expect(view?.paused).toBeUndefined();
    await installation.kv.breaker.trip("elsewhere", "full", installation.clock.now());
    const pause = await here.kv.breaker.waitFor(["elsewhere"], here.clock.now());
    expect(isAboutNow(pause?.untilMs ?? 0)).toBe(true);

    // Staleness counts from when the job was first seen.
    await installation.kv.dueTimes.noteKnown("one", installation.clock.now());
    const { stale, staleAt = "" } = await viewOfJob(job, here);
    expect([stale, Math.abs(Date.parse(staleAt) - HALF_MS - Date.now()) < HALF_MS]).toEqual([false, true]);

    // The worker, the run, its log and the history.
    await other.worker();
    await vi.waitFor(async () => expect((await here.control.run(id)).state).toBe("ended"), 20_000);
    const run = await here.control.run(id);
    const [worker] = await workerViews(here);
    const [entry] = await here.history.runs("one", 1);
    const logged = await here.store.logs(id);
    const times = [
      ...[run.createdMs, run.startedMs, run.endedMs, entry?.endedMs],
      ...[Date.parse(worker?.since ?? ""), ...logged.map(({ atMs }) => atMs)],
    ];
    expect(times.filter((ms) => !isAboutNow(ms ?? 0))).toEqual([]);
    expect(worker && workerLine(worker, here.clock.now())).not.toMatch(/up \d+ h/);
    const shown = await fxpd("show", id, "--config", directories.config);
    expect(shown.out).toMatch(/took {7}\d+(\.\d+)? s\n/);
  },
  60_000,
);

test("a daemon on a machine whose clock is wrong says so", async () => {
  const told: string[] = [];
  await using other = await TestInstallation.open(redis.port, "clock-told");
  const clock = { ...systemClock, now: () => Date.now() - HOUR_MS };
  const options = {
    starts: true,
    whenAway: "fail",
    tell: (text: string) => void told.push(text),
    clock,
  } as const;
  await using _ = await openInstallation(other.directories, options);
  expect(told.join("\n")).toMatch(/^the clock of this machine is .* behind that of Redis/m);
});
