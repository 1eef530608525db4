import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Begun, type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import { bytesIn } from "../../src/transfer/move/segments/ranges.ts";
import type { Moved, TransferPolicy } from "../../src/transfer/policy.ts";
import { segmentedPath, temporaryPath, transferKey } from "../../src/transfer/publish/temporary-name.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { afterPowerCut, type Left, ledgerOf, LOST } from "../support/crash-left.ts";
import { bytesOf, SegmentScene, type Spot } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const DOWN = bytesOf(5 * MIB);
const UP = bytesOf(9 * MIB);

let local: string;
const scene = new SegmentScene();
beforeAll(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-segments-resume-"));
});
afterAll(() => rm(local, { recursive: true, force: true }));
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  for (const name of await readdir(local)) await rm(join(local, name));
});

/** A few of many, the first and the last among them. */
function some<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.round((at * (all.length - 1)) / (most - 1))] as T);
}

interface World {
  readonly whole: Buffer;
  readonly key: string;
  /** Puts there what a crash has left; `name`: of the partial file. */
  readonly restore: (left: Left) => Promise<void>;
  readonly partial: () => Promise<Buffer | undefined>;
  readonly copy: (ledger: Ledger, policy: Partial<TransferPolicy>, progress?: () => void) => Promise<Moved>;
  /** What stands at the target, under its final name and beside it. */
  readonly target: () => Promise<{ readonly file: Buffer | undefined; readonly others: readonly string[] }>;
  readonly change: () => void;
}

async function download(): Promise<World> {
  let modified = "20261121000000";
  const server = await scene.scripted({ modified: () => modified }, DOWN);
  const path = join(local, "file");
  const key = transferKey(new LocalSide().locate(path));
  const partial = segmentedPath(temporaryPath(path, key, "t"));
  const read = (name: string) => readFile(name).catch(() => undefined);
  return {
    whole: DOWN,
    key,
    restore: async ({ partial: octets }) => {
      for (const name of await readdir(local)) await rm(join(local, name));
      if (octets !== undefined) await writeFile(partial, octets);
    },
    partial: () => read(partial),
    copy: (ledger, policy, progress) =>
      scene.copy({
        from: scene.at(server, "source", "/file"),
        to: scene.here(path),
        ledger,
        policy: { resume: "readback", ...policy },
        ...(progress && { progress }),
      }),
    target: async () => ({
      file: await read(path),
      others: (await readdir(local)).filter((name) => name !== "file"),
    }),
    change: () => {
      modified = "20261122000000";
      server.files.set("/file", Buffer.from(DOWN).reverse());
    },
  };
}

async function upload(): Promise<World> {
  const path = join(local, "file");
  await writeFile(path, UP);
  return stored(scene.here(path));
}

async function direct(): Promise<World> {
  return stored(scene.at(await scene.scripted({ ranges: "placed" }, UP), "source", "/file"));
}

async function stored(from: Spot): Promise<World> {
  const server = await scene.scripted({});
  const to = scene.at(server, "target", "/copy");
  const side = to.connect();
  await side.ready(new AbortController().signal);
  const key = transferKey(side.locate("/copy"));
  const partial = segmentedPath(temporaryPath("/copy", key, "t"));
  return {
    whole: UP,
    key,
    restore: async ({ partial: octets }) => {
      server.files.clear();
      if (octets !== undefined) server.files.set(partial, octets);
    },
    partial: async () => server.files.get(partial),
    copy: (ledger, policy, progress) =>
      scene.copy({
        from,
        to,
        ledger,
        policy: { resume: "readback", ...policy },
        ...(progress && { progress }),
      }),
    target: async () => ({
      file: server.files.get("/copy"),
      others: [...server.files.keys()].filter((name) => name !== "/copy"),
    }),
    change: () => {},
  };
}

/** Copies once, and notes at every step what a process that is killed there would leave. */
async function crashes(world: World): Promise<readonly Left[]> {
  const found: Promise<Left>[] = [];
  let record: Begun | undefined;
  let steps = 0;
  const note = () => {
    const known = record;
    found.push(world.partial().then((partial) => ({ record: known, partial })));
  };
  const ledger = await ledgerOf(world.key, undefined, (now) => {
    record = now;
    note();
  });
  await world.copy(ledger, {}, () => {
    steps += 1;
    if (steps % 16 === 0) note();
  });
  return Promise.all(found);
}

async function expectWhole(world: World, moved: Moved): Promise<void> {
  const { file, others } = await world.target();
  expect(file?.equals(world.whole)).toBe(true);
  expect(others).toEqual([]);
  expect(moved.bytes + moved.resumedFrom).toBe(world.whole.length);
}

