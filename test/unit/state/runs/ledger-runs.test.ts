import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fileJournal } from "../../../../src/state/journal.ts";
import { fileLedger } from "../../../../src/state/ledger.ts";
import { BusyError } from "../../../../src/transfer/errors.ts";
import type { Begun, RunScope } from "../../../../src/transfer/ledger.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-runs-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const begunOf = (key: string): Begun => ({ source: `ftp://a/${key}`, sizeBytes: 4_096, modifiedMs: 7 });

/** Those of these keys that come after one. */
function scopeOf(keys: readonly string[], index: number): RunScope {
  return {
    tree: "ftp://b/pub",
    upcoming: () => keys.slice(index + 1).map((key) => ({ key, fresh: begunOf(key) })),
  };
}

const eventLoop = () => new Promise((resolve) => setImmediate(resolve));

test("a target of a run has one writer, also where the run began it together with another", async () => {
  const [first, second] = [await fileLedger(directory), await fileLedger(directory)];
  const keys = ["a", "b"];
  const a = await first.claim("a", begunOf("a"), scopeOf(keys, 0));
  await expect(first.claim("a", begunOf("a"), scopeOf(keys, 0))).rejects.toThrow(BusyError);
  await expect(second.claim("a", begunOf("a"), scopeOf([], 0))).rejects.toThrow(
    "another transfer is writing this target",
  );
  await expect(second.claim("a", begunOf("a"))).rejects.toThrow(BusyError);
  const b = await first.claim("b", begunOf("b"), scopeOf(keys, 1));
  await expect(second.claim("b", begunOf("b"), scopeOf([], 0))).rejects.toThrow(BusyError);
  await Promise.all([a.release(false), b.release(false)]);
  await eventLoop();
  const now = await second.claim("a", begunOf("a"), scopeOf([], 0));
  await expect(first.claim("a", begunOf("a"), scopeOf(keys, 0))).rejects.toThrow(BusyError);
  await now.release(false);
  expect(await first.claim("a", begunOf("a"), scopeOf(keys, 0))).toMatchObject({
    begun: undefined,
    mayHaveLeft: false,
  });
});

test("what a run leaves is known to the same run, and to the next one", async () => {
  const ledger = await fileLedger(directory);
  const arrivedBy = { by: "relay", method: null, protected: true } as const;
  const left = await ledger.claim("key", begunOf("key"), scopeOf([], 0));
  await left.begin(begunOf("anew"));
  await left.release(true, arrivedBy);
  await eventLoop();
  const again = await ledger.claim("key", begunOf("key"), scopeOf([], 0));
  expect(again).toMatchObject({ begun: begunOf("anew"), mayHaveLeft: true, arrivedBy });
  await again.release(true);
  const next = await (await fileLedger(directory)).claim("key", begunOf("key"), scopeOf([], 0));
  expect(next).toMatchObject({ begun: begunOf("anew"), mayHaveLeft: true });
});

const REGISTER = new URL("../../../../.config/register.mjs", import.meta.url).href;
const SYNC_CALLS = JSON.stringify(new URL("../../../support/sync-calls.ts", import.meta.url).href);
const moduleOf = (name: string) =>
  JSON.stringify(new URL(`../../../../src/state/${name}.ts`, import.meta.url).href);

/** A process that runs this script in the state directory, and ends with the tests. */
function processOf(script: string): ChildProcessByStdio<Writable, Readable, null> {
  const imports = `
    import { fileLedger } from ${moduleOf("ledger")};
    import { fileJournal } from ${moduleOf("journal")};
    const directory = ${JSON.stringify(directory)};
    const begunOf = (key) => ({ source: "ftp://a/" + key, sizeBytes: 4096, modifiedMs: 7 });
    const scopeOf = (keys) => ({ tree: "ftp://b/pub", upcoming: () => keys.map((key) => ({ key, fresh: begunOf(key) })) });`;
  const options = ["--import", REGISTER, "--input-type=module", "-e", imports + script];
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, ...options], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

/** The next line that a process prints. */
async function lineOf(stream: Readable): Promise<string> {
  let text = "";
  while (!text.includes("\n")) text += String((await once(stream, "data"))[0]);
  return text.trim();
}

