import { mkdir, readdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type AttackedWorker, workerForEach } from "../support/attacked-worker.ts";
import { treeServer } from "../support/tree-server.ts";

// After how much a run of the daemon begins no other file.

const HOUR = 3_600_000;

let worker: AttackedWorker;
const at = workerForEach("soft-end", async (one) => {
  worker = one;
  await mkdir(at("a"));
  for (const name of ["1", "2", "3", "4"]) await writeFile(at(`a/${name}`), "0123456789");
});

/** @param fields what its run has in Redis before it is begun */
async function ended(limit: string, kind: "copy" | "mirror", fields: Readonly<Record<string, number>> = {}) {
  const slash = kind === "copy" ? "/" : "";
  await worker.job(
    "nightly",
    `${kind}: {from: ${at("a")}${slash}, to: ${at("b")}${slash}}`,
    "parallel: 1",
    limit,
  );
  const { redis: client, names } = worker.installation;
  if (Object.keys(fields).length > 0) await client.hset(names.run("run_1"), fields);
  return worker.begin("run_1", "nightly");
}

test.each(["copy", "mirror"] as const)(
  "maxTransfer ends a %s softly, counting what the run had moved before it was begun again",
  async (kind) => {
    const run = await ended("maxTransfer: 50", kind, { thirdParty: 30, relayed: 25 });
    expect(run).toMatchObject({ outcome: "partial", counters: { copied: 0 } });
    expect(run.because).toBe("the limit of 50 B (--max-transfer) is reached; 4 files are left");
  },
);

test("what other workers have moved while a file was on its way counts before the next one begins", async () => {
  await using host = await treeServer();
  await writeFile(
    at("config/hosts/edge.yaml"),
    `address: ${host.address}\nport: ${host.port}\nuser: ${host.user}\npasswordFrom: {file: edge}\ntls: off\nlimits: {connections: 1}\n`,
  );
  await writeFile(at("config/hosts/edge"), host.password, { mode: 0o600 });
  const { redis: client, names } = worker.installation;
  // All other files wait for the one connection when another worker has moved as much.
  const moved = () => client.hset(names.run("run_1"), { thirdParty: 60 });
  host.fault({ kind: "late", verbs: ["STOR"], times: 1, until: moved });
  await worker.job("nightly", `copy: {from: ${at("a")}/, to: "edge:/b/"}`, "parallel: 1", "maxTransfer: 50");
  const run = await worker.begin("run_1", "nightly");
  expect(run).toMatchObject({ outcome: "partial", counters: { copied: 1 } });
  expect(run.because).toBe("the limit of 50 B (--max-transfer) is reached; 3 files are left");
});

test.each(["copy", "mirror"] as const)(
  "maxTransfer of a %s is not exceeded by files that several lanes have in flight at once",
  async (kind) => {
    const slash = kind === "copy" ? "/" : "";
    const job = `${kind}: {from: ${at("a")}${slash}, to: ${at("b")}${slash}}`;
    await worker.job("nightly", job, "parallel: 4", "maxTransfer: 25");
    const run = await worker.begin("run_1", "nightly");
    expect(run).toMatchObject({ outcome: "partial", counters: { copied: 2 } });
    expect(run.because).toBe(
      "the limit of 25 B (--max-transfer) leaves no room for the next file (10 B); 2 files are left",
    );
    expect(await worker.installation.redis.exists(worker.installation.names.room("run_1"))).toBe(0);
  },
);

test("files that a killed worker had in flight take no room, and a file that no run has room for fails by itself", async () => {
  await writeFile(at("a/large"), "x".repeat(51));
  const { redis: client, names } = worker.installation;
  await client.hset(names.room("run_1"), { "killed-1-0": 50 });
  const run = await ended("maxTransfer: 50", "copy");
  expect(run).toMatchObject({ outcome: "partial", counters: { copied: 4, failed: 1 } });
  expect(run.because).toBeUndefined();
});

test("a mirror that has reached its limit deletes nothing", async () => {
  await mkdir(at("b"));
  await writeFile(at("b/extra"), "not at the source");
  const run = await ended("maxTransfer: 50\ndelete: true\nmaxDelete: 100%", "mirror", { relayed: 55 });
  expect(run).toMatchObject({ outcome: "partial", counters: { deleted: 0 } });
  expect(await readdir(at("b"))).toEqual(["extra"]);
});

test("maxDuration ends a run softly, however often it was begun", async () => {
  const run = await ended("maxDuration: 30m", "copy", { started: Date.now() - HOUR });
  expect(run).toMatchObject({ outcome: "partial", counters: { copied: 0 } });
  expect(run.because).toMatch(/^the limit of 30 min.* \(--max-duration\) is reached; 4 files are left$/);
});

test("maxDuration does not count the time in which a run was paused", async () => {
  const paused = { started: Date.now() - HOUR, idle: HOUR - 60_000 };
  expect(await ended("maxDuration: 30m", "copy", paused)).toMatchObject({
    outcome: "succeeded",
    counters: { copied: 4 },
  });
});
