import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { allDefinitions } from "../../../src/orchestrator/definitions.ts";
import type { RedisClient } from "../../../src/orchestrator/kv/client.ts";
import { enqueue } from "../../../src/orchestrator/runs/dispatch.ts";
import { until } from "../../support/until.ts";
import type { Script } from "../../support/scripted-server.ts";
import { survives } from "../../support/survive.ts";
import type { Hurt, Place } from "../../support/survivor.ts";

const NAMES = Array.from({ length: 20 }, (_, index) => `f${String(index).padStart(2, "0")}`);
/** How long what is taken away stays away. */
const AWAY_MS = 3_000;
/** Longer than a queue item stays a worker's without a sign of it. */
const STOPPED_MS = 7_000;

/** Twenty files that take a tenth of a second each; `begun` is called when the first one is asked for. */
const slowly = (begun: () => void): Script => ({
  MLSD: async (session) => {
    session.reply("150 here");
    const lines = NAMES.map((name) => `type=file;size=5;modify=20261121000000; ${name}\r\n`);
    await session.send(Buffer.from(lines.join("")));
    session.reply("226 done");
  },
  MLST: (session, path) =>
    session.reply("250-", ` type=file;size=5;modify=20261121000000; ${path}`, "250 End"),
  SIZE: "213 5",
  RETR: async (session) => {
    begun();
    session.reply("150 here");
    await sleep(100);
    await session.send(Buffer.from("12345"));
    session.reply("226 done");
  },
});

/** A copy in the middle of which something happens around it. */
function around(name: string, act: (place: Place & { readonly daemon: number }) => Promise<void>): Hurt {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  return {
    name,
    job: ["copy: {from: 'bad:/*', to: $OUT/}", "parallel: 1"],
    script: slowly(() => begin()),
    during: async ({ daemon, ...place }) => {
      await begun;
      await act({ ...place, daemon: daemon.child.pid ?? 0 });
    },
    outcome: "succeeded",
    arrives: NAMES,
  };
}

/** Something that a client does to Redis, and what undoes it. */
function redis(name: string, act: (redis: RedisClient) => Promise<unknown>, undo?: typeof act): Hurt {
  return around(name, ({ survivor }) =>
    survivor.fleet.within(async ({ redis: client }) => {
      await act(client);
      if (undo === undefined) return;
      await sleep(AWAY_MS);
      await undo(client);
    }),
  );
}

/** Jobs of which many runs wait, and how many of each. */
const QUEUES = ["beside0", "beside1"];
const WAITING = 101;
const OLD_RECORDS = 50_000;
/** What is kept of records where nothing is configured. */
const KEPT = 1_000;

/** The first run of each job is paused, and the others wait for it. */
async function fillWithWaiting({ survivor }: Place): Promise<void> {
  const { fleet } = survivor;
  await fleet.within(async ({ store, queues, control }) => {
    const { definitions } = await allDefinitions(fleet.directories);
    const waits = definitions.filter(({ name }) => QUEUES.includes(name));
    expect(waits).toHaveLength(QUEUES.length);
    for (const { name: job, document, rules } of waits)
      for (let at = 0; at < WAITING; at += 1) {
        const id = `${job}_${String(at).padStart(3, "0")}`;
        const asked = { dryRun: false, requestedBy: "person", because: "test" } as const;
        await store.create(id, { job, document, rules: [...rules], ...asked }, Date.now() + at);
        if (at === 0) await control.pause(id);
        await enqueue(queues, await control.run(id));
      }
  });
}

/** All have waited, and end now. */
async function cancelWaiting({ survivor: { fleet } }: Place): Promise<void> {
  await fleet.within(async ({ store, queues, control }) => {
    const open = await store.unfinished();
    expect(open.map(({ state }) => state)).toEqual(Array(QUEUES.length * WAITING).fill("queued"));
    for (const { id } of open.toReversed()) await control.cancel(id);
    expect(await store.unfinished()).toEqual([]);
    // Whoever looks at them now finds that they have ended.
    await queues.runs.promoteJobs();
    const left = () => queues.runs.getJobCountByTypes("active", "delayed", "prioritized", "waiting");
    await until(async () => (await left()) === 0, "their items leave the queue");
  });
}

