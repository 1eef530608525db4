import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";
import type { Passage } from "./transcript.ts";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * Stands before the control ports of servers, a round trip away from them, and writes down what passes.
 *
 * It listens on the server's own address: replies to PASV pass unchanged, so data connections are direct, and no
 * client has a reason to distrust them.
 */
export class ControlProxy implements AsyncDisposable {
  readonly #roundTripMs: number;
  readonly #listeners: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  #passages: Passage[] = [];

  /** @param roundTripMs half of it is spent in each direction */
  constructor(roundTripMs: number) {
    this.#roundTripMs = roundTripMs;
  }

  /** Where clients reach the server from now on. */
  async before(server: Endpoint): Promise<Endpoint> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client, server),
    );
    this.#listeners.push(listener);
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host: server.address, port: 0 }, resolve);
    });
    return { address: server.address, port: (listener.address() as AddressInfo).port };
  }

  /** Ends what is left of one client, and gives what passed since the last time. */
  take(): readonly Passage[] {
    for (const socket of this.#sockets) socket.destroy();
    const passages = this.#passages;
    this.#passages = [];
    return passages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.take();
    const closing = this.#listeners.map(
      (listener) => new Promise<void>((resolve) => listener.close(() => resolve())),
    );
    await Promise.all(closing);
  }

  #accept(client: Socket, server: Endpoint): void {
    this.#connections += 1;
    const connection = this.#connections;
    const oneWayMs = this.#roundTripMs / 2;
    const upward = new DelayLine(oneWayMs);
    const downward = new DelayLine(oneWayMs);
    let upstream: Socket | undefined;
    const record = (from: Passage["from"], chunk: Buffer) => {
      this.#passages.push({ connection, from, atMs: performance.now(), text: chunk.toString("latin1") });
    };
    const close = () => {
      upward.stop();
      downward.stop();
      for (const socket of [client, upstream]) socket?.destroy();
    };
    const open = () => {
      upstream = connect({ host: server.address, port: server.port, allowHalfOpen: true, noDelay: true });
      this.#watch(upstream, close);
      upstream.on("data", (chunk: Buffer) => {
        downward.push(() => {
          record("server", chunk);
          client.write(chunk);
        });
      });
      upstream.on("end", () => downward.push(() => client.end()));
    };
    this.#watch(client, close);
    // SYN, SYN-ACK and ACK each go one way before the server knows of the connection.
    upward.push(open, 3 * oneWayMs);
    client.on("data", (chunk: Buffer) => {
      record("client", chunk);
      upward.push(() => upstream?.write(chunk));
    });
    client.on("end", () => upward.push(() => upstream?.end()));
  }

  /** A connection that breaks on one side breaks on the other. */
  #watch(socket: Socket, close: () => void): void {
    this.#sockets.add(socket);
    socket.on("error", close);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (socket.errored !== null) close();
    });
  }
}
