import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { beforeAbort } from "../../src/ftp/connection/dial.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { latch, type Placing, sendUnlessClosed } from "../support/placed-files.ts";
import type { Script, ScriptedServer, Session } from "../support/scripted-server.ts";
import { newRoute } from "../support/pair.ts";
import { bytesOf, type Copying, SegmentScene } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
/** What is tried out, or read back, is no larger. */
const BLOCK = 65_536;
const WHOLE = bytesOf(24 * MIB);

const scene = new SegmentScene();
afterEach(() => scene[Symbol.asyncDispose]());

/** What one connection sends; the first one has no end that RANG has set. */
interface Sending {
  readonly data: Socket;
  readonly rest: Buffer;
  readonly done: () => void;
}

/**
 * A source that sends a MiB a second by the clock of the test, on each connection or on all together. No time is waited for:
 * the clock goes on when what was sent has come, and as many connections as are expected have something to send.
 */
class SlowSource {
  readonly #perConnection: boolean;
  readonly #ranges: Sending[] = [];
  #first: { readonly data: Socket; sent: number } | undefined;
  #changed = latch();
  #nowMs = 0;
  #connections = 1;
  #isHeld = false;
  #isFree = false;
  #came = 0;

  constructor(perConnection: boolean) {
    this.#perConnection = perConnection;
  }

  readonly placing: Placing = {
    ranges: "placed",
    sends: async (session: Session, rest: Buffer, _at: number, isRange: boolean) => {
      if (this.#isFree || (isRange ? rest.length <= BLOCK : this.#first !== undefined))
        return sendUnlessClosed(session, rest);
      const data = await session.data();
      session.socket.once("close", () => data.end());
      const over = new Promise<void>((resolve) => data.once("close", () => resolve()));
      if (isRange) {
        const sent = latch();
        this.#ranges.push({ data, rest, done: sent.resolve });
        this.#endRanges();
        await sent.promise;
      } else {
        this.#first = { data, sent: 0 };
        this.#change();
      }
      return over;
    },
  };

  readonly clock: Clock = {
    now: () => this.#nowMs,
    sleep: async (ms, signal) => {
      await (signal === undefined ? this.#pass(ms) : beforeAbort(this.#pass(ms), signal));
    },
  };

  /** Bytes that the target has of what the first connection sends. */
  received(bytes: number): void {
    this.#came = bytes;
    this.#change();
  }

  get came(): number {
    return this.#came;
  }

  /** Whether the first connection sends nothing for now. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#change();
  }

  /** So many connections are to have a range before one ends. */
  expect(connections: number): void {
    this.#connections = connections;
  }

  /** All else comes at once. */
  free(): void {
    this.#isFree = true;
    for (const one of this.#ranges.splice(0)) this.#send(one);
  }

  async #pass(ms: number): Promise<void> {
    // What has all been sent is over at any moment.
    while (this.#first === undefined || this.#isHeld || this.#first.sent >= WHOLE.length)
      await this.#changed.promise;
    const bytes = (MIB * ms) / 1_000;
    this.#first.data.write(WHOLE.subarray(this.#first.sent, this.#first.sent + bytes));
    this.#first.sent += bytes;
    if (this.#first.sent >= WHOLE.length) this.#first.data.end();
    while (this.#came < Math.min(WHOLE.length, this.#first.sent)) await this.#changed.promise;
    this.#nowMs += ms;
  }

  /** All that have begun end together, the time later that the longest takes. */
  #endRanges(): void {
    if (this.#ranges.length < this.#connections) return;
    const ending = this.#ranges.splice(0);
    const bytes = ending.map(({ rest }) => rest.length);
    const slowest = this.#perConnection ? Math.max(...bytes) : bytes.reduce((sum, one) => sum + one, 0);
    this.#nowMs += (slowest * 1_000) / MIB;
    for (const one of ending) this.#send(one);
  }

  #send({ data, rest, done }: Sending): void {
    data.end(rest);
    done();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = latch();
  }
}

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
    ...copying,
    policy: { fxp: "only", segments: "auto", ...copying?.policy },
  });
  expect(target.files.get("/copy")?.equals(WHOLE)).toBe(true);
  expect([...target.files.keys()]).toEqual(["/copy"]);
  expect(moved.by).toBe("third-party");
  return { moved, source, target };
}

const stores = ({ commands }: ScriptedServer) => commands.filter((line) => line.startsWith("STOR "));

describe("a third-party transfer with segments: auto", () => {
  test("goes on with two connections where each is limited, from where the first one was, and asks for a third", async () => {
    const slow = new SlowSource(true);
    const told: number[] = [];
    let count = 0;
    const wanted = () => {
      count += 1;
      if (count === 1) slow.hold(true);
      if (count === 2) slow.expect(2);
      if (count === 3) slow.free();
    };
    const { moved, source } = await copied({
      slow,
      copying: { extra: 2, wanted, progress: (bytes) => told.push(bytes) },
    });
    expect(count).toBe(3);
    expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0, protected: false });
    expect(moved.because).toBe(
      `both servers allow it; on 2 connections at once; no other connection is free (limits.connections); the first ${3 * MIB} bytes on one connection`,
    );
    expect(Math.max(...told)).toBe(WHOLE.length);
    // What the first connection has brought is not asked for again.
    const ranges = source.commands.filter((line) => line.startsWith("RANG "));
    const least = Math.min(
      ...ranges.map((line) => Number(line.split(" ")[1])).filter((from) => from > BLOCK),
    );
    expect(least).toBeGreaterThanOrEqual(3 * MIB);
  });

  test("gives the second connection up after its range where all are limited together", async () => {
    const slow = new SlowSource(false);
    let count = 0;
    const wanted = () => {
      count += 1;
      if (count === 1) slow.hold(true);
      if (count === 2) slow.expect(2);
    };
    let ranges = 0;
    const progress = () => {
      // Two ranges have ended, and with them it is decided.
      if (count === 2 && (ranges += 1) === 2) slow.free();
    };
    const { moved } = await copied({ slow, copying: { wanted, progress } });
    expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0 });
    expect(moved.because).toBe(
      `both servers allow it; on 2 connections at once; connection 2 did not add to the rate; the first ${3 * MIB} bytes on one connection`,
    );
  });

  test("begins in segments where they helped an earlier file", async () => {
    const [slow, route] = [new SlowSource(true), await newRoute()];
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
    const [slow, route] = [new SlowSource(true), await newRoute()];
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
    const slow = new SlowSource(true);
    const holding = { wanted: () => slow.hold(copying.extra !== 0), returned: () => slow.hold(false) };
    const { moved, target } = await copied({ slow, script, copying: { ...copying, ...holding } });
    expect(moved.because).toMatch(because);
    expect(stores(target)).toHaveLength(1);
  });
});
