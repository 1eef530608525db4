import { afterEach, describe, expect, test } from "vitest";
import { newRoute } from "../support/pair.ts";
import type { Placing } from "../support/placed-files.ts";
import type { Script, ScriptedServer } from "../support/scripted-server.ts";
import { bytesOf, type Copying, SegmentScene } from "../support/segment-scene.ts";
import { BLOCK, SlowSource } from "../support/slow-source.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(24 * MIB);

const scene = new SegmentScene();
afterEach(() => scene[Symbol.asyncDispose]());

interface Auto {
  readonly slow: SlowSource;
  readonly target?: Placing;
  readonly script?: Script;
  readonly copying?: Partial<Copying>;
}

/** A copy from server to server with `auto`; `target` has the file afterwards, and nothing else. */
async function copied({ slow, target: placing, script, copying }: Auto) {
  const source = await scene.scripted(slow.placing, WHOLE, script);
  const received = (bytes: number, path: string) => path.endsWith(".part") && slow.received(bytes);
  const target = await scene.scripted({ received, ...placing });
  const moved = await scene.copy({
    from: scene.at(source, "source", "/file"),
    to: scene.at(target, "target", "/copy"),
    clock: slow.clock,
    look: () => Promise.resolve(slow.came),
    returned: () => slow.hold(false),
    ...copying,
    policy: { fxp: "only", segments: "auto", ...copying?.policy },
  });
  expect(target.files.get("/copy")?.equals(WHOLE)).toBe(true);
  expect([...target.files.keys()]).toEqual(["/copy"]);
  expect(moved.by).toBe("third-party");
  return { moved, source, target };
}

const stores = ({ commands }: ScriptedServer) => commands.filter((line) => line.startsWith("STOR "));
const ranges = ({ commands }: ScriptedServer) =>
  commands.filter((line) => line.startsWith("RANG ")).map((line) => line.split(" ").slice(1).map(Number));

/** The first further connection is tried beside the first one; so many are at work by the time of the last that is wanted. */
function wanting(slow: SlowSource, most: number) {
  let count = 0;
  return {
    get count() {
      return count;
    },
    wanted: () => {
      count += 1;
      if (count === 1) slow.hold(true);
      else if (count <= most) slow.expect(count);
      else slow.free();
    },
  };
}

