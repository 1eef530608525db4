import { connect } from "node:net";
import type { HostPort } from "../../../ftp/address.ts";

/** A server that waits for a data connection answers ours, and ends when it closes. */
const CALL_MS = 1_000;

/**
 * Connects to a passive side that waits for somebody who will not come, and closes: the server then ends its
 * transfer instead of keeping its control connection deaf. What a source sends is read and dropped, because
 * some servers go on waiting after a connection that was reset.
 */
export function callAndClose(at: HostPort): void {
  const socket = connect({ host: at.address, port: at.port });
  socket.setTimeout(CALL_MS, () => socket.destroy());
  socket.on("error", () => {});
  socket.on("connect", () => socket.end());
  socket.on("data", () => socket.destroy());
}
