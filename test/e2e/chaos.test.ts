import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Family, type RunningServer, startServers } from "../servers/index.ts";
import { Fleet } from "../support/fleet.ts";
import { octetsIn, octetsRead, partialsIn } from "../support/transferred.ts";
import { chance, differenceOf, growTree, treeOf } from "../support/trees.ts";

/** A storm, all of which follows from its seed but for how fast this machine is. */
interface Storm {
  readonly sources: readonly Family[];
  readonly targets: readonly Family[];
  readonly jobs: number;
  readonly files: number;
  /** Of one file, at most. */
  readonly octets: number;
  /** Bytes a second that a source sends on each connection: so slow that the storm ends first. */
  readonly rate: number;
  readonly workers: number;
  readonly schedulers: number;
  readonly kills: number;
  /** From one kill to the next, at most. */
  readonly pauseMs: number;
}

const SHORT: Storm = {
  sources: ["vsftpd"],
  targets: ["proftpd"],
  jobs: 2,
  files: 60,
  octets: 80_000,
  rate: 500_000,
  workers: 2,
  schedulers: 1,
  kills: 4,
  pauseMs: 1_500,
};
/** `npm run chaos` */
const LONG: Storm = {
  sources: ["vsftpd", "vsftpd", "vsftpd"],
  targets: ["proftpd", "pure-ftpd", "pyftpdlib"],
  jobs: 12,
  files: 300,
  octets: 400_000,
  rate: 300_000,
  workers: 4,
  schedulers: 2,
  kills: 30,
  pauseMs: 2_500,
};
const storm = process.env["FXPD_LONG"] === "1" ? LONG : SHORT;
const SEED = Number(process.env["FXPD_SEED"] ?? 20_261_121);
const CALM_MS = 600_000;

let started: Awaited<ReturnType<typeof startServers>>;
let fleet: Fleet;
let sources: readonly RunningServer[];
let targets: readonly RunningServer[];
let drawn = 0;

beforeAll(async () => {
  const settings = [`anon_max_rate=${storm.rate}`];
  started = await startServers([
    ...storm.sources.map((family) => ({ family, settings })),
    ...storm.targets.map((family) => ({ family })),
  ]);
  sources = started.servers.slice(0, storm.sources.length);
  targets = started.servers.slice(storm.sources.length);
  fleet = await Fleet.open(
    Object.fromEntries(started.servers.map((server, index) => [`host${index}`, server])),
  );
  for (let job = 0; job < storm.jobs; job += 1) {
    const shape = {
      files: storm.files,
      directories: 6,
      octets: [0, storm.octets],
      seed: SEED + job,
    } as const;
    await growTree(join(sourceOf(job).root, `in${job}`), treeOf(shape));
    const from = `host${job % sources.length}:in${job}`;
    const to = `host${sources.length + (job % targets.length)}:out${job}`;
    // The engine's own trials are few, so that more is asked of what stands around it.
    await fleet.job(`job${job}`, `mirror: {from: '${from}', to: '${to}'}`, "retries: 8");
  }
  await fleet.job(
    "ticks",
    `copy: {from: host0:in0/f0.bin, to: host${sources.length}:ticks/}`,
    "schedule: {cron: '*/2 * * * * *', overlap: replace, missed: all}",
  );
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

const sourceOf = (job: number) => sources[job % sources.length] as RunningServer;
const targetOf = (job: number) => targets[job % targets.length] as RunningServer;

function draw(below: number): number {
  drawn += 1;
  return Math.floor(chance(SEED, drawn) * below);
}

const KINDS = ["worker", "redis", "sessions", "server", "scheduler", "worker"] as const;

/** Ends something without warning; whatever it was comes back. */
async function strike(kind: (typeof KINDS)[number]): Promise<string> {
  const server = started.servers[draw(started.servers.length)] as RunningServer;
  switch (kind) {
    case "redis":
      process.kill(await fleet.redisPid(), "SIGKILL");
      return "Redis";
    case "server":
      await server.kill();
      await sleep(500);
      await server.start();
      return server.name;
    case "sessions":
      await server.killSessions();
      if (server.pids().length === 0) await server.start();
      return `sessions of ${server.name}`;
    default: {
      const alive = fleet.members.filter(({ part, hasEnded }) => part === kind && !hasEnded);
      await alive[draw(alive.length)]?.end("SIGKILL");
      await fleet.start(kind);
      return kind;
    }
  }
}

test(
  `promise 8: ${storm.kills} times something of a fleet is killed, and nothing is lost (seed ${SEED})`,
  async () => {
    for (let index = 0; index < storm.schedulers; index += 1) await fleet.start("scheduler");
    for (let index = 0; index < storm.workers; index += 1) await fleet.start("worker");
    await fleet.submitAll(/^job/);
    const struck: string[] = [];
    for (let kill = 0; kill < storm.kills; kill += 1) {
      await sleep(300 + draw(storm.pauseMs));
      struck.push(await strike(KINDS[kill % KINDS.length] ?? "worker"));
    }
    const unfinished = (await fleet.runs()).filter(({ state }) => state !== "ended").length;
    let runs = await fleet.untilAllEnded(storm.jobs, CALM_MS, /^job/);
    const spoilt = runs.filter(({ outcome }) => outcome !== "succeeded");
    // Files whose server was away for longer than their tries are for the next run.
    for (const { order } of spoilt) await fleet.submit(order.job);
    if (spoilt.length > 0) runs = await fleet.untilAllEnded(storm.jobs + spoilt.length, CALM_MS, /^job/);
    process.stdout.write(
      `struck: ${struck.join(", ")}; runs at the last: ${unfinished}; ended otherwise: ${spoilt.map(({ order, because }) => `${order.job}: ${because}`).join("; ")}\n`,
    );
    await expectWhole();
    await expectEveryTick();
    // A worker keeps its connections for runs that come soon, and this job has one every two seconds.
    await fleet.told(0, "pause", "ticks");
    await fleet.untilSlotsAreGivenBack(30_000);
  },
  2 * CALM_MS,
);

async function expectWhole(): Promise<void> {
  let all = 0;
  for (let job = 0; job < storm.jobs; job += 1) {
    const [from, to] = [join(sourceOf(job).root, `in${job}`), join(targetOf(job).root, `out${job}`)];
    expect(await differenceOf(from, to)).toBeUndefined();
    expect(await partialsIn(to)).toEqual([]);
    all += await octetsIn(from);
  }
  const read = await Promise.all(sources.map((server) => octetsRead(server)));
  const sum = read.reduce((one, two) => one + two, 0);
  process.stdout.write(`octets read: ${(sum / all).toFixed(3)} times the data\n`);
  expect(sum).toBeLessThanOrEqual(1.3 * all);
}

/** Every second that was due gave a run; that none gave two is in their names. */
async function expectEveryTick(): Promise<void> {
  const ticks = (await fleet.runs()).filter(({ order }) => order.job === "ticks");
  const due = ticks.map(({ order }) => order.dueMs ?? 0).toSorted((one, two) => one - two);
  expect(due.length).toBeGreaterThan(3);
  expect(due).toEqual(due.map((_, index) => (due[0] ?? 0) + index * 2_000));
}
