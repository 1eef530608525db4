import { readdirSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileJournal } from "../../../../src/state/journal.ts";
import { fileLedger } from "../../../../src/state/ledger.ts";
import { BusyError } from "../../../../src/transfer/errors.ts";
import type { Begun, TargetClaim, RunScope } from "../../../../src/transfer/ledger.ts";
import { watchSyncCalls } from "../../../support/sync-calls.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-logs-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const begunOf = (key: string): Begun => ({ source: `ftp://a/${key}`, sizeBytes: 4_096, modifiedMs: 7 });
const ALONE: RunScope = { tree: "ftp://b/pub", upcoming: () => [] };
const eventLoop = () => new Promise((resolve) => setImmediate(resolve));

/** A source whose name makes lines long. */
const longOf = (key: string): Begun => ({ source: `ftp://a/${key}/${"x".repeat(100_000)}` });
const logsIn = async () => (await readdir(join(directory, "runs"))).filter((name) => name.endsWith(".log"));

test("the log of a run that goes on for long is replaced, and others still see all that it has", async () => {
  const [ledger, other] = [await fileLedger(directory), await fileLedger(directory)];
  const held = await ledger.claim("held", begunOf("held"), ALONE);
  const first = await logsIn();
  let most = 0;
  for (let at = 0; at < 200; at += 1) {
    await (await ledger.claim(`key${at}`, longOf(`key${at}`), ALONE)).release(false);
    await eventLoop();
    for (const name of await logsIn())
      most = Math.max(most, (await stat(join(directory, "runs", name))).size);
  }
  expect(await logsIn()).toHaveLength(1);
  expect(await logsIn()).not.toEqual(first);
  expect(most).toBeLessThan(2.5 * 2 ** 20);
  const busy = "is writing this target";
  await expect(other.claim("held", begunOf("held"), ALONE)).rejects.toThrow(busy);
  await held.release(false);
  await eventLoop();
  await (await other.claim("held", begunOf("held"), ALONE)).release(false);
});

test("promise 9: who looks for other runs while the log of one is replaced sees that run", async () => {
  const [ledger, other] = [await fileLedger(directory), await fileLedger(directory)];
  const held = await ledger.claim("held", begunOf("held"), ALONE);
  const [before] = await logsIn();
  const source = "x".repeat(3 * 2 ** 20);
  let long: Promise<TargetClaim> | undefined;
  // Its line goes to the log at once, and makes it too long.
  const replace = () => {
    long = ledger.claim("long", { source }, ALONE);
  };
  using watched = watchSyncCalls();
  watched.afterwards.set("readdirSync", replace);
  await expect(other.claim("held", begunOf("held"), ALONE)).rejects.toThrow(BusyError);
  expect(watched.afterwards.size).toBe(0);
  expect(await logsIn()).not.toContain(before);
  await (await long)?.release(false);
  await held.release(false);
});

test("promise 8: the log that replaces another is on the disk before that one is deleted", async () => {
  const ledger = await fileLedger(directory);
  const held = await ledger.claim("held", begunOf("held"), ALONE);
  const before = await logsIn();
  let synced: string[] = [];
  using watched = watchSyncCalls();
  watched.afterwards.set("fdatasyncSync", () => {
    synced = readdirSync(join(directory, "runs")).filter((name) => name.endsWith(".log"));
  });
  const long = await ledger.claim("long", { source: "x".repeat(3 * 2 ** 20) }, ALONE);
  expect(synced).toHaveLength(2);
  expect(synced).toEqual(expect.arrayContaining([...before, ...(await logsIn())]));
  expect(await logsIn()).not.toEqual(before);
  await long.release(false);
  await held.release(false);
});

test("a log is not replaced for what an open journal has noted, nor when it is long", async () => {
  const ledger = await fileLedger(directory);
  const held = await ledger.claim("held", begunOf("held"), ALONE);
  let logs = await logsIn();
  const noted = async (mebibytes: number) => {
    const journal = await fileJournal(directory, "copy", ledger.journals);
    const text = "x".repeat(2 ** 20);
    for (let at = 0; at < mebibytes; at += 1)
      journal.note({ target: `/pub/${at}${text}`, source: {}, stored: {} });
    return journal;
  };
  const short = await noted(5);
  expect(await logsIn()).toEqual(logs);
  await short.close(true);
  expect(await logsIn()).not.toEqual(logs);
  logs = await logsIn();
  expect((await stat(join(directory, "runs", logs[0] ?? ""))).size).toBeLessThan(1_000);
  const long = await noted(17);
  using watched = watchSyncCalls();
  await long.close(true);
  expect(await logsIn()).toEqual(logs);
  expect(watched.calls.get("readSync")).toBeUndefined();
  await held.release(false);
});

test("a log that is listed and cannot be opened is left out, and the others are read", async () => {
  const ledger = await fileLedger(directory);
  const held = await ledger.claim("held", begunOf("held"), ALONE);
  const journal = await fileJournal(directory, "copy", ledger.journals);
  journal.note({ target: "/pub/done", source: { sizeBytes: 1 }, stored: { sizeBytes: 1 } });
  for (const name of ["a.log", "z.log"]) await symlink("nowhere", join(directory, "runs", name));
  using watched = watchSyncCalls();
  const listed = () => {
    if ((watched.calls.get("readdirSync") ?? 0) > 50) throw new Error("it lists the directory without end");
    watched.afterwards.set("readdirSync", listed);
  };
  listed();
  const other = await fileLedger(directory);
  await expect(other.claim("held", begunOf("held"), ALONE)).rejects.toThrow(BusyError);
  expect((await fileJournal(directory, "copy", other.journals)).finished("/pub/done")).toBeDefined();
  await held.release(false);
});