describe("a third-party transfer with segments: auto", () => {
  test("goes on with two connections where each is limited, from where the first one was, and asks for a third", async () => {
    const slow = new SlowSource("each", WHOLE);
    const told: number[] = [];
    const further = wanting(slow, 2);
    const { moved, source } = await copied({
      slow,
      copying: { extra: 2, wanted: further.wanted, progress: (bytes) => told.push(bytes) },
    });
    expect(further.count).toBe(3);
    expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0, protected: false });
    expect(moved.because).toBe(
      `both servers allow it; on 2 connections at once; no other connection is free (limits.connections); the first ${5 * MIB} bytes on one connection`,
    );
    expect(Math.max(...told)).toBe(WHOLE.length);
    // What the first connection has brought is not asked for again.
    const least = Math.min(...ranges(source).flatMap(([from = 0]) => (from > BLOCK ? [from] : [])));
    expect(least).toBeGreaterThanOrEqual(5 * MIB);
  });

  test("gives the third connection up after its range where two are limited together", async () => {
    const slow = new SlowSource("two", WHOLE);
    const further = wanting(slow, 3);
    let ended = 0;
    const progress = () => {
      // Three ranges have ended, and with them it is decided.
      if (further.count === 3 && (ended += 1) === 3) slow.free();
    };
    const { moved } = await copied({ slow, copying: { wanted: further.wanted, progress } });
    expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0 });
    expect(moved.because).toBe(
      `both servers allow it; on 3 connections at once; connection 3 did not add to the rate; the first ${5 * MIB} bytes on one connection`,
    );
  });

  test.each([
    ["all connections are limited together", "together", 1.2],
    ["a range takes as long as all that is behind its beginning", "to-the-end", 1],
  ] as const)("does not stop the first connection where %s", async (_, limit, times) => {
    const [slow, route] = [new SlowSource(limit, WHOLE), await newRoute()];
    const further = wanting(slow, 1);
    const { moved, source, target } = await copied({ slow, copying: { route, wanted: further.wanted } });
    expect(further.count).toBe(1);
    expect(moved.because).toBe(
      "both servers allow it; on one connection: connection 2 did not add to the rate",
    );
    expect(slow.clock.now()).toBeLessThanOrEqual((times * WHOLE.length * 1_000) / MIB);
    expect(stores(target).filter((line) => line.endsWith(".part"))).toHaveLength(1);
    expect(ranges(source).filter(([from = 0, to = 0]) => to - from > BLOCK)).toHaveLength(1);
    expect(route.helpful.of("direct")).toMatchObject({ connections: 1, aloneBytesPerSecond: MIB });
  });

  test("asks for its share of all that is left where ranges have begun to take as long as all that is behind them", async () => {
    const [slow, route] = [new SlowSource("to-the-end", WHOLE), await newRoute()];
    route.helpful.saw("direct", { connections: 2, isMost: true, aloneBytesPerSecond: MIB });
    slow.expect(2);
    const forget = route.helpful.forget.bind(route.helpful);
    // It is decided then, and nobody looks at the clock any more.
    route.helpful.forget = (way) => {
      forget(way);
      slow.free();
    };
    const { moved, source } = await copied({ slow, copying: { route, extra: 1 } });
    expect(moved.because).toMatch(/2 connections move no more than one did before/);
    expect(route.helpful.of("direct")).toBeUndefined();
    const lengths = ranges(source).map(([from = 0, last = 0]) => last + 1 - from);
    expect(Math.max(...lengths)).toBeGreaterThan(8 * MIB);
  });

  test("begins in segments where they helped an earlier file", async () => {
    const [slow, route] = [new SlowSource("each", WHOLE), await newRoute()];
    route.helpful.saw("direct", { connections: 2, isMost: true, aloneBytesPerSecond: MIB });
    slow.free();
    let count = 0;
    const { moved, source } = await copied({ slow, copying: { route, wanted: () => (count += 1) } });
    expect(count).toBe(1);
    expect(moved.because).not.toMatch(/on one connection/);
    const first = source.commands.find((line) => /^(RANG|REST|RETR) /.test(line));
    expect(first).toMatch(/^RANG /);
  });

  test("tries no other connection where one added nothing to an earlier file", async () => {
    const [slow, route] = [new SlowSource("each", WHOLE), await newRoute()];
    route.helpful.saw("direct", { connections: 1, isMost: true, aloneBytesPerSecond: MIB });
    let count = 0;
    const { moved, target } = await copied({ slow, copying: { route, wanted: () => (count += 1) } });
    expect(count).toBe(0);
    expect(moved.because).toMatch(/; on one connection: another one added nothing to an earlier file$/);
    expect(stores(target)).toHaveLength(1);
  });

  test.each([
    [
      "no other connection is free",
      {},
      { extra: 0 },
      /; on one connection: no other one is free \(limits\.connections\)$/,
    ],
    [
      "the source does not end where RANG says",
      { RANG: "350 whatever" },
      { extra: 1 },
      /; on one connection: source does not send the range/,
    ],
    [
      "the source refuses RANG",
      { RANG: "502 no ranges today" },
      { extra: 1 },
      /; on one connection: source: RANG .*no ranges today/,
    ],
  ] as const)("where %s, the first connection is not stopped", async (_, script, copying, because) => {
    const slow = new SlowSource("each", WHOLE);
    const wanted = () => slow.hold(copying.extra !== 0);
    const { moved, target } = await copied({ slow, script, copying: { ...copying, wanted } });
    expect(moved.because).toMatch(because);
    expect(stores(target)).toHaveLength(1);
  });
});
