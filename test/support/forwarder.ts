import { connect, createServer, type Server, type Socket } from "node:net";
import type { RunningServer } from "../servers/index.ts";

/** Which data connections are cut, and behind how much of what the server sends: TLS records, or lines in clear. */
export interface Cut {
  readonly after: number;
  readonly times: number;
}

/**
 * Somebody on the way between a client and a server: passes on all that goes either way, and closes data connections
 * towards the client early, as if the server had; the server is read to its end and notices nothing. It cannot read
 * what is encrypted; where a TLS record ends stands in clear.
 */
export class Forwarder implements AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** How many pieces each data connection had, so far as it was passed on. */
  readonly pieces: number[] = [];
  /** Data connections that were cut. */
  cuts = 0;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #isTls: boolean;
  #cut: Cut = { after: 0, times: 0 };

  private constructor(address: string, { port, user, password, caFile }: RunningServer) {
    this.address = address;
    this.port = port;
    this.user = user;
    this.password = password;
    this.#isTls = caFile !== undefined;
  }

  /** Stands on an address of its own, for all ports of the server. */
  static async before(server: RunningServer): Promise<Forwarder> {
    const octet = () => 2 + Math.floor(Math.random() * 250);
    const forwarder = new Forwarder(`127.77.${octet()}.${octet()}`, server);
    await forwarder.#listen(server.port, server.address, (from, to) => void from.pipe(to));
    const [first, last] = server.passivePorts;
    const data = Array.from({ length: last - first + 1 }, (_, index) =>
      forwarder.#listen(first + index, server.address, (from, to) => forwarder.#pass(from, to)),
    );
    await Promise.all(data);
    return forwarder;
  }

  /** From now on; what was counted before is forgotten. */
  cut(cut: Cut): void {
    this.#cut = cut;
    this.cuts = 0;
    this.pieces.splice(0);
  }

  #listen(port: number, to: string, back: (from: Socket, to: Socket) => void): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect({ host: to, port, allowHalfOpen: true, noDelay: true });
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket.on("error", () => {}));
        socket.on("close", () => this.#sockets.delete(socket));
      }
      client.pipe(upstream);
      back(upstream, client);
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: this.address, port }, resolve);
    });
  }

  #pass(from: Socket, to: Socket): void {
    const isToBeCut = this.cuts < this.#cut.times;
    const index = this.pieces.push(0) - 1;
    let [held, isCut] = [Buffer.alloc(0) as Buffer, false];
    from.on("data", (chunk: Buffer) => {
      if (isCut) return;
      held = Buffer.concat([held, chunk]);
      for (let piece = this.#piece(held); piece > 0; piece = this.#piece(held)) {
        if (isToBeCut && this.pieces[index] === this.#cut.after) {
          isCut = true;
          this.cuts += 1;
          to.end();
          return;
        }
        this.pieces[index] = (this.pieces[index] ?? 0) + 1;
        to.write(held.subarray(0, piece));
        held = held.subarray(piece);
      }
    });
    from.on("end", () => {
      if (!isCut) to.end(held);
    });
  }

  /** How long the next piece is: a whole TLS record (RFC 5246 §6.2.1), or in clear a line. */
  #piece(held: Buffer): number {
    if (!this.#isTls) return held.indexOf("\n") + 1;
    const length = held.length < 5 ? undefined : 5 + held.readUInt16BE(3);
    return length === undefined || held.length < length ? 0 : length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
