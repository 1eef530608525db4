import { beforeEach, expect, test } from "vitest";
import { accountKey } from "../../../../src/ftp/settings.ts";
import { waysOf } from "../../../../src/ftp/ways.ts";
import { shortMemory } from "../../../../src/transfer/memory.ts";
import {
  FRESH_MS,
  keepWaysIn,
  readWays,
  recallWays,
  waysKey,
} from "../../../../src/transfer/sides/kept-ways.ts";
import { settingsFor } from "../../../support/settings.ts";

let index = 0;
let nowMs = 1_000;
const clock = { now: () => nowMs, sleep: async () => {} };

/** A server that this process has not met, and a memory in which something may be forgotten. */
function scene() {
  index += 1;
  const host = settingsFor("edge", { address: `server${index}.example`, port: 21 });
  const memory = shortMemory();
  const key = waysKey(accountKey(host));
  keepWaysIn(memory, clock);
  const kept = async () => readWays(await memory.recall(key), nowMs).map(({ way }) => way);
  return { host, memory, key, ways: waysOf(host), kept };
}

beforeEach(() => void (nowMs = 1_000));

test("what is forgotten while the process goes on is not believed any more, and not written again", async () => {
  const { host, memory, key, ways, kept } = scene();
  await recallWays(host);
  ways.unanswered("EPSV", "no reply within 1s");
  await expect.poll(kept).toEqual(["silent EPSV"]);
  await memory.remember(key, undefined);
  nowMs += FRESH_MS - 1;
  await recallWays(host);
  expect(ways.has("silent EPSV")).toBe(true);
  nowMs += 1;
  await recallWays(host);
  expect(ways.has("silent EPSV")).toBe(false);
  ways.learn("tls-first", "it worked");
  await expect.poll(kept).toEqual(["tls-first"]);
});

test("what another process has seen is known, and is kept when this one notes something", async () => {
  const { host, memory, key, ways, kept } = scene();
  await recallWays(host);
  await memory.remember(key, { ways: { "silent MLSD": { because: "30s", atMs: nowMs } } });
  nowMs += FRESH_MS;
  await recallWays(host);
  expect(ways.silent).toEqual([{ verb: "MLSD", because: "30s" }]);
  ways.learn("tls-first", "it worked");
  await expect.poll(kept).toEqual(["silent MLSD", "tls-first"]);
});

test("where a memory is given back, what was kept before is asked again", async () => {
  const { host, memory, key, ways } = scene();
  await memory.remember(key, { ways: { "silent MLSD": { because: "30s", atMs: nowMs } } });
  const other = keepWaysIn(shortMemory(), clock);
  await recallWays(host);
  expect(ways.silent).toEqual([]);
  other[Symbol.dispose]();
  await recallWays(host);
  expect(ways.silent).toEqual([{ verb: "MLSD", because: "30s" }]);
});

test("a command that is answered after all is not taken to be silent", async () => {
  const { host, memory, key, ways, kept } = scene();
  await memory.remember(key, { ways: { "silent EPSV": { because: "30s", atMs: nowMs } } });
  await recallWays(host);
  expect(ways.has("silent EPSV")).toBe(true);
  ways.answered("EPSV");
  expect(ways.has("silent EPSV")).toBe(false);
  await expect.poll(kept).toEqual([]);
});

test("what cannot be saved counts in this process all the same", async () => {
  const { host, ways } = scene();
  const recall = async () => undefined;
  keepWaysIn({ recall, remember: () => Promise.reject(new Error("disk full")) }, clock);
  await recallWays(host);
  ways.learn("tls-first", "it worked");
  nowMs += FRESH_MS;
  await recallWays(host);
  expect(ways.has("tls-first")).toBe(true);
});
