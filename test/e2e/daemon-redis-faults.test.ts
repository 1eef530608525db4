import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fleet, until } from "../support/fleet.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const FAULTY_MS = 4_000;
/** Lines that a daemon with a schedule of every second may write while its Redis is not as it should be. */
const MOST_LINES = 25;

let redis: TestRedis;
let client: Redis;
let fleet: Fleet;

beforeEach(async () => {
  redis = await startRedis();
  client = new Redis({ port: redis.port });
  client.on("error", () => {});
  fleet = await Fleet.open({}, [`redis: {url: "redis://127.0.0.1:${redis.port}"}`, "api: {port: 0}"]);
  await writeFile(join(fleet.desk.path, "source"), "text");
  await fleet.job("one", `copy: {from: ${fleet.desk.path}/source, to: ${fleet.desk.path}/one}`);
  await fleet.job(
    "two",
    `copy: {from: ${fleet.desk.path}/source, to: ${fleet.desk.path}/two}`,
    'schedule: {cron: "* * * * * *"}',
  );
});
afterEach(async () => {
  client.disconnect();
  await fleet[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

test.each([
  ["does not accept writes", ["min-replicas-to-write", "1"], ["min-replicas-to-write", "0"]],
  ["is full", ["maxmemory", "1"], ["maxmemory", "0"]],
  ["wants a password", ["requirepass", "secret"], ["requirepass", ""]],
] as const)(
  "a daemon whose Redis %s says so without a flood, and goes on when that is over",
  async (_, faulty, sound) => {
    const member = await fleet.start("daemon");
    const before = member.log.length;
    await client.config("SET", ...faulty);
    if (faulty[0] === "requirepass") await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await until(() => member.log.slice(before).includes("\n"), "the daemon says something");
    await sleep(FAULTY_MS);
    const meanwhile = member.log.slice(before).split("\n").slice(0, -1);
    await client.config("SET", ...sound);
    expect(meanwhile.length, meanwhile.join("\n")).toBeLessThan(MOST_LINES);
    for (const line of meanwhile) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
    const id = (await fleet.told(0, "submit", "one"))[0]?.id ?? "";
    expect(await finished(id)).toBe("succeeded");
    expect(await readFile(join(fleet.desk.path, "one"), "utf8")).toBe("text");
    expect(member.hasEnded).toBe(false);
  },
);

test("a daemon whose Redis was emptied goes on with what is asked for from then on", async () => {
  const member = await fleet.start("daemon");
  await client.flushall();
  const id = (await fleet.told(0, "submit", "one"))[0]?.id ?? "";
  expect(await finished(id)).toBe("succeeded");
  expect(member.hasEnded).toBe(false);
});

/** The outcome of a run, as its hash says. */
async function finished(id: string): Promise<string | null> {
  for (let turn = 0; turn < 300; turn += 1) {
    const outcome = await client.hget(`{fxpd}:run:${id}`, "outcome");
    if (outcome !== null) return outcome;
    await sleep(100);
  }
  return null;
}
