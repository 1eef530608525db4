import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RedisClient } from "../../../src/orchestrator/redis/connect.ts";
import type { Script } from "../../support/scripted-server.ts";
import { type Hurt, type Place, Survivor } from "../../support/survivor.ts";

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

const HURTS: readonly Hurt[] = [
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
    "Redis that takes no writes",
    (client) => client.config("SET", "min-replicas-to-write", "1"),
    (client) => client.config("SET", "min-replicas-to-write", "0"),
  ),
  redis("Redis that is slow", (client) => client.call("CLIENT", "PAUSE", "2000", "ALL")),
  redis("connections to Redis that are cut", (client) => client.call("CLIENT", "KILL", "TYPE", "normal")),
  redis("scripts that Redis has forgotten", (client) => client.call("SCRIPT", "FLUSH")),
  around("a daemon that is stopped and goes on", async ({ daemon }) => {
    process.kill(daemon, "SIGSTOP");
    await sleep(STOPPED_MS);
    process.kill(daemon, "SIGCONT");
  }),
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
];

describe("promises 8 and 10: nothing around a daemon ends it, or costs a file", () => {
  let survivor: Survivor | undefined;
  beforeAll(async () => {
    survivor = await Survivor.start(HURTS);
  });
  afterAll(async () => survivor?.[Symbol.asyncDispose]());

  test.each(HURTS.map(({ name }, index) => [name, index] as const))("%s", async (_, index) => {
    await survivor?.meet(index);
  });

  test("while it is stopped by nobody, the event loop is not late by 200 ms, but for one time in a thousand", async () => {
    await survivor?.loopDelay();
    await survivor?.meet(HURTS.length - 1);
    const { p999, max } = (await survivor?.loopDelay()) ?? { p999: Number.NaN, max: Number.NaN };
    process.stdout.write(
      `event loop: ${p999.toFixed(1)} ms at the 99.9th percentile, ${max.toFixed(1)} ms at most\n`,
    );
    expect(p999).toBeLessThan(200);
  });
});