// In a process of its own: signs of life of others would count.
test("a file costs two calls of the file system at most, and none that makes, links or removes a directory entry", async () => {
  const child = processOf(`
    import { readdir } from "node:fs/promises";
    import { join } from "node:path";
    import { watchSyncCalls } from ${SYNC_CALLS};
    const eventLoop = () => new Promise((resolve) => setImmediate(resolve));
    const entries = () => Promise.all(["runs", "transfers", "journals"].map((name) => readdir(join(directory, name))));
    const keys = Array.from({ length: 200 }, (_, index) => "key" + index);
    const ledger = await fileLedger(directory);
    const journal = await fileJournal(directory, "copy", ledger.journals);
    await (await ledger.claim("first", begunOf("first"), scopeOf([]))).release(false);
    const before = await entries();
    await eventLoop();
    const watched = watchSyncCalls();
    for (const [index, key] of keys.entries()) {
      const claim = await ledger.claim(key, begunOf(key), scopeOf(keys.slice(index + 1)));
      await eventLoop();
      await claim.release(false);
      journal.note({ target: "/pub/" + key, source: { sizeBytes: 4096 }, stored: { sizeBytes: 4096 } });
    }
    watched[Symbol.dispose]();
    console.log(JSON.stringify({ calls: [...watched.calls], before, after: await entries() }));
    process.exit();`);
  const { calls, before, after } = JSON.parse(await lineOf(child.stdout)) as {
    calls: [string, number][];
    before: string[][];
    after: string[][];
  };
  expect(calls.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(400);
  // The sign of life that is given every few seconds is a time that is set.
  const names = calls.map(([name]) => name).filter((name) => name !== "utimesSync");
  expect(names.sort()).toEqual(["fstatSync", "writeSync"]);
  expect(after).toEqual(before);
});

test("promise 8: of a run that was killed, all that it had begun is found, and what it had finished is not begun again", async () => {
  const child = processOf(`
    const ledger = await fileLedger(directory);
    const journal = await fileJournal(directory, "copy", ledger.journals);
    const done = await ledger.claim("done", begunOf("done"), scopeOf(["begun", "ahead"]));
    const begun = await ledger.claim("begun", begunOf("begun"), scopeOf([]));
    await done.release(false);
    journal.note({ target: "/pub/done", source: { sizeBytes: 1 }, stored: { sizeBytes: 1 } });
    console.log("noted");
    setInterval(() => {}, 1000);`);
  expect(await lineOf(child.stdout)).toBe("noted");
  // It would see that another run has come, and give back what it has begun ahead.
  child.kill("SIGSTOP");
  const before = await fileLedger(directory);
  await expect(before.claim("begun", begunOf("x"), scopeOf([], 0))).rejects.toThrow(
    `process ${child.pid} is writing this target`,
  );
  expect((await fileJournal(directory, "copy", before.journals)).finished("/pub/done")).toBeDefined();
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  const ledger = await fileLedger(directory);
  expect((await readdir(join(directory, "transfers"))).sort()).toEqual(["ahead.json", "begun.json"]);
  const journal = await fileJournal(directory, "copy", ledger.journals);
  expect(journal.finished("/pub/done")).toMatchObject({ target: "/pub/done" });
  for (const key of ["begun", "ahead"]) {
    const claim = await ledger.claim(key, begunOf("x"), scopeOf([], 0));
    expect(claim).toMatchObject({ begun: begunOf(key), mayHaveLeft: true });
    await claim.release(false);
  }
  expect(await ledger.claim("done", begunOf("x"), scopeOf([], 0))).toMatchObject({ mayHaveLeft: false });
  await journal.close(true);
  expect(await readdir(join(directory, "journals"))).toEqual([]);
});

test("a run that ends leaves no log behind; one that was interrupted leaves its journal to the next", async () => {
  const child = processOf(`
    const ledger = await fileLedger(directory);
    const journal = await fileJournal(directory, "copy", ledger.journals);
    const claim = await ledger.claim("key", begunOf("key"), scopeOf(["ahead"]));
    await claim.release(false);
    journal.note({ target: "/pub/key", source: { sizeBytes: 1 }, stored: { sizeBytes: 1 } });
    await journal.close(false);`);
  await once(child, "exit");
  expect(await readdir(join(directory, "runs"))).toEqual(["generation"]);
  expect(await readdir(join(directory, "transfers"))).toEqual([]);
  const { journals } = await fileLedger(directory);
  expect((await fileJournal(directory, "copy", journals)).finished("/pub/key")).toBeDefined();
});

test("promise 9: two processes that begin at once and copy the same files never write one at once", async () => {
  const script = `
    import { mkdirSync, rmdirSync } from "node:fs";
    const keys = Array.from({ length: 120 }, (_, index) => "key" + index);
    await new Promise((resolve) => {
      process.stdin.once("data", resolve);
      console.log("ready");
    });
    const ledger = await fileLedger(directory);
    const result = { won: 0, faults: [] };
    for (const [index, key] of keys.entries()) {
      const claim = await ledger.claim(key, begunOf(key), scopeOf(keys.slice(index + 1))).catch((error) => error);
      if (claim.code === "busy") continue;
      if (claim.release === undefined) result.faults.push(String(claim));
      try {
        mkdirSync(directory + "/mark-" + key);
        rmdirSync(directory + "/mark-" + key);
      } catch (error) {
        result.faults.push(error.code);
      }
      result.won += 1;
      await claim.release?.(false);
    }
    console.log(JSON.stringify(result));
    process.exit();`;
  const children = [processOf(script), processOf(script)];
  await Promise.all(children.map(({ stdout }) => lineOf(stdout)));
  const ends = Promise.all(children.map(({ stdout }) => lineOf(stdout)));
  for (const child of children) child.stdin.write("go");
  const results = (await ends).map((line) => JSON.parse(line) as { won: number; faults: string[] });
  expect(results.flatMap(({ faults }) => faults)).toEqual([]);
  expect(results.reduce((sum, { won }) => sum + won, 0)).toBeGreaterThan(0);
  expect(await readdir(join(directory, "transfers"))).toEqual([]);
}, 60_000);

test("what another process was believed to have left when it was suspended is not given its name", async () => {
  const ledger = await fileLedger(directory);
  const claim = await ledger.claim("key", begunOf("key"), scopeOf([], 0));
  const [log = ""] = (await readdir(join(directory, "runs"))).filter((name) => name.endsWith(".log"));
  expect(await readFile(join(directory, "runs", log), "utf8")).toContain(hostname());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  try {
    expect(() => claim.requireHeld?.()).not.toThrow();
    vi.setSystemTime(Date.now() + 60_000);
    await rm(join(directory, "runs", log));
    expect(() => claim.requireHeld?.()).toThrow(BusyError);
    await claim.release(false);
    const next = await ledger.claim("key", begunOf("key"), scopeOf([], 0));
    expect(() => next.requireHeld?.()).not.toThrow();
  } finally {
    vi.useRealTimers();
  }
});

test("promise 8: a run that is killed at any moment while its log is replaced loses nothing", async () => {
  const child = processOf(`
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const ledger = await fileLedger(directory + "/live");
    const journal = await fileJournal(directory + "/live", "copy", ledger.journals);
    const held = await ledger.claim("held", begunOf("held"), scopeOf(["ahead"]));
    journal.note({ target: "/pub/done", source: { sizeBytes: 1 }, stored: { sizeBytes: 1 } });
    // A copy of the directory as it is before each call from now on.
    const cp = fs.cpSync;
    let moment = 0;
    for (const name of ["openSync", "writeSync", "writeFileSync", "linkSync", "unlinkSync"]) {
      const call = fs[name];
      let isInside = false;
      fs[name] = (...args) => {
        const isOutside = !isInside && (name !== "openSync" || args[1] !== "r");
        isInside = true;
        if (isOutside) cp(directory + "/live", directory + "/moment" + (moment += 1), { recursive: true });
        try {
          return call(...args);
        } finally {
          isInside = false;
        }
      };
    }
    syncBuiltinESMExports();
    await ledger.claim("long", { source: "x".repeat(3 * 2 ** 20) }, scopeOf([]));
    console.log(JSON.stringify(moment));
    setInterval(() => {}, 1000);`);
  const moments = Number(await lineOf(child.stdout));
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(moments).toBeGreaterThan(5);
  for (let moment = 1; moment <= moments; moment += 1) {
    const at = join(directory, `moment${moment}`);
    const logs = (await readdir(join(at, "runs"))).filter((name) => name.endsWith(".log"));
    const ledger = await fileLedger(at);
    const records = (await readdir(join(at, "transfers"))).filter((name) => name !== "long.json");
    expect({ moment, logs: logs.length > 0, records: records.sort() }).toEqual({
      ...{ moment, logs: true, records: ["ahead.json", "held.json"] },
    });
    const journal = await fileJournal(at, "copy", ledger.journals);
    expect(journal.finished("/pub/done")).toMatchObject({ target: "/pub/done" });
    expect(await ledger.claim("held", begunOf("x"), scopeOf([], 0))).toMatchObject({
      begun: begunOf("held"),
    });
  }
});
