import type { Socket } from "node:net";
import { anySignal } from "../../../shared/any-signal.ts";
import { messageOf } from "../../../shared/errors.ts";
import { WAITS } from "../../../shared/waits.ts";
import type { HostSettings } from "../../settings.ts";
import { type CertificateFacts, certificateFacts } from "../certificate.ts";
import { isProtected } from "../is-protected.ts";
import { protect } from "../tls.ts";

interface SocketEvents {
  readonly received: (chunk: Buffer) => void;
  /** The connection is gone: how, as people may read it. */
  readonly lost: (how: string, cause?: unknown) => void;
}

/** The transport of a control connection: a socket in clear, and from {@link startTls} on in TLS. */
export class ControlSocket {
  readonly #host: HostSettings;
  readonly #events: SocketEvents;
  #socket: Socket;
  #session: Buffer | undefined;

  /** @param socket connected, and private where TLS comes before the greeting */
  constructor(socket: Socket, host: HostSettings, events: SocketEvents) {
    this.#host = host;
    this.#events = events;
    this.#socket = socket;
    this.#listen();
  }

  /** The server's address as we reached it. */
  get peerAddress(): string {
    return this.#socket.remoteAddress ?? this.#host.address;
  }

  /** Our own address as the server sees it, network translation aside. */
  get localAddress(): string {
    return this.#socket.localAddress ?? "";
  }

  get isProtected(): boolean {
    return isProtected(this.#socket);
  }

  get tlsVersion(): string | undefined {
    return isProtected(this.#socket) ? (this.#socket.getProtocol() ?? undefined) : undefined;
  }

  /** The server's certificate; undefined without TLS, and where it has shown none. */
  get certificate(): CertificateFacts | undefined {
    return isProtected(this.#socket) ? certificateFacts(this.#socket) : undefined;
  }

  /** The newest TLS session, to be resumed by a data connection. */
  get tlsSession(): Buffer | undefined {
    return this.#session ?? (isProtected(this.#socket) ? this.#socket.getSession() : undefined);
  }

  write(octets: Buffer): void {
    this.#socket.write(octets);
  }

  /** Wraps the socket in TLS. @throws ConnectionError or ProtectionError when the handshake fails; it is closed then */
  async startTls(signal: AbortSignal): Promise<void> {
    const clear = this.#socket;
    for (const event of ["data", "end", "close", "error"]) clear.removeAllListeners(event);
    const within = anySignal(signal, AbortSignal.timeout(this.#host.timeouts.connectMs));
    try {
      this.#socket = await protect(clear, this.#host, undefined, within);
    } catch (error) {
      clear.on("error", () => {}).destroy();
      throw error;
    }
    this.#listen();
  }

  /** Ends our half without waiting for the peer's, and lets the process end meanwhile. */
  release(): void {
    const socket = this.#socket;
    for (const event of ["data", "end", "close"]) socket.removeAllListeners(event);
    // Unread, the reply would make the system say that the connection was broken.
    socket.resume().end().unref();
    setTimeout(() => socket.destroy(), WAITS.farewell.ms).unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("data", this.#events.received);
    socket.on("error", (error) => this.#events.lost(messageOf(error), error));
    socket.on("end", () => this.#events.lost("closed by the server"));
    socket.on("close", () => this.#events.lost("closed"));
    if (isProtected(socket)) socket.on("session", (session: Buffer) => (this.#session = session));
  }
}
