import { describe, expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import type { Place } from "../../../src/batch/pool.ts";
import { no, yes } from "../../../src/ftp/probe/result.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { PipeliningKnowledge, SidePipelining } from "../../../src/transfer/pipelining.ts";
import { type Memory, shortMemory } from "../../../src/transfer/memory.ts";
import { copyDeps } from "../../support/edges.ts";
import { POLICY } from "../../support/pair.ts";
import {
  type Fate,
  type Manner,
  type Script,
  type ScriptedServer,
  scriptedServer,
  type Session,
} from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;
const DAY = 24 * 3_600_000;
const timeouts = { connectMs: 2_000, replyMs: 300, stallMs: 2_000, idleMs: 60_000 };

/** A server that does something with what came in one write with the command before it. */
function behind(fate: (line: string, session: Session) => Fate): Manner {
  const busy = new WeakSet<Session>();
  return {
    isInTurn: true,
    fate: (line, session) => {
      if (busy.has(session)) return fate(line, session);
      busy.add(session);
      setImmediate(() => busy.delete(session));
      return "answered";
    },
  };
}

const STRANGE: Readonly<Record<string, Manner>> = {
  "loses what is behind": behind(() => "lost"),
  "answers what is behind another one first": {
    isInTurn: true,
    fate: (line) => (line === "PWD" ? "later" : "answered"),
  },
  "closes over what is behind": behind((_line, session) => {
    session.close();
    return "lost";
  }),
};

function sideOf(server: ScriptedServer, more: Parameters<typeof settingsFor>[2] = {}): FtpSide {
  return new FtpSide(settingsFor("alpha", server, { timeouts, ...more }), { clock: systemClock });
}

const tries = (server: ScriptedServer) => server.commands.filter((line) => line === "NOOP").length;
const newManners = (memory = shortMemory(), clock: Clock = systemClock) =>
  PipeliningKnowledge.recall("tester@alpha:21", memory, clock);

/** Six files from a server of an unknown kind to another one, by one lane. */
async function copied(from: ScriptedServer, to: ScriptedServer, memory: Memory) {
  for (let index = 0; index < 6; index += 1) from.files.set(`/${index}`, Buffer.from(`number ${index}`));
  const placeOf = (name: string, server: ScriptedServer): Place => {
    const connect = () => new FtpSide(settingsFor(name, server, { timeouts }), { clock: systemClock });
    return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 2 };
  };
  const request = {
    sources: [{ place: placeOf("source", from), pattern: parsePattern("/*"), shown: "source:/*" }],
    target: { place: placeOf("target", to), path: "/", shown: "target:/" },
    isWanted: () => true,
    onExists: "overwrite",
    parallel: 1,
    transfer: { ...POLICY, fxp: "only", preserveTimes: true },
    retries: 3,
    dryRun: false,
  } as const;
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const summary = await copy(request, copyDeps({ memory, clock }).deps, signal);
  expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 6 } });
  expect(new Map([...to.files].sort())).toEqual(new Map([...from.files].sort()));
  return summary;
}

describe("a server of an unknown kind", () => {
  test("that answers all in order is asked several questions in one write", async () => {
    let size = "";
    // Says nothing to SIZE until the next command is there.
    await using server = await scriptedServer({
      FEAT: ["211-Features", " SIZE", " MDTM", "211 End"],
      SIZE: (_session, path) => void (size = path),
      MDTM: (session) => session.reply(`213 ${size.length}`, "213 20261121000000"),
    });
    const side = sideOf(server);
    await side.acquaint(await newManners(), signal);
    expect(await side.facts("/abc", signal)).toMatchObject({ kind: "file", sizeBytes: 4 });
    await side.close();
  });

  test.each(Object.entries(STRANGE))("that %s is asked one by one from then on", async (_how, manner) => {
    await using server = await scriptedServer({ MDTM: "213 20261121000000" }, manner);
    server.files.set("/abc", Buffer.from("abcd"));
    const [side, memory] = [sideOf(server), shortMemory()];
    const pipelining = await newManners(memory);
    await side.acquaint(pipelining, signal);
    expect(pipelining.takesQuestions).toBe(false);
    expect((await side.client(signal)).pipelining).toBe("nothing");
    expect(await side.facts("/abc", signal)).toMatchObject({ sizeBytes: 4 });
    const before = tries(server);
    await pipelining.settled();
    await side.acquaint(await newManners(memory), signal);
    expect(tries(server)).toBe(before);
    await side.close();
  });

  test.each(Object.entries(STRANGE))("that %s gets and gives every file", async (_how, manner) => {
    await using from = await scriptedServer({}, manner);
    await using to = await scriptedServer({}, manner);
    const memory = shortMemory();
    await copied(from, to, memory);
    for (const key of ["host source", "host target"])
      expect(await memory.recall(key)).toMatchObject({ result: { ahead: { several: { works: false } } } });
  });

  test("is tried once for all files of all runs", async () => {
    const script: Script = { MDTM: "213 20261121000000" };
    await using from = await scriptedServer(script);
    await using to = await scriptedServer(script);
    const memory = shortMemory();
    await copied(from, to, memory);
    expect(await memory.recall("host target")).toMatchObject({
      result: { ahead: { several: { works: true } } },
    });
    const before = [tries(from), tries(to)];
    await copied(from, to, memory);
    expect([tries(from), tries(to)]).toEqual(before);
  });

  test("that loses a question after all is asked one by one from then on", async () => {
    const loses = behind((line) => (line.startsWith("MDTM") ? "lost" : "answered"));
    await using from = await scriptedServer({ MDTM: "213 20261121000000" });
    await using to = await scriptedServer({ MDTM: "213 20261121000000" }, loses);
    const memory = shortMemory();
    await copied(from, to, memory);
    expect(await memory.recall("host source")).toMatchObject({
      result: { ahead: { several: { works: true } } },
    });
    expect(await memory.recall("host target")).toMatchObject({
      result: {
        ahead: {
          several: { works: false, because: "replies to several commands sent in one write were lost" },
        },
      },
    });
  });

  test("that closes over a single command of the try is asked one by one", async () => {
    await using server = await scriptedServer({ NOOP: (session) => session.close() });
    const [side, pipelining] = [sideOf(server), await newManners()];
    await side.acquaint(pipelining, signal);
    expect(pipelining.takesQuestions).toBe(false);
    expect((await side.client(signal)).isUsable).toBe(true);
    await side.close();
  });

  test.each([
    ["of a kind that we know", { greeting: "220 (vsFTPd 3.0.5)" }, {}],
    ["for which its host's file says off", {}, { commandsAhead: false }],
  ] as const)("is not tried %s", async (_when, script, more) => {
    await using server = await scriptedServer(script);
    const [side, pipelining] = [sideOf(server, more), await newManners()];
    await side.acquaint(pipelining, signal);
    expect([tries(server), pipelining.takesQuestions]).toEqual([0, undefined]);
    await side.close();
  });
});

