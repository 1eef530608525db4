import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { CopyEvent } from "../../src/batch/events.ts";
import type { Place } from "../../src/batch/pool.ts";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import type { CopyRequest } from "../../src/copy/request.ts";
import { connectRedis } from "../../src/orchestrator/kv/connect.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { RedisRates } from "../../src/orchestrator/kv/stores/rates.ts";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { parseTimetable, type RateTimetable } from "../../src/shared/rate/timetable.ts";
import { LocalRates } from "../../src/transfer/rate-limit.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { settingsFor } from "../support/settings.ts";
import { treeServer } from "../support/tree-server.ts";

/** Time that passes only when somebody waits; all who wait, wait side by side. */
function virtualClock(startMs: number): Clock & { readonly waitedMs: () => number } {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    waitedMs: () => nowMs - startMs,
    async sleep(ms, signal) {
      const untilMs = nowMs + ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

const SIZE = 250_000;
const FILES = 8;
const limited = (text: string): RateTimetable => {
  const timetable = parseTimetable(text);
  if (timetable === undefined) throw new Error("no limit");
  return timetable;
};

/** Copies the files over four lanes, and says how long that took by the clock of the limit. */
async function copied(
  more: Partial<CopyRequest>,
  startMs: number,
  limits: Pick<Place, "rate" | "rateTo" | "rateFrom"> = {},
) {
  const entries = Array.from({ length: FILES }, (_, index) => ({
    ...{ name: `f${index}`, kind: "file" as const, sizeBytes: SIZE },
  }));
  await using from = await treeServer({ tree: (path) => (path === "/" ? entries : undefined) });
  await using to = await treeServer();
  const clock = virtualClock(startMs);
  const place = (name: string, server: typeof from): Place => ({
    ...{ key: name, name, at: (path: string) => `${name}:${path}`, limit: 4 },
    connect: () => new FtpSide(settingsFor(name, server), { clock: systemClock }),
    ...limits,
  });
  const request: CopyRequest = {
    sources: [{ place: place("from", from), pattern: parsePattern("/*"), shown: "from:/*" }],
    ...{ target: { place: place("to", to), path: "/", shown: "to:/" }, isWanted: () => true },
    ...{ onExists: "overwrite" as const, parallel: 4, transfer: POLICY, retries: 0, dryRun: false },
    ...more,
  };
  const { deps, events } = copyDeps({ rates: new LocalRates(clock) });
  const summary = await copy(request, deps, AbortSignal.timeout(60_000));
  const transfers = events.filter((event: CopyEvent) => event.event === "transfer");
  return { summary, transfers, seconds: clock.waitedMs() / 1_000 };
}

/** 2026-11-30 is a Monday. */
const MONDAY_MS = new Date(2026, 10, 30, 7, 59, 50).getTime();
const RELAY = { ...POLICY, fxp: "never" } as const;

describe("a limit of the rate", () => {
  test("is kept within 5 % by four lanes through this machine", async () => {
    const rate = 200_000;
    const { summary, transfers, seconds } = await copied(
      { transfer: RELAY, bwlimit: limited(String(rate)) },
      MONDAY_MS,
    );
    expect(summary).toMatchObject({ outcome: "succeeded", bytes: { relayed: FILES * SIZE } });
    expect(transfers.map(({ limitedBy }) => limitedBy)).toEqual(Array(FILES).fill("pacing"));
    expect(Math.abs((FILES * SIZE) / seconds / rate - 1)).toBeLessThan(0.05);
  });

  test("changes in the middle of a run", async () => {
    // Ten seconds at 50 kB, and the rest of 2 MB at 1 MB.
    const bwlimit = limited("00:00,50000 08:00,1000000");
    const { summary, seconds } = await copied({ transfer: RELAY, bwlimit }, MONDAY_MS);
    expect(summary.outcome).toBe("succeeded");
    expect(seconds).toBeGreaterThan(10 + 1.5 * 0.95 - 0.2);
    expect(seconds).toBeLessThan(10 + 1.5 * 1.05 + 0.2);
  });

  test("of a host holds for what goes to it", async () => {
    const { summary, seconds } = await copied({ transfer: RELAY }, MONDAY_MS, { rate: limited("400000") });
    expect(summary.outcome).toBe("succeeded");
    expect(Math.abs((FILES * SIZE) / seconds / 400_000 - 1)).toBeLessThan(0.05);
  });

  test("of a link holds from the one host to the other, beside that of a host, and for no other link", async () => {
    const link = (name: string) =>
      copied({ transfer: RELAY }, MONDAY_MS, { rateTo: { [name]: limited("400000") } });
    expect(Math.abs((FILES * SIZE) / (await link("to")).seconds / 400_000 - 1)).toBeLessThan(0.05);
    expect((await link("elsewhere")).seconds).toBe(0);
    const from = (name: string) =>
      copied({ transfer: RELAY }, MONDAY_MS, { rateFrom: { [name]: limited("400000") } });
    expect(Math.abs((FILES * SIZE) / (await from("from")).seconds / 400_000 - 1)).toBeLessThan(0.05);
    expect((await from("elsewhere")).seconds).toBe(0);
    const both = { rate: limited("200000"), rateTo: { to: limited("400000") } };
    const { seconds, transfers } = await copied({ transfer: RELAY }, MONDAY_MS, both);
    expect(Math.abs((FILES * SIZE) / seconds / 200_000 - 1)).toBeLessThan(0.05);
    expect(transfers.map(({ limitedBy }) => limitedBy)).toEqual(Array(FILES).fill("pacing"));
  });

  test("decides when files begin that go from server to server", async () => {
    const rate = 100_000;
    const transfer = { ...POLICY, fxp: "only" } as const;
    const { summary, transfers, seconds } = await copied(
      { transfer, bwlimit: limited(String(rate)) },
      MONDAY_MS,
    );
    expect(summary).toMatchObject({ outcome: "succeeded", bytes: { thirdParty: FILES * SIZE } });
    expect(transfers.map(({ limitedBy }) => limitedBy)).toEqual(Array(FILES).fill("admission"));
    // The last one begins when there was room for all before it.
    expect(seconds).toBeGreaterThanOrEqual(((FILES - 1) * SIZE) / rate - 0.2);
    expect(seconds).toBeLessThan((FILES * SIZE) / rate);
  });
});

describe("a limit that workers share", () => {
  let server: TestRedis;
  let client: RedisClient;
  beforeAll(async () => {
    server = await startRedis();
    const address = { host: "127.0.0.1", port: server.port };
    client = await connectRedis(
      { kind: "server", address, database: 0 },
      { whenAway: "wait", tell: () => {}, onBadRow: () => {} },
    );
  });
  afterAll(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  test("gives each the time that all before it have taken", async () => {
    const waits: number[] = [];
    const clock: Clock = { now: () => MONDAY_MS, sleep: async (ms) => void waits.push(ms) };
    const worker = (run: string) =>
      new RedisRates(client, new KeyNames("rates"), run, clock).of("run", limited("1000"));
    const signal = new AbortController().signal;
    const [one, two, other] = [worker("r"), worker("r"), worker("s")];
    await one.take(60_000, signal);
    await two.take(60_000, signal);
    await other.take(1_000, signal);
    // Sixty seconds for the first; some of them have passed since.
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThan(30_000);
    expect(waits[0]).toBeLessThanOrEqual(60_000);
    two.giveBack(60_000);
    one.giveBack(60_000);
    await one.take(1_000, signal);
    expect(waits).toHaveLength(1);
  });

  test("is not lost with a slice that had taken more than it moved, nor with a file that was interrupted", async () => {
    const rate = 1_000;
    const clock: Clock = { now: () => MONDAY_MS, sleep: () => Promise.reject(new Error("interrupted")) };
    const names = new KeyNames("slices");
    const signal = new AbortController().signal;
    const slice = () => new RedisRates(client, names, "r", clock);
    for (let ended = 0; ended < 20; ended += 1) {
      using rates = slice();
      await rates.of("run", limited(String(rate))).take(1, signal);
    }
    const [key = ""] = await client.keys("*slices*");
    const takenMs = async () => Number(await client.get(key));
    const afterSlices = await takenMs();
    const [seconds, micros] = await client.time();
    // Twenty bytes have moved, which takes 20 ms; twenty slices would have held 200 ms each.
    expect(afterSlices - (Number(seconds) * 1_000 + Number(micros) / 1_000)).toBeLessThan(1_000);
    using rates = slice();
    const limit = rates.of("run", limited(String(rate)));
    await limit.take(100_000, signal);
    const before = await takenMs();
    await expect(limit.take(50_000, signal)).rejects.toThrow("interrupted");
    await vi.waitFor(async () => expect(await takenMs()).toBeCloseTo(before, 0));
  });

  test("is kept within 5 % by four workers over ten seconds, by the clock of Redis", async () => {
    const rate = 100_000;
    const clock: Clock = { now: () => MONDAY_MS, sleep: async (ms) => void waits.push(ms) };
    const waits: number[] = [];
    const names = new KeyNames("four");
    const workers = [1, 2, 3, 4].map(() =>
      new RedisRates(client, names, "r", clock).of("run", limited(String(rate))),
    );
    const signal = new AbortController().signal;
    const redisMs = async () => {
      const [seconds, micros] = await client.time();
      return Number(seconds) * 1_000 + Number(micros) / 1_000;
    };
    // Pieces of a twentieth of a second, as bytes that pass through a worker are cut into.
    const [piece, pieces] = [rate / 20, 52];
    const takeOne = () => Promise.all(workers.map((one) => one.take(piece, signal)));
    const beganMs = await redisMs();
    await takeOne();
    const begunMs = await redisMs();
    for (let taken = 1; taken < pieces; taken += 1) await takeOne();
    const endMs = await redisMs();
    // The bytes of 10.4 seconds: until then all of the rate is taken, and nobody was let through much earlier.
    const expectedMs = (workers.length * pieces * piece * 1_000) / rate;
    const [key = ""] = await client.keys("*four*");
    const takenUntilMs = Number(await client.get(key));
    expect(takenUntilMs - beganMs).toBeGreaterThan(0.95 * expectedMs);
    expect(takenUntilMs - begunMs).toBeLessThan(1.05 * expectedMs);
    expect(Math.max(...waits)).toBeGreaterThan(takenUntilMs - endMs - 0.05 * expectedMs);
  });
});
