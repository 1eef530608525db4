import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Every TCP connection that this process makes or accepts, from the moment this file is loaded. */
const seen = new Set<{ readonly socket: Socket; readonly kind: "made" | "accepted" }>();

subscribe("net.client.socket", (message) =>
  seen.add({ socket: (message as { socket: Socket }).socket, kind: "made" }),
);
subscribe("net.server.socket", (message) =>
  seen.add({ socket: (message as { socket: Socket }).socket, kind: "accepted" }),
);

export interface Witness {
  /** Connections other than those to the given ports: none, if no data connection touched us. */
  readonly others: number;
  /** Bytes read and written on all of them. */
  readonly octets: number;
}

/** Watches one piece of work: which connections it made, and what passed on them. */
export async function witness(controlPorts: readonly number[], work: () => Promise<void>): Promise<Witness> {
  seen.clear();
  await work();
  const connections = [...seen];
  const isControl = ({ socket, kind }: { socket: Socket; kind: string }) => {
    return kind === "made" && controlPorts.includes(socket.remotePort ?? portAsked(socket));
  };
  return {
    others: connections.filter((one) => !isControl(one)).length,
    octets: connections.reduce((sum, { socket }) => sum + socket.bytesRead + socket.bytesWritten, 0),
  };
}

/** A socket that is closed has forgotten where it led; what was asked for is kept beside it. */
const asked = new WeakMap<Socket, number>();
subscribe("net.client.socket", (message) => {
  const { socket } = message as { socket: Socket };
  socket.once("connect", () => asked.set(socket, socket.remotePort ?? 0));
});

function portAsked(socket: Socket): number {
  return asked.get(socket) ?? 0;
}
