import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { pour } from "../../../../../src/ftp/connection/data/pour.ts";

/** A connection whose other end is closed in good order as soon as the first bytes have come, and takes no more. */
async function closedEarly(): Promise<Socket> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end());
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const socket = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  socket.on("error", () => {}).once("close", () => server.close());
  await once(socket, "connect");
  return socket;
}

/** Pieces of which each but the first waits until the connection is closed. */
async function* pieces(until: Promise<unknown>): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1_000);
  await until;
  for (let left = 3; left > 0; left -= 1) yield Buffer.alloc(1_000);
}

test.each(["at once", "as a rate allows"])(
  "a connection that the other end closes in good order before it has all bytes is an error (bytes passed on %s)",
  async (how) => {
    const into = await closedEarly();
    const from = Readable.from(pieces(once(into, "close")), { objectMode: false });
    const pace = how === "at once" ? undefined : (stream: Readable) => stream as AsyncIterable<Buffer>;
    await expect(pour(from, into, () => {}, new AbortController().signal, pace)).rejects.toThrow(/closed/);
    expect([from.destroyed, into.destroyed]).toEqual([true, true]);
  },
);

test("what nobody wants any more ends, also where the other end has closed the connection", async () => {
  const into = await closedEarly();
  const order = new AbortController();
  const from = Readable.from(pieces(once(into, "close")), { objectMode: false });
  once(into, "close").then(
    () => order.abort(new Error("not wanted")),
    () => {},
  );
  await expect(
    pour(
      from,
      into,
      () => {},
      order.signal,
      (stream) => stream,
    ),
  ).rejects.toThrow(/not wanted|closed/);
});
