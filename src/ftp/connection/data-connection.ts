import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HostPort } from "../address.ts";
import { beforeAbort, connectTo } from "./dial.ts";
import { ConnectionError } from "../errors.ts";
import type { HostSettings } from "../settings.ts";
import { protect } from "./tls.ts";

/** A data connection of ours, on its way: opened by us after PASV, or accepted by us after PORT. */
export interface DataConnection {
  /** Resolves when it is connected. */
  readonly opened: Promise<unknown>;
  /**
   * Octets can flow; where they are to be private, after the TLS handshake. To be called when the server has
   * agreed to the transfer (RFC 4217 §7): some close a connection that speaks TLS before.
   */
  begin(): Promise<Duplex>;
  /** Closes it in whatever state it is; harmless when it is closed. */
  close(): void;
}

export interface DataOptions {
  readonly host: HostSettings;
  readonly isProtected: boolean;
  /** Of the control connection; many servers want it resumed (RFC 4217 §10.2). */
  readonly tlsSession: () => Buffer | undefined;
}

/** Connects to the host-port of a 227 or 229. */
export function connectData(to: HostPort, options: DataOptions, signal: AbortSignal): DataConnection {
  const closing = new AbortController();
  const within = AbortSignal.any([
    signal,
    closing.signal,
    AbortSignal.timeout(options.host.timeouts.connectMs),
  ]);
  const opened = connectTo(to.address, to.port, within);
  return connectionOf(
    opened,
    (socket) => prepare(socket, options, within),
    () => closing.abort(),
  );
}

/** Listens on an address of ours, for PORT or EPRT; only the server may connect. */
export async function listenForData(
  local: string,
  servers: readonly string[],
  options: DataOptions,
  signal: AbortSignal,
): Promise<{ readonly hostPort: HostPort; readonly data: DataConnection }> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: local, port: 0 }, () => resolve(portOf(server)));
  });
  const closing = new AbortController();
  const within = AbortSignal.any([signal, closing.signal]);
  const accepted = new Promise<Socket>((resolve) => {
    server.on("connection", (socket: Socket) => {
      if (servers.includes(plainAddress(socket.remoteAddress ?? ""))) resolve(socket);
      else socket.destroy();
    });
  });
  const opened = beforeAbort(accepted, within).finally(() => server.close());
  return {
    hostPort: { address: plainAddress(local), port },
    data: connectionOf(
      opened,
      (socket) => prepare(socket, options, within),
      () => closing.abort(),
    ),
  };
}

/** An IPv4 address that a dual-stack socket shows as IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

async function prepare(socket: Socket, options: DataOptions, signal: AbortSignal): Promise<Duplex> {
  const { host } = options;
  const stream = options.isProtected ? await protect(socket, host, options.tlsSession(), signal) : socket;
  stream.on("error", () => {});
  stream.setTimeout(host.timeouts.stallMs, () => {
    stream.destroy(
      new ConnectionError(`${host.name}: no octet on the data connection for ${host.timeouts.stallMs} ms`),
    );
  });
  return stream;
}

function connectionOf(
  opened: Promise<Socket>,
  prepared: (socket: Socket) => Promise<Duplex>,
  stop: () => void,
): DataConnection {
  // A server that refuses the transfer resets the connection, at a moment when nobody may be listening.
  opened.then((socket) => socket.on("error", () => {})).catch(() => {});
  let begun: Promise<Duplex> | undefined;
  return {
    opened,
    async begin() {
      begun ??= opened.then(prepared);
      return begun;
    },
    close() {
      stop();
      opened.then((socket) => socket.destroy()).catch(() => {});
      begun?.then((stream) => stream.on("error", () => {}).destroy()).catch(() => {});
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
