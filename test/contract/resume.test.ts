import { execFile } from "node:child_process";
import { chmod, mkdtemp, open, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { type Begun, memoryLedger } from "../../src/transfer/ledger.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import type { Side } from "../../src/transfer/sides/side.ts";
import type { Moved, TransferPolicy } from "../../src/transfer/policy.ts";
import { transferFile } from "../../src/transfer/file-transfer.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { newRoute, POLICY } from "../support/pair.ts";
import { planBroken } from "../support/partial.ts";
import { type Script, scriptedServer } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;
const localSide: Side = new LocalSide();
const WHOLE = Buffer.alloc(3_000_000, "the beginning, the middle and the end; ");
const HAD = 1_000_000;
/** Beyond what 32 bits can count; sparse, so that it costs no disk. */
const HUGE = 2 ** 32 + 300_000;

let started: Awaited<ReturnType<typeof startServers>>;
let local: string;
beforeAll(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-resume-"));
  started = await startServers([
    ...FAMILIES.map((family) => ({ family })),
    ...FAMILIES.map((family) => ({ family })),
    { family: "proftpd", settings: ["AllowStoreRestart off"] },
    { family: "proftpd", settings: ["AllowRetrieveRestart off"] },
    { family: "proftpd", settings: ["DigestEngine off"] },
  ]);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(local, { recursive: true, force: true });
});

const opened: Side[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((side) => side.close()));
});

/** A place with a directory of its own on this machine's disk. */
interface Spot {
  readonly side: Side;
  readonly root: string;
  readonly at: (name: string) => string;
}

function spotOf(server: RunningServer | undefined, name: string): Spot {
  if (server === undefined) throw new Error("no server");
  const side = new FtpSide(settingsFor(name, server), { clock: systemClock });
  opened.push(side);
  return { side, root: server.root, at: (path) => path };
}

const source = (family: Family) => spotOf(started.servers[FAMILIES.indexOf(family)], "source");
const target = (family: Family) => spotOf(started.servers[4 + FAMILIES.indexOf(family)], "target");
const here = (): Spot => ({ side: localSide, root: local, at: (path) => join(local, path) });

interface Broken {
  readonly from: Spot;
  readonly to: Spot;
  /** What the broken try has left at the target. */
  readonly left?: Buffer;
  readonly whole?: Buffer;
  readonly record?: Partial<Begun>;
  readonly policy?: Partial<TransferPolicy>;
  /** What happens between the tries. */
  readonly meanwhile?: (source: string, partial: string) => Promise<void>;
}

/** Of huge files, what was there before and what came near it is compared: the rest is a hole that nobody has touched. */
async function expectEqual(one: string, two: string): Promise<void> {
  const [{ size }, other] = await Promise.all([stat(one), stat(two)]);
  expect(other.size).toBe(size);
  const cmp = (...args: readonly string[]) => promisify(execFile)("cmp", [...args, one, two]);
  if (size < HUGE) await cmp();
  else for (const at of [0, 2 ** 31 - 500_000, size - 1_000_000]) await cmp("-n", "1000000", "-i", `${at}`);
}

/** Copies a file of which a try before has left something, and looks at what is there then. */
async function copyOn({ from, to, left, whole = WHOLE, record, policy, meanwhile }: Broken): Promise<Moved> {
  const ledger = memoryLedger("t");
  const path = join(from.root, "file");
  await writeFile(path, whole);
  await utimes(path, 1_700_000_000, 1_700_000_000);
  const ends = {
    source: { side: from.side, path: from.at("file") },
    target: { side: to.side, path: to.at("copy") },
  };
  const partial = await planBroken(ledger, ends.source, ends.target, record);
  const onDisk = join(to.root, partial.split("/").at(-1) ?? "");
  await writeFile(onDisk, left ?? whole.subarray(0, HAD));
  await chmod(onDisk, 0o666);
  await meanwhile?.(path, onDisk);
  const context = { policy: { ...POLICY, ...policy }, route: await newRoute(), ledger, clock: systemClock };
  const moved = await transferFile(ends, context, signal);
  await expectEqual(path, join(to.root, "copy"));
  expect((await readdir(to.root)).filter((name) => name.startsWith(".fxpd"))).toEqual([]);
  return moved;
}