describe.each([
  { what: "a download", world: download },
  { what: "an upload", world: upload },
  { what: "a third-party transfer", world: direct },
])("promise 3, resume only onto proof: $what in segments", ({ world: open }) => {
  test("killed at any step, with or without a loss of power, goes on with what is recorded, and with nothing else", async () => {
    const world = await open();
    const all = await crashes(world);
    let resumed = 0;
    for (const [at, left] of some(all, 8).entries()) {
      const now = afterPowerCut(left);
      await world.restore(now);
      // Every other time nobody asks for segments any more.
      const moved = await world.copy(
        await ledgerOf(world.key, left.record),
        at % 2 === 0 ? {} : { segments: undefined },
      );
      await expectWhole(world, moved);
      const recorded = bytesIn(left.record?.written ?? []);
      expect([0, recorded]).toContain(moved.resumedFrom);
      resumed = Math.max(resumed, moved.resumedFrom);
    }
    expect(resumed).toBeGreaterThan(MIB);
  });

  test("whose record is lost, or is of a whole file, begins anew whatever the partial file's length is", async () => {
    const world = await open();
    const all = await crashes(world);
    const last = all.findLast(({ partial }) => partial !== undefined);
    if (last === undefined) throw new Error("expected a partial file");
    const now = afterPowerCut({ ...last, record: undefined });
    expect(now.partial?.length).toBe(world.whole.length);
    const { written: _, ...plain } = last.record ?? { source: "" };
    for (const record of [undefined, plain]) {
      for (const segments of [4, undefined]) {
        await world.restore(now);
        const moved = await world.copy(await ledgerOf(world.key, record), { segments });
        expect(moved.resumedFrom).toBe(0);
        const { file } = await world.target();
        expect(file?.equals(world.whole)).toBe(true);
      }
    }
  });

  test("with an older record than its bytes goes on with the ranges of the record", async () => {
    const world = await open();
    const all = await crashes(world);
    const last = all.findLast(({ partial }) => partial !== undefined);
    const older = all.find(({ record }) => bytesIn(record?.written ?? []) > MIB / 2);
    if (last?.partial === undefined || older?.record === undefined) throw new Error("expected a record");
    await world.restore(last);
    const moved = await world.copy(await ledgerOf(world.key, older.record), {});
    await expectWhole(world, moved);
    expect(moved.resumedFrom).toBe(bytesIn(older.record.written ?? []));
  });

  test("with a record that promises what the file has not begins anew", async () => {
    const world = await open();
    const all = await crashes(world);
    const last = all.findLast(({ partial }) => partial !== undefined);
    if (last?.partial === undefined) throw new Error("expected a partial file");
    const record = { ...last.record, source: last.record?.source ?? "", written: [{ from: 0, to: 3 * MIB }] };
    const partial = Buffer.from(last.partial).fill(LOST, 3 * MIB - 100, 3 * MIB);
    for (const octets of [partial, partial.subarray(0, 2 * MIB), undefined]) {
      await world.restore({ record, partial: octets });
      const moved = await world.copy(await ledgerOf(world.key, record), {});
      await expectWhole(world, moved);
      expect(moved.resumedFrom).toBe(0);
    }
  });

  test("is restarted with --no-resume, and where only a digest would count", async () => {
    const world = await open();
    const last = (await crashes(world)).findLast(({ partial }) => partial !== undefined);
    if (last === undefined) throw new Error("expected a partial file");
    for (const resume of ["off", "digest"] as const) {
      await world.restore(last);
      const moved = await world.copy(await ledgerOf(world.key, last.record), { resume });
      await expectWhole(world, moved);
      expect(moved.resumedFrom).toBe(0);
    }
  });
});

test("promise 3: a source that has changed since is copied from its start", async () => {
  const world = await download();
  const last = (await crashes(world)).findLast(({ partial }) => partial !== undefined);
  if (last === undefined) throw new Error("expected a partial file");
  await world.restore(last);
  world.change();
  const moved = await world.copy(await ledgerOf(world.key, last.record), {});
  expect(moved.resumedFrom).toBe(0);
  expect((await world.target()).file?.equals(Buffer.from(DOWN).reverse())).toBe(true);
  expect((await world.target()).others).toEqual([]);
});

test("promise 8: what one connection had is kept where several go on", async () => {
  const server = await scene.scripted({}, DOWN);
  const path = join(local, "file");
  const key = transferKey(new LocalSide().locate(path));
  const had = 2 * MIB;
  await writeFile(temporaryPath(path, key, "t"), DOWN.subarray(0, had));
  const from = scene.at(server, "source", "/file");
  const side = from.connect();
  await side.ready(new AbortController().signal);
  const record = { source: side.locate("/file"), sizeBytes: DOWN.length, modifiedMs: Date.UTC(2026, 10, 21) };
  const ledger = await ledgerOf(key, record);
  const moved = await scene.copy({ from, to: scene.here(path), ledger, policy: { resume: "readback" } });
  expect(moved).toMatchObject({ resumedFrom: had, bytes: DOWN.length - had });
  expect((await readFile(path)).equals(DOWN)).toBe(true);
  expect(await readdir(local)).toEqual(["file"]);
});

test("promise 8: what had come when a copy was cancelled is not sent again", async () => {
  const server = await scene.scripted({}, DOWN);
  const [from, to] = [scene.at(server, "source", "/file"), scene.here(join(local, "file"))];
  const ledger = memoryLedger("t");
  const cancelling = new AbortController();
  const progress = (bytes: number) => {
    if (bytes >= 3 * MIB) cancelling.abort();
  };
  const cancelled = scene.copy({ from, to, ledger, progress, signal: cancelling.signal });
  await expect(cancelled).rejects.toThrow("aborted");
  const moved = await scene.copy({ from, to, ledger, policy: { resume: "readback" } });
  expect(moved.resumedFrom).toBeGreaterThan(2 * MIB);
  expect(moved.bytes + moved.resumedFrom).toBe(DOWN.length);
  expect((await readFile(join(local, "file"))).equals(DOWN)).toBe(true);
});
