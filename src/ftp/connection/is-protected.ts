import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Asked of the socket itself, so that who speaks in clear need not load TLS. */
export function isProtected(socket: Socket | TLSSocket): socket is TLSSocket {
  return "encrypted" in socket && socket.encrypted;
}
