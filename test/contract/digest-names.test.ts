import { createHash } from "node:crypto";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { moveOne } from "../support/pair.ts";
import { planBroken } from "../support/partial.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;
const WHOLE = Buffer.alloc(3_000_000, "the beginning, the middle and the end; ");
const HAD = 1_000_000;

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers([{ family: "proftpd" }, { family: "proftpd" }]);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

const NAMES = ["plain", "a b", "with a space 0 5", "y 5", "two  spaces", 'quo"te \\ 0 5', "naïve 名前"];

const sideOf = (name: string, server: RunningServer) =>
  new FtpSide(settingsFor(name, server), { clock: systemClock });

test.each(NAMES)("ProFTPD digests the first octets of a file called %s, and all of them", async (name) => {
  const [server] = started.servers as [RunningServer];
  await writeFile(join(server.root, name), WHOLE);
  const side = sideOf("one", server);
  for (const [algorithm, hash] of [
    ["SHA-512", "sha512"],
    ["MD5", "md5"],
  ] as const) {
    const digest = (octets: Buffer) => createHash(hash).update(octets).digest("hex");
    const extent = { sizeBytes: WHOLE.length, length: HAD };
    expect(await side.digest(name, algorithm, extent, signal)).toBe(digest(WHOLE.subarray(0, HAD)));
    expect(await side.digest(name, algorithm, { sizeBytes: WHOLE.length }, signal)).toBe(digest(WHOLE));
  }
  await side.close();
});

test.each(NAMES)("a broken copy of %s goes on by digest between two ProFTPDs", async (name) => {
  const [source, target] = started.servers as [RunningServer, RunningServer];
  await writeFile(join(source.root, name), WHOLE);
  const ledger = memoryLedger("t");
  const [from, to] = [sideOf("source", source), sideOf("target", target)];
  const partial = await planBroken(ledger, { side: from, path: name }, { side: to, path: name });
  const left = join(target.root, basename(partial));
  await writeFile(left, WHOLE.subarray(0, HAD));
  await chmod(left, 0o666);
  const moved = await moveOne({ source, target, from: name, to: name, ledger });
  expect(moved).toMatchObject({ resumedFrom: HAD, bytes: WHOLE.length - HAD });
  expect(moved.because).toMatch(/resumed at 1000000: SHA-512 is equal up to there/);
  expect((await readFile(join(target.root, name))).equals(WHOLE)).toBe(true);
  expect((await readdir(target.root)).filter((one) => one.startsWith(".fxpd"))).toEqual([]);
  await Promise.all([from.close(), to.close()]);
});
