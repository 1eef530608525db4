import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { randomBytes } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { connectData } from "../../../../../src/ftp/connection/data/data-connection.ts";
import { pour } from "../../../../../src/ftp/connection/data/pour.ts";
import { settingsFor } from "../../../../support/settings.ts";

const signal = new AbortController().signal;
const WHOLE = randomBytes(20_000_000);
const unseen = () => {};

let server: Server | undefined;
afterEach(() => server?.close());

/** A data connection of ours to somebody who does as is told. */
async function connectedTo(act: (socket: Socket) => void) {
  const listening = createServer((socket) => act(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  server = listening;
  await once(listening, "listening");
  const { port } = listening.address() as { port: number };
  const timeouts = { connectMs: 2_000, replyMs: 2_000, stallMs: 300, idleMs: 60_000 };
  const host = settingsFor("alpha", { address: "127.0.0.1", port }, { timeouts });
  const options = { host, isProtected: false, tlsSession: () => undefined };
  return connectData({ address: "127.0.0.1", port }, options, signal);
}

/** Keeps what is written to it, and is done with it only some time later. */
function slowTarget(chunks: Buffer[], isSlow: () => boolean): Writable {
  return new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      const write = () => {
        chunks.push(Buffer.from(chunk));
        done();
      };
      if (isSlow()) setTimeout(write, 5);
      else write();
    },
  });
}

test.each([
  ["slow", () => true],
  ["fast", () => false],
  ["fast and slow", () => Math.random() < 0.3],
])("a %s target gets all octets, each in its place", async (_name, isSlow) => {
  const data = await connectedTo((socket) => socket.end(WHOLE));
  const [chunks, seen]: Buffer[][] = [[], []];
  const look = (octets: Buffer) => void seen?.push(Buffer.from(octets));
  await pour(await data.begin(), slowTarget(chunks ?? [], isSlow), look, signal);
  expect(Buffer.concat(chunks ?? []).equals(WHOLE)).toBe(true);
  expect(Buffer.concat(seen ?? []).equals(WHOLE)).toBe(true);
});

test("what came before anybody wanted it comes first", async () => {
  const data = await connectedTo((socket) => {
    socket.write("early ");
    setTimeout(() => socket.end("late"), 100);
  });
  const from = await data.begin();
  await once(from, "readable");
  const chunks: Buffer[] = [];
  await pour(
    from,
    slowTarget(chunks, () => true),
    unseen,
    signal,
  );
  expect(Buffer.concat(chunks).toString()).toBe("early late");
});

test.each(["", "few"])("a file of %j that is there before anybody wants it", async (text) => {
  const data = await connectedTo((socket) => socket.end(text));
  const from = await data.begin();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const chunks: Buffer[] = [];
  await pour(
    from,
    slowTarget(chunks, () => false),
    unseen,
    signal,
  );
  expect(Buffer.concat(chunks).toString()).toBe(text);
});

test("a connection is a stream for who reads it so", async () => {
  const data = await connectedTo((socket) => socket.end(WHOLE));
  const chunks: Buffer[] = [];
  for await (const chunk of await data.begin()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(WHOLE)).toBe(true);
});

test("a target that fails ends it, and closes the connection", async () => {
  const data = await connectedTo((socket) => socket.write(WHOLE));
  const from = await data.begin();
  const into = new Writable({ write: (_chunk, _encoding, done) => done(new Error("disk full")) });
  await expect(pour(from, into, unseen, signal)).rejects.toThrow("disk full");
  expect(from.destroyed).toBe(true);
});

test("a connection on which nothing comes any more does not look like an end", async () => {
  const data = await connectedTo((socket) => socket.write(WHOLE));
  const into = slowTarget([], () => false);
  await expect(pour(await data.begin(), into, unseen, signal)).rejects.toThrow(
    /alpha: no data .* for 0\.3 s/,
  );
  expect(into.destroyed).toBe(true);
  expect(into.writableFinished).toBe(false);
});

test("who gives up waits for neither side", async () => {
  const data = await connectedTo((socket) => socket.write("and then nothing more"));
  const from = await data.begin();
  const into = new Writable({ write: () => {} });
  await expect(pour(from, into, unseen, AbortSignal.timeout(50))).rejects.toThrow(/abort/i);
  expect([from.destroyed, into.destroyed]).toEqual([true, true]);
});

test("what is no such connection is poured as well", async () => {
  const chunks: Buffer[] = [];
  const into = slowTarget(chunks, () => false);
  await pour(Readable.from([Buffer.from("of a "), Buffer.from("file")]), into, unseen, signal);
  expect(Buffer.concat(chunks).toString()).toBe("of a file");
});

const REASON = new DOMException("it is not wanted any more", "AbortError");

/** A target that takes nothing, and complains in words of its own when it is closed. */
class Stuck extends Writable {
  override _write(): void {}

  override _destroy(_error: Error | null, done: (error: Error) => void): void {
    done(
      Object.assign(new Error("Cannot call write after a stream was destroyed"), {
        code: "ERR_STREAM_DESTROYED",
      }),
    );
  }
}

test.each([
  [
    "from a connection that reads into buffers of ours",
    async () => (await connectedTo((socket) => socket.write(WHOLE))).begin(),
  ],
  ["from another stream", async () => Readable.from([WHOLE])],
])("%s: what is cancelled ends with the reason, whatever the streams say", async (_name, source) => {
  const from = await source();
  const into = new Stuck().on("error", () => {});
  const cancel = new AbortController();
  const poured = pour(from, into, () => cancel.abort(REASON), cancel.signal);
  await expect(poured).rejects.toBe(REASON);
  expect(from.destroyed && into.destroyed).toBe(true);
});

test.each([
  [
    "from a connection that reads into buffers of ours",
    async () => (await connectedTo((socket) => socket.write(WHOLE))).begin(),
  ],
  ["from another stream", async () => Readable.from([WHOLE])],
])("%s: a target that breaks just when it is cancelled has no say", async (_name, source) => {
  const cancel = new AbortController();
  const into = new Writable({
    write(_chunk, _encoding, done) {
      cancel.abort(REASON);
      done(new Error("broken"));
    },
  });
  into.on("error", () => {});
  await expect(pour(await source(), into, unseen, cancel.signal)).rejects.toBe(REASON);
});
