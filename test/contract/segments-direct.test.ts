import { afterEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { latch, type Placing } from "../support/placed-files.ts";
import type { Script, ScriptedServer, Session } from "../support/scripted-server.ts";
import { bytesOf, type Copying, SegmentScene } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(9 * MIB);

const scene = new SegmentScene();
afterEach(() => scene[Symbol.asyncDispose]());

interface Servers {
  readonly source: ScriptedServer;
  readonly target: ScriptedServer;
}

const opened = async (from: Placing, to: Placing = {}, more: Script = {}): Promise<Servers> => ({
  source: await scene.scripted({ ranges: "placed", ...from }, WHOLE, more),
  target: await scene.scripted(to, undefined, more),
});

async function copied({ source, target }: Servers, more: Partial<Copying> = {}) {
  const moved = await scene.copy({
    from: scene.at(source, "source", "/file"),
    to: scene.at(target, "target", "/copy"),
    ...more,
    policy: { fxp: "only", ...more.policy },
  });
  expect(target.files.get("/copy")?.equals(WHOLE)).toBe(true);
  expect([...target.files.keys()]).toEqual(["/copy"]);
  return moved;
}

/** The ranges that a server was asked for, each with its first byte and the first one behind it. */
function rangesOf({ commands }: ScriptedServer): readonly (readonly [number, number])[] {
  return commands
    .filter((line) => line.startsWith("RANG "))
    .map((line) => line.split(" ").slice(1).map(Number))
    .map(([from = 0, last = 0]) => [from, last + 1] as const);
}

/** A target that holds bytes back until so many connections have begun, after the three that try out what it does. */
function together(count: number): Placing {
  const begun = new Set<Session>();
  const all = latch();
  let trials = 3;
  return {
    began: async (verb, _place, session) => {
      if (verb !== "STOR" || (trials -= 1) >= 0) return;
      begun.add(session);
      if (begun.size === count) all.resolve();
      await all.promise;
    },
  };
}

describe("a third-party transfer in segments, from a source with RANG", () => {
  test("goes from server to server on three pairs of connections, each byte once", async () => {
    const servers = await opened({}, together(3));
    const told: number[] = [];
    const moved = await copied(servers, { policy: { segments: 3 }, progress: (bytes) => told.push(bytes) });
    expect(moved).toMatchObject({ by: "third-party", bytes: WHOLE.length, resumedFrom: 0, protected: false });
    expect(moved.because).toBe("both servers allow it; on 3 connections at once");
    expect(Math.max(...told)).toBe(WHOLE.length);
    const isTrial = ([from]: readonly [number, number]) => from === WHOLE.length - 2;
    const asked = rangesOf(servers.source).filter((range) => !isTrial(range));
    const inOrder = asked.toSorted(([one], [other]) => one - other);
    expect(inOrder.map(([from]) => from)).toEqual([0, ...inOrder.slice(0, -1).map(([, to]) => to)]);
    expect(inOrder.at(-1)?.[1]).toBe(WHOLE.length);
  });

  test.each(["open", "start"] as const)(
    "a source that says 350 to RANG and sends more (%s) is asked for the whole file, on one connection",
    async (ranges) => {
      const moved = await copied(await opened({ ranges }));
      expect(moved.by).toBe("third-party");
      expect(moved.because).toBe(
        "both servers allow it; on one connection: source does not send the range that was requested with RANG",
      );
    },
  );

  test("a source that names RANG and refuses it sends the whole file, on one connection", async () => {
    const moved = await copied(await opened({}, {}, { RANG: "502 no ranges today" }));
    expect(moved.because).toMatch(
      /^both servers allow it; on one connection: source: RANG .*no ranges today/,
    );
  });

  test.each(["cut", "appended", "start", "refused"] as const)(
    "a target that writes elsewhere than it is told to (%s) gets the file on one connection",
    async (writes) => {
      const moved = await copied(await opened({}, { writes }));
      expect(moved.by).toBe("third-party");
      expect(moved.because).toMatch(/^both servers allow it; on one connection: .*target/);
    },
  );

  test("a target that lets one connection at a time write gets the file on one", async () => {
    const gone = latch();
    let first: Session | undefined;
    let trials = 3;
    const servers = await opened(
      {},
      {
        writes: "in-turn",
        asked: (verb, _place, session) => {
          first ??= session;
          if (verb === "STOR" && session !== first) session.socket.once("close", () => gone.resolve());
        },
        began: async (verb) => {
          if (verb === "STOR" && (trials -= 1) < 0) await gone.promise;
        },
      },
    );
    const moved = await copied(servers, { policy: { segments: 2 }, timeouts: { replyMs: 2_000 } });
    expect(moved.by).toBe("third-party");
    expect(moved.because).toMatch(/target lets only one connection at a time write the file$/);
  });

  test("a range of which nothing is seen for as long as its server is slow is waited for", async () => {
    const waited = latch();
    let looks = 0;
    let nowMs = 0;
    const clock: Clock = {
      now: () => nowMs,
      sleep: async (ms, signal) => {
        looks += 1;
        // Half a minute passes at once; when that has been looked at, the bytes come.
        if (looks === 1) nowMs += 30_000;
        else waited.resolve();
        if (looks > 1) await systemClock.sleep(ms, signal);
      },
    };
    let trials = 3;
    const hold = async (verb: "RETR" | "STOR") => {
      if (verb === "STOR" && (trials -= 1) < 0) await waited.promise;
    };
    const servers = await opened({}, { began: hold });
    const moved = await copied(servers, {
      clock,
      policy: { segments: 2 },
      extra: 0,
    });
    expect(looks).toBeGreaterThan(1);
    // None was given up and asked for again.
    const asked = rangesOf(servers.source).map(String);
    expect(new Set(asked).size).toBe(asked.length);
    expect(moved.because).toMatch(/^both servers allow it; on one connection; no other connection is free/);
  });

  test("servers that refuse third-party transfers are relayed between in segments, unless that is forbidden", async () => {
    const refusing = { PORT: "500 not to others", EPRT: "500 not to others" };
    const moved = await copied(await opened({}, {}, refusing), { policy: { fxp: "prefer" } });
    expect(moved).toMatchObject({ by: "relay", bytes: WHOLE.length });
    expect(moved.because).toMatch(/500 not to others.*; on (one connection|[234] connections at once)$/);
    await expect(copied(await opened({}, {}, refusing))).rejects.toThrow(/--fxp only.*500 not to others/);
  });

  test("a range that a source cuts off, and says it has sent, is asked for again", async () => {
    let cuts = 2;
    const cut: Placing = {
      hidesEnd: true,
      endsAfter: (_path, at) => (at > MIB && at < 8 * MIB && (cuts -= 1) >= 0 ? 100_000 : undefined),
    };
    const moved = await copied(await opened(cut), { policy: { segments: 2 } });
    expect(cuts).toBeLessThan(0);
    expect(moved).toMatchObject({ by: "third-party", bytes: WHOLE.length });
  });

  test("auto begins on one connection, as without segments, and says why it stays there", async () => {
    const servers = await opened({});
    const moved = await copied(servers, { policy: { segments: "auto" } });
    expect(moved.because).toMatch(
      /^both servers allow it; on one connection: its rate could not be seen, or/,
    );
    expect(rangesOf(servers.source)).toEqual([]);
    const limited = await copied(await opened({}), { policy: { segments: "auto", resume: "off" } });
    expect(limited.because).toMatch(/; on one connection: auto adds connections .* last block .*resumeCheck/);
  });
});
