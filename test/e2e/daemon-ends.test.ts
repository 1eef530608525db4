import { once } from "node:events";
import { readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fleet, type Member, until } from "../support/fleet.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const GRACE_MS = 1_000;
/** Grace and two seconds, and what a machine that does much else takes for it; who waits for Redis waits for ever. */
const SOON_MS = GRACE_MS + 2_000 + 20_000;

let redis: TestRedis;
let fleet: Fleet;

beforeEach(async () => {
  redis = await startRedis();
  const settings = [
    `redis: {url: "redis://127.0.0.1:${redis.port}"}`,
    `shutdown: {grace: ${GRACE_MS / 1_000}s}`,
  ];
  fleet = await Fleet.open({}, [...settings, "api: {port: 0}"]);
  await fleet.job("idle", "copy: {from: /nowhere, to: /tmp/nowhere}");
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** All lines of its log, each of which has to be JSON. */
function lines({ log }: Member): readonly Readonly<Record<string, unknown>>[] {
  return log
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

test.each([
  ["has been killed", "SIGKILL"],
  ["says nothing", "SIGSTOP"],
] as const)(
  "a daemon that is told to end while Redis %s ends within its grace and little more",
  async (_, signal) => {
    const member = await fleet.start("daemon");
    redis.signal(signal);
    const ended = once(member.child, "exit");
    member.child.kill("SIGTERM");
    await until(
      () => member.hasEnded,
      () => `it ends:\n${member.log}`,
      SOON_MS,
    );
    expect(await ended).toEqual([0, null]);
    expect(lines(member).at(-1)).toBeDefined();
  },
);

test("a daemon that is asked to stop before it has found its Redis stops", async () => {
  redis.signal("SIGSTOP");
  const member = fleet.begin("daemon");
  await until(async () => (await startedReading(member)) || member.hasEnded, "it has begun");
  member.child.kill("SIGTERM");
  await until(
    () => member.hasEnded,
    () => `it ends:\n${member.log}`,
    SOON_MS,
  );
});

test("jobs that cannot be read on SIGHUP end nothing, are logged once, and are taken when they can be read again", async () => {
  const jobs = join(fleet.desk.path, "jobs");
  const link = async (to: string) => {
    await symlink(to, `${jobs}.link`);
    await rename(`${jobs}.link`, jobs);
  };
  // A link is replaced in one step: at no time is there nothing, which would be another fault.
  await rename(jobs, `${jobs}.aside`);
  await writeFile(`${jobs}.file`, "a file");
  await link(`${jobs}.aside`);
  const member = await fleet.start("daemon");
  await link(`${jobs}.file`);
  member.child.kill("SIGHUP");
  await until(
    () => member.log.includes("last valid one stays in use"),
    () => member.log,
  );
  member.child.kill("SIGHUP");
  const trail = join(fleet.desk.path, "state/audit.jsonl");
  await until(async () => (await readFile(trail, "utf8")).split('"SIGHUP"').length > 2, "both are seen to");
  await link(`${jobs}.aside`);
  await until(
    () => {
      member.child.kill("SIGHUP");
      return member.log.includes("configuration reloaded");
    },
    () => member.log,
  );
  expect(member.hasEnded).toBe(false);
  expect(lines(member).filter(({ msg }) => String(msg).includes("last valid one"))).toHaveLength(1);
});

/** SIGTERM is heard from before the first line of its own. */
async function startedReading({ child }: Member): Promise<boolean> {
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(await readFile(`/proc/${child.pid}/status`, "utf8"));
  return (BigInt(`0x${caught?.[1] ?? "0"}`) & (1n << 14n)) !== 0n;
}
