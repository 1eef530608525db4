import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/** TLS connections of which is noticed how they end. */
const watched = new WeakMap<Duplex, { isClosed: boolean }>();

/**
 * A socket for TLS to run over, so that it can be known how TLS ended: by the peer's close_notify (RFC 5246 §7.2.1,
 * RFC 8446 §6.1), or by the end of the TCP connection alone, which anybody on the way can bring about. Node shows both
 * alike. It shows an end as soon as it has read a close_notify, though, and this stream tells its own end only then.
 */
export class TcpTap extends Duplex {
  readonly #socket: Socket;
  /** Whether TLS knows that TCP has ended. */
  isOver = false;

  constructor(socket: Socket) {
    super({ highWaterMark: socket.readableHighWaterMark });
    this.#socket = socket;
    // Ahead of every other listener: this one learns of it before TLS does.
    this.on("end", () => (this.isOver = true));
    socket.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => void this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => {
      if (!socket.readableEnded) this.destroy();
    });
    // Whoever uses this hears of it.
    this.on("error", () => {});
    socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** Notices from now on how TLS ends over this. */
export function watchEnd(secured: TLSSocket, over: TcpTap): void {
  const end = { isClosed: false };
  watched.set(secured, end);
  const push = secured.push.bind(secured);
  secured.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null && !over.isOver) end.isClosed = true;
    return push(chunk, encoding);
  };
}

/** Whether the peer has closed TLS with a close_notify, where that was watched for; undefined where it was not. */
export function isClosedByPeer(stream: Duplex): boolean | undefined {
  return watched.get(stream)?.isClosed;
}