const PAIRS = FAMILIES.flatMap((one) => FAMILIES.map((two) => ({ one, two })));
const [third, relay] = [{ fxp: "only" }, { fxp: "never" }] as const;

describe("promise 3, resume only onto proof: a broken copy goes on where it was", () => {
  test.each(PAIRS)("$one → $two, from server to server", async ({ one, two }) => {
    const moved = await copyOn({ from: source(one), to: target(two), policy: third });
    expect(moved).toMatchObject({ by: "third-party", resumedFrom: HAD, bytes: WHOLE.length - HAD });
    expect(moved.because).toMatch(
      /resumed at 1000000: (SHA-512 is equal|the source's size and time have not changed)/,
    );
  });

  test.each(PAIRS)("$one → $two, through us", async ({ one, two }) => {
    const moved = await copyOn({ from: source(one), to: target(two), policy: relay });
    expect(moved).toMatchObject({ by: "relay", resumedFrom: HAD, bytes: WHOLE.length - HAD });
  });

  test.each(FAMILIES)("%s → this machine, and back", async (family) => {
    const away = await copyOn({ from: source(family), to: here() });
    expect(away).toMatchObject({ by: "relay", resumedFrom: HAD, bytes: WHOLE.length - HAD });
    const back = await copyOn({ from: here(), to: target(family) });
    expect(back).toMatchObject({ by: "relay", resumedFrom: HAD, bytes: WHOLE.length - HAD });
  });

  test("when all had arrived already, nothing moves and it is verified all the same", async () => {
    const moved = await copyOn({ from: source("vsftpd"), to: target("proftpd"), left: WHOLE });
    expect(moved).toMatchObject({ bytes: 0, resumedFrom: WHOLE.length });
  });
});

/** One that cannot digest them, which takes ten seconds each. */
const withoutDigests = () => spotOf(started.servers[10], "proftpd");

test.each([
  { one: "vsftpd", two: "proftpd", policy: third },
  { one: "proftpd", two: "pure-ftpd", policy: relay },
  { one: "pure-ftpd", two: "pyftpdlib", policy: relay },
  { one: "pyftpdlib", two: "vsftpd", policy: third },
] as const)("resume across the 4 GiB line: $one → $two, $policy.fxp", async ({ one, two, policy }) => {
  const grow = async (path: string, to: number) => {
    await truncate(path, to);
    const file = await open(path, "r+");
    for (const at of [0, 2 ** 32 - 200_008, 2 ** 32 - 4, 2 ** 32 + 4]) {
      if (at + 8 <= to) await file.write(`@${at}`.slice(0, 8), at);
    }
    await file.close();
    await utimes(path, 1_700_000_000, 1_700_000_000);
  };
  const moved = await copyOn({
    from: one === "proftpd" ? withoutDigests() : source(one),
    to: two === "proftpd" ? withoutDigests() : target(two),
    record: { sizeBytes: HUGE, modifiedMs: 1_700_000_000_000 },
    policy,
    meanwhile: async (path, partial) => {
      for (const one of [path, partial]) await writeFile(one, "");
      await grow(path, HUGE);
      await grow(partial, 2 ** 32 - 200_000);
    },
  });
  expect(moved).toMatchObject({ resumedFrom: 2 ** 32 - 200_000, bytes: 500_000 });
});

describe("promise 3, resume only onto proof: without it, from the start", () => {
  const other = Buffer.alloc(WHOLE.length, "another source altogether ");
  const cases: Readonly<Record<string, Omit<Broken, "from" | "to"> & { because: RegExp }>> = {
    "a source changed between the tries, at the same size": {
      meanwhile: async (path) => {
        await writeFile(path, other);
        await utimes(path, 1_700_000_100, 1_700_000_100);
      },
      because: /the source has changed since the copy started/,
    },
    "a source that has grown": {
      record: { sizeBytes: WHOLE.length - 1 },
      because: /had 2999999 bytes when the copy started, and now has 3000000/,
    },
    "a copy that was begun from another source": {
      record: { source: "ftp://elsewhere/file" },
      because: /belongs to another source/,
    },
    "a partial file longer than its source": {
      left: Buffer.concat([WHOLE, WHOLE]),
      because: /longer than the source/,
    },
    "hardly anything": { left: WHOLE.subarray(0, 1_000), because: /too small to be worth resuming/ },
    "no partial file any more": {
      meanwhile: (_, partial) => rm(partial),
      because: /there is no partial file/,
    },
    "resuming switched off": { policy: { resume: "off" }, because: /turned off/ },
    "a digest asked for that the servers have not": {
      policy: { resume: "digest" },
      because: /no digest of file ranges in common/,
    },
    "a last block that is not the source's, read back": {
      left: Buffer.concat([WHOLE.subarray(0, HAD - 10), Buffer.from("0123456789")]),
      policy: { resume: "readback" },
      because: /the last block of the partial file differs from the source/,
    },
  };
  test.each(Object.entries(cases))("%s", async (_, { because, ...broken }) => {
    const moved = await copyOn({ from: source("vsftpd"), to: target("pure-ftpd"), ...broken });
    expect(moved).toMatchObject({ resumedFrom: 0, because: expect.stringMatching(because) });
  });

  test("a wrong prefix, which two ProFTPDs can tell by a digest", async () => {
    const left = Buffer.from(WHOLE.subarray(0, HAD));
    left[17] = (left[17] ?? 0) ^ 1;
    const moved = await copyOn({ from: source("proftpd"), to: target("proftpd"), left });
    expect(moved).toMatchObject({
      resumedFrom: 0,
      because: expect.stringMatching(/the partial file's SHA-512 differs from the source's/),
    });
  });

  test("a wrong prefix on this machine, of a server that can tell a digest", async () => {
    const left = Buffer.from(WHOLE.subarray(0, HAD));
    left[17] = (left[17] ?? 0) ^ 1;
    const moved = await copyOn({ from: source("proftpd"), to: here(), left });
    expect(moved).toMatchObject({ resumedFrom: 0, because: expect.stringMatching(/SHA-512 differs/) });
  });

  test("the last block, read back and equal, is proof enough", async () => {
    const moved = await copyOn({
      from: source("vsftpd"),
      to: target("pyftpdlib"),
      policy: { resume: "readback" },
    });
    expect(moved).toMatchObject({ resumedFrom: HAD, because: expect.stringMatching(/last block is equal/) });
  });
});

describe.each([
  { role: "target", refusing: 8, because: /from the start: target: (APPE|STOR).*451 .*not permitted/ },
  { role: "source", refusing: 9, because: /from the start: source: RETR.*451 .*not permitted/ },
])("a ProFTPD that allows no restart, as the $role,", ({ role, refusing, because }) => {
  test.each([third, relay])("gets the whole file again, and the record says why ($fxp)", async (policy) => {
    const strict = spotOf(started.servers[refusing], role);
    const [from, to] = role === "source" ? [strict, target("vsftpd")] : [source("vsftpd"), strict];
    const moved = await copyOn({ from, to, policy });
    expect(moved).toMatchObject({
      resumedFrom: 0,
      bytes: WHOLE.length,
      because: expect.stringMatching(because),
    });
  });
});

test("where REST and STOR are refused, and APPE is not, that goes on", async () => {
  const refuses: Script = {
    REST: "502 not here",
    APPE: async (session, path) => {
      session.reply("150 go ahead");
      const before = session.files.get(path) ?? Buffer.alloc(0);
      session.files.set(path, Buffer.concat([before, await session.receive()]));
      session.reply("226 done");
    },
  };
  await using old = await scriptedServer(refuses);
  const from = source("vsftpd");
  await writeFile(join(from.root, "file"), WHOLE);
  for (const policy of [third, relay]) {
    const side = new FtpSide(settingsFor("target", old), { clock: systemClock });
    const ledger = memoryLedger("t");
    const ends = { source: { side: from.side, path: "file" }, target: { side, path: "/copy" } };
    old.files.set(await planBroken(ledger, ends.source, ends.target), Buffer.from(WHOLE.subarray(0, HAD)));
    const context = { policy: { ...POLICY, ...policy }, route: await newRoute(), ledger, clock: systemClock };
    expect(await transferFile(ends, context, signal)).toMatchObject({ resumedFrom: HAD });
    expect([...old.files.keys()]).toEqual(["/copy"]);
    expect(old.files.get("/copy")?.equals(WHOLE)).toBe(true);
    await side.close();
  }
});