describe("what is known of a server", () => {
  const clockAt = (at: number): Clock => ({ now: () => at, sleep: async () => {} });

  test("is believed for a week", async () => {
    const memory = shortMemory();
    const pipelining = await newManners(memory, clockAt(0));
    await pipelining.find(async () => yes("in order"), signal);
    await pipelining.settled();
    const known = async (at: number) => (await newManners(memory, clockAt(at))).takesQuestions;
    expect([await known(7 * DAY - 1), await known(7 * DAY), await known(-1)]).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });

  test("is what fxpd probe has found out, and stays with the rest of that", async () => {
    const memory = shortMemory();
    const found = {
      family: "unknown",
      ahead: { several: yes("in order"), beyond4096: no("silence") },
      limits: [],
    };
    await memory.remember("host tester@alpha:21", { atMs: 0, result: found });
    const pipelining = await newManners(memory, clockAt(DAY));
    expect(pipelining.takesQuestions).toBe(true);
    pipelining.doubt();
    await pipelining.settled();
    expect(pipelining.takesQuestions).toBe(false);
    expect(await memory.recall("host tester@alpha:21")).toMatchObject({
      atMs: 0,
      result: { ...found, ahead: { several: { works: false, atMs: DAY }, beyond4096: no("silence") } },
    });
  });

  test.each(["", { atMs: "then" }, { atMs: 0, result: {} }, 7])(
    "is nothing where it reads %j",
    async (kept) => {
      const memory = shortMemory();
      await memory.remember("host tester@alpha:21", kept);
      const pipelining = await newManners(memory, clockAt(0));
      expect(pipelining.takesQuestions).toBeUndefined();
      await pipelining.find(async () => yes("in order"), signal);
      expect(pipelining.takesQuestions).toBe(true);
    },
  );

  test("is found out once by all who ask at once, and a cancelled try is no finding", async () => {
    const pipelining = await newManners();
    let count = 0;
    const attempt = async () => {
      count += 1;
      return yes("in order");
    };
    await Promise.all([pipelining.find(attempt, signal), pipelining.find(attempt, signal)]);
    expect(count).toBe(1);
    const other = await newManners();
    const cancelled = AbortSignal.abort(new Error("cancelled"));
    await expect(other.find(async () => Promise.reject(new Error("closed")), cancelled)).rejects.toThrow(
      "cancelled",
    );
    expect(other.takesQuestions).toBeUndefined();
  });
});

describe("what is known of one side", () => {
  const learned = async (side: SidePipelining, finding = yes("in order")) => {
    const server = await newManners();
    await side.learn(server, async () => finding, signal);
    return server;
  };

  test("is nothing before it was tried, and then what the try has found", async () => {
    const side = new SidePipelining();
    expect([side.takesQuestions, side.hasLostReplies]).toEqual([false, false]);
    await learned(side);
    expect([side.takesQuestions, side.hasLostReplies]).toEqual([true, false]);
    await learned(side, no("replies were missing"));
    expect(side.takesQuestions).toBe(false);
  });

  test("follows the route that its files take now", () => {
    const side = new SidePipelining();
    const route = { mayWriteAhead: true };
    side.follow(route);
    expect(side.hasLostReplies).toBe(false);
    route.mayWriteAhead = false;
    expect(side.hasLostReplies).toBe(true);
    side.follow({ mayWriteAhead: true });
    expect(side.hasLostReplies).toBe(false);
  });

  test("is a doubt of the server where replies to questions were lost, and none where nothing was written ahead", async () => {
    const side = new SidePipelining();
    side.lostReplies();
    const server = await learned(side);
    side.lostReplies();
    expect([server.takesQuestions, side.takesQuestions]).toEqual([false, false]);
  });
});
