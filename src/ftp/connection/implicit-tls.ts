import { anySignal } from "../../shared/any-signal.ts";
import { ProtectionError } from "../errors.ts";
import type { HostSettings } from "../settings.ts";
import { dial } from "./dial.ts";
import { protect } from "./tls.ts";

/**
 * Whether a port waits for TLS before its greeting, as port 990 does: a connection of its own begins a handshake, and
 * sends nothing else. A certificate that is not trusted is an answer as well.
 */
export async function beginsWithTls(host: HostSettings, signal: AbortSignal): Promise<boolean> {
  const { address, port, timeouts, localAddress } = host;
  try {
    const within = anySignal(signal, AbortSignal.timeout(timeouts.connectMs));
    const socket = await dial(address, port, timeouts.connectMs, within, localAddress);
    (await protect(socket, host, undefined, within)).on("error", () => {}).destroy();
    return true;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof ProtectionError;
  }
}
