import type { Socket } from "node:net";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../src/shared/clock.ts";
import { latch, type Placing, sendUnlessClosed } from "../support/placed-files.ts";
import type { Script, Session } from "../support/scripted-server.ts";
import { bytesOf, SegmentScene } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(24 * MIB);

let local: string;
const scene = new SegmentScene();
beforeEach(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-segments-auto-"));
});
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  await rm(local, { recursive: true, force: true });
});

/** A data connection that sends what it is given leave to. */
interface Sending {
  readonly data: Socket;
  readonly rest: Buffer;
  sent: number;
}

/**
 * A server that is slow by the clock of the test: while that passes, each connection, or all of them together, send a
 * MiB. No time is waited for: what was sent has come before the clock goes on.
 */
class SlowServer {
  readonly #sending = new Set<Sending>();
  readonly #perConnection: boolean;
  #connections = 1;
  #isFree = false;
  #arrived = 0;
  #changed = latch();
  #nowMs = 0;

  constructor(perConnection: boolean) {
    this.#perConnection = perConnection;
  }

  readonly placing: Placing = {
    sends: async (session: Session, rest: Buffer, at: number) => {
      if (at === WHOLE.length - 1 || this.#isFree) return sendUnlessClosed(session, rest);
      const one: Sending = { data: await session.data(), rest, sent: 0 };
      this.#sending.add(one);
      this.#change();
      await new Promise<void>((resolve) => one.data.once("close", () => resolve()));
      this.#sending.delete(one);
      return undefined;
    },
  };

  readonly clock: Clock = {
    now: () => this.#nowMs,
    sleep: async (ms) => {
      while (this.#sending.size < this.#connections) await this.#change_();
      this.#nowMs += ms;
      const share = this.#perConnection ? MIB : Math.floor(MIB / this.#sending.size);
      let expected = this.#arrived;
      for (const one of this.#sending) {
        one.data.write(one.rest.subarray(one.sent, one.sent + share));
        one.sent += share;
        expected += share;
      }
      while (this.#arrived < expected) await this.#change_();
    },
  };

  /** So many connections are to be there before the clock goes on. */
  expect(connections: number): void {
    this.#connections = connections;
  }

  arrived(bytes: number): void {
    this.#arrived = bytes;
    this.#change();
  }

  /** All else comes at once. */
  free(): void {
    this.#isFree = true;
    for (const { data, rest, sent } of this.#sending) data.end(rest.subarray(sent));
  }

  /** When a second connection has ended before the first. */
  async ended(): Promise<void> {
    while (this.#sending.size < 2) await this.#change_();
    const [, second] = this.#sending;
    await new Promise<void>((resolve) => second?.data.once("close", () => resolve()));
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = latch();
  }

  #change_(): Promise<void> {
    return this.#changed.promise;
  }
}

async function download(
  slow: SlowServer,
  extra: number,
  wanted: (count: number) => void,
  { placing = {}, script = {} }: { readonly placing?: Placing; readonly script?: Script } = {},
) {
  const server = await scene.scripted({ ...slow.placing, ...placing }, WHOLE, script);
  let count = 0;
  const moved = await scene.copy({
    from: scene.at(server, "source", "/file"),
    to: scene.here(join(local, "file")),
    policy: { segments: "auto" },
    extra,
    clock: slow.clock,
    progress: (bytes) => slow.arrived(bytes),
    wanted: () => wanted((count += 1)),
  });
  expect((await readFile(join(local, "file"))).equals(WHOLE)).toBe(true);
  expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0 });
  return moved.because;
}

test("auto adds a connection where each is limited, and asks for another one when that has added to the rate", async () => {
  const slow = new SlowServer(true);
  const because = await download(slow, 1, (count) => {
    if (count === 1) slow.expect(2);
    else slow.free();
  });
  expect(because).toBe(
    "one side is this machine; on 2 connections at once; no other connection is free (limits.connections)",
  );
});

test("auto gives a connection up that only takes from the first one", async () => {
  const slow = new SlowServer(false);
  void slow.ended().then(() => slow.free());
  const because = await download(slow, 9, () => slow.expect(2));
  expect(because).toBe(
    "one side is this machine; on 2 connections at once; connection 2 did not add to the rate",
  );
});

test("auto stays with the first connection where the second one's REST is refused by 4yz", async () => {
  const slow = new SlowServer(true);
  let first: Session | undefined;
  const refusesRest = (session: Session): string | undefined => {
    first ??= session;
    if (session === first) return undefined;
    slow.free();
    return "450 busy, try later";
  };
  const because = await download(slow, 9, () => {}, { placing: { refusesRest } });
  expect(because).toMatch(/^one side is this machine; on one connection; .*450 busy, try later/);
});

test("auto stays with the first connection where a second login is refused", async () => {
  const slow = new SlowServer(true);
  let logins = 0;
  const PASS = (session: Session) => {
    if ((logins += 1) === 1) return session.reply("230 in");
    session.reply("530 one login at a time");
    slow.free();
  };
  const because = await download(slow, 9, () => {}, { script: { PASS } });
  expect(because).toMatch(/^one side is this machine; on one connection; .*530 one login at a time/);
});
