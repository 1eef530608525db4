import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { routesCommand } from "../../src/cli/commands/routes.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { Route, routeKey } from "../../src/transfer/move/third-party/route.ts";
import { hostKey } from "../../src/transfer/pipelining.ts";
import { rememberStatus } from "../../src/transfer/sides/kept-status.ts";
import { waysKey } from "../../src/transfer/sides/kept-ways.ts";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const [A, B] = ["ann@a.invalid:21", "ann@b.invalid:21"];

let server: TestRedis;
let own: TestInstallation;
let state: string;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "fxpd-state-"));
  vi.stubEnv("FXPD_STATE", state);
  const host = (name: string) => [`address: ${name}.invalid`, "user: ann"];
  own = await TestInstallation.open(server.port, "memory", { a: host("a"), b: host("b") });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await own[Symbol.asyncDispose]();
  await rm(state, { recursive: true });
});

/** What `fxpd routes` says, line by line as JSON. */
async function routes(hosts: readonly string[], forget = false): Promise<readonly Record<string, unknown>[]> {
  let written = "";
  const writing = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    expect(await routesCommand(hosts, { ...own.directories, json: true, forget })).toBe(0);
  } finally {
    writing.mockRestore();
  }
  const lines = written.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("what a daemon's workers remember of hosts and routes is shown and forgotten, all kinds of it", async () => {
  const memory = own.installation.kv.memory();
  const atMs = systemClock.now();
  await memory.remember(waysKey(A), { ways: { "silent EPSV": { because: "no reply", atMs } } });
  await rememberStatus(memory, A, true, atMs);
  await memory.remember(hostKey(A), { atMs, result: {} });
  const route = await Route.recall(routeKey(A, B), memory, systemClock);
  route.worked({ name: "source-pasv" });
  await route.settled();

  const kinds = async () => (await memory.entries()).map(({ key }) => key.split(" ")[0]).sort();
  expect(await kinds()).toEqual(["host", "route", "status", "ways"]);
  const shown = await routes(["a"]);
  expect(shown.map(({ where }) => where)).toEqual(shown.map(() => "redis"));
  expect(JSON.stringify(shown)).toMatch(/listings by STAT/);
  expect(JSON.stringify(shown)).toMatch(/EPSV/);
  expect(JSON.stringify(shown)).toMatch(/source-pasv/);

  const forgotten = await routes(["a"], true);
  expect(forgotten.map(({ key }) => String(key).split(" ")[0]).sort()).toEqual([
    ...["host", "route", "status", "ways"],
  ]);
  expect(await kinds()).toEqual([]);
  expect(await routes([])).toEqual([]);
});

test("what a job wrote to a target that keeps no times is known to all workers, by directory; the last of a name counts", async () => {
  const { kv } = own.installation;
  const written = (sizeBytes: number) => ({
    source: { sizeBytes, modifiedMs: 1_000 * sizeBytes },
    stored: { sizeBytes, modifiedMs: 2_000 * sizeBytes },
  });
  const [one, other] = [kv.written("nightly"), kv.written("hourly")];
  // Of one batch, and of two directories.
  for (const [path, size] of [
    ["d/a", 1],
    ["d/b", 2],
    ["d/a", 3],
    ["e/a", 4],
    ["top", 5],
  ] as const)
    one.note(path, written(size));
  await one.settled();
  other.note("d/a", written(6));
  await other.settled();
  const later = kv.written("nightly");
  expect(await later.recall("d")).toEqual(
    new Map([
      ["a", written(3)],
      ["b", written(2)],
    ]),
  );
  expect(await later.recall("e")).toEqual(new Map([["a", written(4)]]));
  expect(await later.recall("")).toEqual(new Map([["top", written(5)]]));
  expect(await later.recall("f")).toEqual(new Map());
  expect(await kv.written("hourly").recall("d")).toEqual(new Map([["a", written(6)]]));
  // What is looked up by `fxpd routes` is something else.
  expect(await kv.memory().entries()).toEqual([]);
});
