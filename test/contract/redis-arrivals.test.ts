import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import { Arrivals } from "../../src/orchestrator/scheduler/arrivals.ts";
import { Stores } from "../../src/orchestrator/kv/stores/stores.ts";
import type { Definition } from "../../src/orchestrator/definitions.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { openQueues, type Queues } from "../../src/orchestrator/worker/queue/queues.ts";
import { KeptConnections } from "../../src/orchestrator/slots/kept-connections.ts";
import { Slots } from "../../src/orchestrator/slots/slots.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { sharedRedis } from "../support/redis-client.ts";
import { treeServer, type TreeServer } from "../support/tree-server.ts";

const shared = sharedRedis();
let names: KeyNames;
let store: RunStore;
let queues: Queues;
let slots: Slots;
let connections: KeptConnections;
let directory: string;
let turn = 0;
let clock: Clock & { ms: number };
const NEVER = new AbortController().signal;

beforeEach(async () => {
  turn += 1;
  names = new KeyNames(`test${turn}`);
  store = new RunStore(shared.client, names);
  queues = openQueues(shared.client, names);
  slots = await Slots.open(shared.client, { prefix: names.prefix });
  connections = new KeptConnections(slots, () => performance.now());
  directory = await mkdtemp(join(tmpdir(), "fxpd-inbox-"));
  clock = { ms: Date.parse("2026-11-21T00:00:00Z"), now: () => clock.ms, sleep: async () => {} };
});
afterEach(async () => {
  await connections[Symbol.asyncDispose]();
  await slots[Symbol.asyncDispose]();
  await queues[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Two schedulers that watch for the same job. */
function pair(watch: object): readonly Arrivals[] {
  const document = { copy: { from: `${directory}/*.csv`, to: "./out/" }, watch };
  const job = jobSchemaFor(document).parse(document);
  const definition: Definition = { name: "inbox", file: "inbox.yaml", document, job, rules: [] };
  const directories = { config: directory, jobs: directory };
  return [0, 1_000].map((aheadMs) => {
    const own = { ...clock, now: () => clock.ms + aheadMs };
    const deps = {
      kv: new Stores(shared.client, names, store),
      store,
      queues,
      slots,
      connections,
      directories,
      clock: own,
      chance: Math.random,
      log: noLogger,
    };
    const one = new Arrivals(deps);
    one.use([definition]);
    return one;
  });
}

/** Both look, some time later. @returns why runs were asked for, the earliest first */
async function look(both: readonly Arrivals[], laterMs: number): Promise<readonly string[]> {
  clock.ms += laterMs;
  for (const one of both) {
    await shared.client.del(names.looking("inbox")); // as if one look had taken so long that another may begin
    one.begin(NEVER);
  }
  await Promise.all(both.map((one) => one[Symbol.asyncDispose]()));
  return (await store.latest(10)).map(({ order }) => order.because).reverse();
}

async function put(name: string, text = "x", atMs = clock.ms): Promise<void> {
  await writeFile(join(directory, name), text);
  await utimes(join(directory, name), atMs / 1_000, atMs / 1_000);
}

/** A host `there` in the configuration. */
async function addHost(server: TreeServer): Promise<void> {
  await mkdir(join(directory, "hosts"));
  await writeFile(join(directory, "secret"), server.password, { mode: 0o600 });
  const host = { address: server.address, port: server.port, user: server.user, tls: "off" };
  const text = JSON.stringify({ ...host, passwordFrom: { file: join(directory, "secret") } });
  await writeFile(join(directory, "hosts/there.yaml"), text);
}

async function finish(): Promise<void> {
  for (const run of await store.unfinished()) await store.end(run, undefined, clock.ms, "succeeded");
}

test("files that have come and stopped growing give one run, over several schedulers", async () => {
  const both = pair({ for: "*.csv", every: "1m", settled: "2m" });
  expect(await look(both, 0)).toEqual([]);
  await put("a.csv");
  await put("notes.txt");
  expect(await look(both, 60_000)).toEqual([]);
  await put("a.csv", "xx");
  expect(await look(both, 60_000)).toEqual([]);
  expect(await look(both, 60_000)).toEqual([]);
  const because = `arrived: ${directory}/a.csv`;
  // One clock is a second ahead of the other, and either may have noted what stands now.
  expect(await look(both, 61_000)).toEqual([because]);
  const [run] = await store.unfinished();
  expect(run?.order).toMatchObject({ job: "inbox", requestedBy: "arrival" });
  expect(await queues.runs.getJobState(run?.id ?? "")).not.toBe("unknown");
  await finish();
  expect(await look(both, 600_000)).toEqual([because]);
});

test("what comes while a run goes on gives one when that has ended; a held schedule gives none", async () => {
  const both = pair({ for: "READY", every: "1m" });
  await put("READY");
  expect(await look(both, 60_000)).toHaveLength(1);
  await put("READY", "again");
  expect(await look(both, 60_000)).toHaveLength(1);
  await finish();
  await store.jobs.pause("inbox", true, clock.ms);
  expect(await look(both, 60_000)).toHaveLength(1);
  await store.jobs.pause("inbox", false, clock.ms);
  expect(await look(both, 60_000)).toHaveLength(2);
});

test("a directory that cannot be listed is not taken for an empty one", async () => {
  const both = pair({ for: "*.csv", every: "1m", settled: "1m" });
  await put("a.csv");
  await look(both, 60_000);
  // One clock is a second ahead of the other, and either may have noted what stands now.
  expect(await look(both, 61_000)).toHaveLength(1);
  await finish();
  const moved = `${directory}-moved`;
  await rename(directory, moved);
  expect(await look(both, 61_000)).toHaveLength(1);
  expect(await shared.client.hget(names.watch("inbox"), "fault")).toContain("ENOENT");
  await rename(moved, directory);
  expect(await look(both, 61_000)).toHaveLength(1);
  expect(await look(both, 61_000)).toHaveLength(1);
  expect(await shared.client.hget(names.watch("inbox"), "fault")).toBeNull();
});

test("a listing of the watched directory that fails for a moment is asked for again in the same look", async () => {
  await using server = await treeServer();
  server.tree.write("/a.csv", Buffer.from("x"), 0);
  const reply = "425 Can't open data connection";
  server.fault({ kind: "refusal", verbs: ["MLSD", "LIST", "STAT"], reply, times: 2 });
  await addHost(server);
  const both = pair({ for: "*.csv", every: "1m", settled: "1s", in: "there:/" });
  await look(both.slice(0, 1), 0);
  expect(await shared.client.hget(names.watch("inbox"), "fault")).toBeNull();
  expect(await shared.client.hget(names.watch("inbox"), "watched")).toContain("a.csv");
});

test("looks go on with the connection of the one before, under its lease; what is configured anew is logged in to anew", async () => {
  await using server = await treeServer();
  await addHost(server);
  const [first = expect.fail()] = pair({ for: "*.csv", every: "1s", settled: "1s", in: "there:/" });
  for (const name of ["a", "b", "c"]) {
    server.tree.write(`/${name}.csv`, Buffer.from("x"), 0);
    await look([first], 1_000);
  }
  expect(await shared.client.hget(names.watch("inbox"), "watched")).toContain("c.csv");
  expect(server.count("PASS")).toBe(1);
  expect([...(await slots.inUse()).values()]).toEqual([1]);
  const [second = expect.fail()] = pair({ for: "*.csv", every: "1s", settled: "1s", in: "there:/" });
  await look([second], 1_000);
  expect(server.count("PASS")).toBe(2);
});
