import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

export interface Witness {
  /** Connections other than those to the given ports: none, if no data connection touched us. */
  readonly others: number;
  /** Bytes read and written on all of them. */
  readonly octets: number;
}

/** Watches one piece of work: which TCP connections this process made and accepted, and what passed on them. */
export async function witness(controlPorts: readonly number[], work: () => Promise<void>): Promise<Witness> {
  const sockets = new Set<Socket>();
  /** A socket that is closed has forgotten where it led; what was asked for is kept beside it. */
  const asked = new Map<Socket, number>();
  const made = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    asked.set(socket, 0);
    socket.once("connect", () => asked.set(socket, socket.remotePort ?? 0));
  };
  const accepted = (message: unknown) => void sockets.add((message as { socket: Socket }).socket);
  subscribe("net.client.socket", made);
  subscribe("net.server.socket", accepted);
  try {
    await work();
  } finally {
    unsubscribe("net.client.socket", made);
    unsubscribe("net.server.socket", accepted);
  }
  const isControl = (socket: Socket) => {
    const port = asked.get(socket);
    return port !== undefined && controlPorts.includes(socket.remotePort ?? port);
  };
  const connections = [...sockets];
  return {
    others: connections.filter((one) => !isControl(one)).length,
    octets: connections.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0),
  };
}
