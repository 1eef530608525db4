import { describe, expect, test } from "vitest";
import { type Memory, shortMemory } from "../../../../src/transfer/memory.ts";
import { Route, routeKey } from "../../../../src/transfer/move/third-party/route.ts";
import { isRouteOf, keysOfHost, rememberedIn } from "../../../../src/transfer/evidence/remembered.ts";

const [A, B] = ["ann@a.example:21", "bob@b.example:2121"];
const clock = { now: () => 1_000, sleep: async () => {} };

async function recalled(key: string, memory: Memory) {
  const route = await Route.recall(key, memory, clock);
  return { helpful: route.helpful, settled: () => route.settled() };
}

describe("what is remembered, as evidence", () => {
  test("of a route: the method that works, and refusals with their words until they count no more", async () => {
    const memory = shortMemory();
    const key = routeKey(A, B);
    const route = await Route.recall(key, memory, clock);
    route.refused({ name: "target-pasv" }, "target-pasv: 500 no", "unknown");
    route.worked({ name: "source-pasv" });
    await route.settled();
    const value = await memory.recall(key);
    const works = { about: "source-pasv", is: "works", because: null, atMs: 1_000, untilMs: null };
    const refused = { about: "target-pasv", is: "refused", because: "500 no", atMs: 1_000, untilMs: 601_000 };
    expect(rememberedIn(key, value, 2_000)).toEqual({
      ...{ kind: "route", source: A, target: B },
      evidence: [works, refused],
    });
    expect(rememberedIn(key, value, 601_000)).toMatchObject({ evidence: [works] });
    expect([A, B, "eve@b.example:21"].map((account) => isRouteOf(key, account))).toEqual([true, true, false]);
  });

  test("of a route: how many connections help one file, for a day, also from and to this machine", async () => {
    const memory = shortMemory();
    const key = routeKey(A, "local");
    const { helpful, settled } = await recalled(key, memory);
    helpful.saw("relayed", { connections: 3, isMost: true, aloneBytesPerSecond: 9 });
    helpful.saw("direct", { connections: 1, isMost: true, aloneBytesPerSecond: 9 });
    await settled();
    const times = { atMs: 1_000, untilMs: 86_401_000 };
    const value = await memory.recall(key);
    expect(rememberedIn(key, value, 2_000)).toEqual({
      ...{ kind: "route", source: A, target: "local" },
      evidence: [
        {
          ...{ about: "segments, through this machine", is: "3 connections" },
          ...{ because: "one more added nothing", ...times },
        },
        { about: "segments, third-party", is: "no gain", because: null, ...times },
      ],
    });
    expect(rememberedIn(key, value, 86_401_000)).toMatchObject({ evidence: [] });
    expect(isRouteOf(key, A)).toBe(true);
    helpful.forget("direct");
    await settled();
    const again = await recalled(key, memory);
    expect(again.helpful.of("direct")).toBeUndefined();
    expect(again.helpful.of("relayed")).toMatchObject({ connections: 3 });
    // What is not understood is forgotten alone.
    await memory.remember(key, { worked: "source-pasv", gains: { relayed: { connections: 0 } } });
    expect(rememberedIn(key, await memory.recall(key), 2_000)).toMatchObject({
      evidence: [{ about: "source-pasv", is: "works" }],
    });
  });

  test("of a host: its ways, and whether it takes questions ahead", () => {
    const ways = {
      ways: { "tls-first": { because: "seen", atMs: 5 }, "silent EPSV": { because: "30s", atMs: 6 } },
    };
    expect(rememberedIn(`ways ${A}`, ways, 10)).toEqual({
      ...{ kind: "host", host: A },
      evidence: [
        { about: "TLS before 150", is: "yes", because: "seen", atMs: 5, untilMs: 86_400_005 },
        { about: "EPSV", is: "no answer", because: "30s", atMs: 6, untilMs: 86_400_006 },
      ],
    });
    expect(rememberedIn(`status ${A}`, { atMs: 8, works: true }, 10)).toMatchObject({
      evidence: [{ about: "listings by STAT", is: "yes", atMs: 8, untilMs: 604_800_008 }],
    });
    // A server that could not be trusted is looked at anew.
    expect(rememberedIn(`status ${A}`, { atMs: 0, works: false }, 1e12)).toMatchObject({ evidence: [] });
    const probed = { atMs: 7, result: { ahead: { several: { works: true, because: "all came" } } } };
    expect(rememberedIn(`host ${A}`, probed, 10)).toMatchObject({
      evidence: [{ about: "questions written ahead", is: "yes", because: "all came", atMs: 7 }],
    });
  });

  test("of a host is all that is forgotten with it", () => {
    expect(keysOfHost(A)).toEqual([`host ${A}`, `status ${A}`, `ways ${A}`]);
  });

  test("anything else, and what cannot be read, is left out", () => {
    expect(rememberedIn("owner", "abcd", 0)).toBeUndefined();
    expect(rememberedIn(routeKey(A, B), "nonsense", 0)).toMatchObject({ evidence: [] });
    expect(rememberedIn(`ways ${A}`, null, 0)).toMatchObject({ evidence: [] });
  });
});
