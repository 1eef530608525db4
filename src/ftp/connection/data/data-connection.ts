import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HostPort } from "../../address.ts";
import { TcpTap } from "../close-notify.ts";
import { beforeAbort, connectTo } from "../dial.ts";
import { ConnectionError } from "../../errors.ts";
import { formatDuration } from "../../../shared/units.ts";
import type { HostSettings } from "../../settings.ts";
import { Intake } from "./pour.ts";
import { requireData } from "./progress.ts";
import { protect } from "../tls.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** A data connection of ours, on its way: opened by us after PASV, or accepted by us after PORT. */
export interface DataConnection {
  /** Resolves when it is connected. */
  readonly opened: Promise<unknown>;
  /**
   * Octets can flow; where they are to be private, after the TLS handshake. To be called when the server has
   * agreed to the transfer (RFC 4217 §7): some close a connection that speaks TLS before. From then on it has
   * as long as connecting may take.
   * @throws ConnectionError when it is not established by then
   */
  begin(): Promise<Duplex>;
  /** Closes it in whatever state it is; harmless when it is closed. */
  close(): void;
}

/**
 * Enough that a read and a write of the system's size never wait for each other, and that TLS records, which come one
 * by one, leave together.
 */
const DATA_BUFFERS = { highWaterMark: 2 ** 18 } as const;

export interface DataOptions {
  readonly host: HostSettings;
  readonly isProtected: boolean;
  /** Of the control connection; many servers want it resumed (RFC 4217 §10.2). */
  readonly tlsSession: () => Buffer | undefined;
  /** Whether it is to be known afterwards how TLS ended; it costs some time for each record. */
  readonly isEndWatched?: boolean;
  /** Where refused connections came from. */
  readonly strangers?: ReadonlySet<string>;
}

/** Connects to the host-port of a 227 or 229. */
export function connectData(to: HostPort, options: DataOptions, signal: AbortSignal): DataConnection {
  const life = new Life(signal, options.host);
  const { localAddress } = options.host;
  const socketOptions = { ...DATA_BUFFERS, ...(localAddress === undefined ? {} : { localAddress }) };
  if (options.isProtected)
    return connectionOf(connectTo(to.address, to.port, life.briefly(), socketOptions), options, life);
  // Only a connection that we open, and without TLS: Node lets no other read into buffers of ours.
  const intake = new Intake();
  const unbuffered = { ...socketOptions, onread: intake.onread };
  const opened = connectTo(to.address, to.port, life.briefly(), unbuffered);
  return connectionOf(
    opened.then((socket) => intake.serve(socket)),
    options,
    life,
  );
}

/** Listens on an address of ours, for PORT or EPRT; only the server may connect. */
export async function listenForData(
  local: string,
  servers: readonly string[],
  options: DataOptions,
  signal: AbortSignal,
): Promise<{ readonly hostPort: HostPort; readonly data: DataConnection }> {
  const server = createServer(DATA_BUFFERS);
  const failed = new Promise<never>((_, reject) => {
    // Also when it listens: a process with too many open files cannot accept.
    server.on("error", (error) =>
      reject(new ConnectionError(`${options.host.name}: cannot listen on ${local}: ${error.message}`, error)),
    );
  });
  failed.catch(() => {});
  const listening = new Promise<number>((resolve) => {
    server.listen({ host: local, port: 0 }, () => resolve(portOf(server)));
  });
  const port = await Promise.race([listening, failed]);
  const life = new Life(signal, options.host);
  const strangers = new Set<string>();
  const accepted = new Promise<Socket>((resolve, reject) => {
    failed.catch(reject);
    server.on("connection", (socket: Socket) => {
      const from = plainAddress(socket.remoteAddress ?? "");
      if (servers.includes(from)) return resolve(socket);
      if (strangers.size < MAX_STRANGERS) strangers.add(from);
      socket.destroy();
    });
  });
  // How long the server may take is measured from when it agrees to the transfer.
  const opened = beforeAbort(accepted, life.signal).finally(() => server.close());
  return {
    hostPort: { address: plainAddress(local), port },
    data: connectionOf(opened, { ...options, strangers }, life),
  };
}

/** Addresses that an error names. */
const MAX_STRANGERS = 3;

/** Until when a data connection is wanted: until it is closed, or nobody waits for what it brings. */
class Life {
  readonly signal: AbortSignal;
  readonly #closing = new AbortController();
  readonly #connectMs: number;

  constructor(signal: AbortSignal, { timeouts }: HostSettings) {
    this.signal = anySignal(signal, this.#closing.signal);
    this.#connectMs = timeouts.connectMs;
  }

  /** The same, and no longer than connecting may take from now on. */
  briefly(): AbortSignal {
    return anySignal(this.signal, AbortSignal.timeout(this.#connectMs));
  }

  end(): void {
    this.#closing.abort();
  }
}

/** An IPv4 address that a dual-stack socket shows as IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

async function prepare(socket: Socket, options: DataOptions, signal: AbortSignal): Promise<Duplex> {
  const { host } = options;
  const over = options.isProtected && options.isEndWatched === true ? new TcpTap(socket) : socket;
  const stream = options.isProtected
    ? await protect(over, host, options.tlsSession(), signal, DATA_BUFFERS)
    : socket;
  stream.on("error", () => {});
  requireData(stream, host);
  return stream;
}

/** @throws ConnectionError when the server does not open it in time */
async function begun(opened: Promise<Socket>, options: DataOptions, life: Life): Promise<Duplex> {
  const within = life.briefly();
  const socket = await beforeAbort(opened, within).catch((error: unknown) => {
    if (error !== within.reason || life.signal.aborted) throw error;
    const { name, timeouts } = options.host;
    const waited = `${name}: no data connection within ${formatDuration(timeouts.connectMs)}`;
    throw new ConnectionError(waited + whoCame(options.strangers), error);
  });
  return prepare(socket, options, within);
}

/** A server with several addresses connects from another one than its control connection has. */
function whoCame(strangers: ReadonlySet<string> = new Set()): string {
  if (strangers.size === 0) return "";
  const from = [...strangers].join(", ");
  return `; a connection from ${from} was rejected: if that is the server, add it to dataAddresses in its host file`;
}

function connectionOf(opened: Promise<Socket>, options: DataOptions, life: Life): DataConnection {
  // A server that refuses the transfer resets the connection, at a moment when nobody may be listening.
  opened.then((socket) => socket.on("error", () => {})).catch(() => {});
  let flowing: Promise<Duplex> | undefined;
  return {
    opened,
    async begin() {
      flowing ??= begun(opened, options, life);
      return flowing;
    },
    close() {
      life.end();
      opened.then((socket) => socket.destroy()).catch(() => {});
      flowing?.then((stream) => stream.on("error", () => {}).destroy()).catch(() => {});
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