/** As they stand after years in which nothing was forgotten; made in Redis, in steps of a thousand. */
async function fillWithRecords({ survivor: { fleet } }: Place): Promise<void> {
  const order = JSON.stringify({
    ...{ job: "old", document: {}, rules: [], dryRun: false, requestedBy: "schedule", because: "due" },
  });
  const step = `
    local prefix, order = ARGV[1], ARGV[2]
    for at = ARGV[3], ARGV[3] + 999 do
      local id, ended = 'old_' .. at, ARGV[4] + at
      redis.call('HSET', prefix .. ':run:' .. id, 'order', order, 'job', 'old', 'created', ended - 500, 'started', ended - 400,
        'ended', ended, 'state', 'ended', 'wish', 'run', 'generation', 1, 'outcome', 'succeeded', 'copied', 3, 'files', 3)
      redis.call('ZADD', prefix .. ':runs', ended - 500, id)
      redis.call('ZADD', prefix .. ':job:old:runs', ended - 500, id)
      redis.call('ZADD', prefix .. ':ended', ended, id)
    end
    redis.call('ZINCRBY', prefix .. ':kept', 1000, 'old')`;
  await fleet.within(async ({ redis: client, names }) => {
    const sinceMs = Date.now() - 60_000 - OLD_RECORDS;
    for (let at = 0; at < OLD_RECORDS; at += 1_000)
      await client.eval(step, 0, names.prefix, order, at, sinceMs);
  });
}

/** What is too much is forgotten, and only of the job that has too much. */
async function expectForgotten({
  survivor: { fleet },
  run,
}: Place & { readonly run: string }): Promise<void> {
  await fleet.within(async ({ redis: client, names, store }) => {
    await until(async () => (await client.zcard(names.ended)) <= KEPT, "old records are forgotten");
    expect(await client.zcard(names.ended)).toBe(KEPT);
    expect((await client.keys(`${names.run("old_")}*`)).length).toBe(await client.zcard(names.runsOf("old")));
    expect(await store.get(run)).toMatchObject({ outcome: "succeeded" });
    expect(await store.latest(1, "beside0")).toHaveLength(1);
  });
}

const HURTS: readonly Hurt[] = [
  {
    ...around("a daemon that is stopped and goes on", async ({ daemon }) => {
      process.kill(daemon, "SIGSTOP");
      await sleep(STOPPED_MS);
      process.kill(daemon, "SIGCONT");
    }),
    stopsDaemon: true,
  },
  around("Redis that says nothing for a while", async ({ survivor }) => {
    const pid = await survivor.fleet.redisPid();
    process.kill(pid, "SIGSTOP");
    await sleep(AWAY_MS);
    process.kill(pid, "SIGCONT");
  }),
  around("Redis that is killed", async ({ survivor }) => {
    process.kill(await survivor.fleet.redisPid(), "SIGKILL");
  }),
  redis(
    "Redis that has no memory left",
    (client) => client.config("SET", "maxmemory", "1"),
    (client) => client.config("SET", "maxmemory", "0"),
  ),
  redis(
    "Redis that does not accept writes",
    (client) => client.config("SET", "min-replicas-to-write", "1"),
    (client) => client.config("SET", "min-replicas-to-write", "0"),
  ),
  redis("Redis that is slow", (client) => client.call("CLIENT", "PAUSE", "2000", "ALL")),
  redis("connections to Redis that are cut", (client) => client.call("CLIENT", "KILL", "TYPE", "normal")),
  redis("scripts that Redis has forgotten", (client) => client.call("SCRIPT", "FLUSH")),
  around("a host file that is broken when it is read again", async ({ survivor, daemon }) => {
    const file = join(survivor.fleet.desk.path, "config/hosts/broken.yaml");
    await writeFile(file, "address: [this is no address\n");
    process.kill(daemon, "SIGHUP");
    await sleep(500);
    await rm(file);
  }),
  around("a directory of jobs that is a file for a while", async ({ survivor, daemon }) => {
    const jobs = join(survivor.fleet.desk.path, "jobs");
    await rename(jobs, `${jobs}.away`);
    await writeFile(jobs, "");
    process.kill(daemon, "SIGHUP");
    await sleep(500);
    await rm(jobs);
    await rename(`${jobs}.away`, jobs);
  }),
  around("a job file that is broken when it is read again", async ({ survivor, daemon }) => {
    const file = join(survivor.fleet.desk.path, "jobs/broken.yaml");
    await writeFile(file, "mirror: {from: nowhere\n");
    process.kill(daemon, "SIGHUP");
    await sleep(500);
    await rm(file);
  }),
  {
    ...around("202 runs that wait", async () => {}),
    arrange: fillWithWaiting,
    afterwards: cancelWaiting,
  },
  {
    ...around(`${OLD_RECORDS} records of old runs`, async () => {}),
    arrange: fillWithRecords,
    afterwards: expectForgotten,
  },
];

survives("promises 8 and 10: nothing around a daemon ends it, or costs a file", HURTS);
