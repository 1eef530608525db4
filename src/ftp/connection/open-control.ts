import type { Socket } from "node:net";
import { messageOf } from "../../shared/errors.ts";
import { formatDuration } from "../../shared/units.ts";
import { ConnectionError, NoReplyError, NotAReplyError } from "../errors.ts";
import type { Reply } from "../reply.ts";
import type { HostSettings } from "../settings.ts";
import { ControlConnection } from "./control/control-connection.ts";
import type { Transcript } from "./transcript.ts";
import { dial } from "./dial.ts";
import { protect } from "./tls.ts";
import { anySignal } from "../../shared/any-signal.ts";

/**
 * Connects, with TLS first where the host wants it implicitly, and waits for the greeting. All of it together takes
 * no longer than `timeouts.connectMs`.
 * @throws ConnectionError, ProtectionError
 */
export async function openControl(
  host: HostSettings,
  transcript: Transcript | undefined,
  signal: AbortSignal,
): Promise<{ readonly control: ControlConnection; readonly greeting: Reply }> {
  const { address, port, timeouts, name, localAddress } = host;
  const dueMs = performance.now() + timeouts.connectMs;
  const leftMs = () => Math.max(1, Math.round(dueMs - performance.now()));
  const socket = await dial(address, port, timeouts.connectMs, signal, localAddress).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      // A server named by a URL is called by its address already.
      const where = name.includes(address) ? "" : ` to ${address} port ${port}`;
      throw new ConnectionError(`${name}: cannot connect${where}: ${messageOf(error)}`, error);
    },
  );
  const first = isImplicit(host) ? await secured(socket, host, leftMs(), signal) : socket;
  const control = new ControlConnection(first, host, transcript);
  const abort = () => control.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return { control, greeting: await control.greeting(leftMs()) };
  } catch (error) {
    signal.throwIfAborted();
    throw withoutGreeting(host, error);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function isImplicit({ tls }: HostSettings): boolean {
  return tls.policy !== "off" && tls.start === "implicit";
}

function secured(socket: Socket, host: HostSettings, withinMs: number, signal: AbortSignal): Promise<Socket> {
  const within = anySignal(signal, AbortSignal.timeout(withinMs));
  return protect(socket, host, undefined, within).catch((error: unknown) => {
    if (!isNotTls(error)) throw error;
    throw new ConnectionError(
      `${host.name}: port ${host.port} does not speak TLS; for explicit TLS, use ftpes:// (tls.start: explicit)`,
      error,
    );
  });
}

/** What OpenSSL says to octets that are no TLS record. */
function isNotTls(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (
      "code" in at &&
      /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)/.test(String(at.code))
    )
      return true;
  return false;
}

/** Why a server that was reached did not greet us, and what may be set wrongly. */
function withoutGreeting(host: HostSettings, error: unknown): unknown {
  const { name, port, timeouts } = host;
  const hint = isImplicit(host) ? "" : "; if this is a TLS port, use ftps:// (tls.start: implicit)";
  if (error instanceof NoReplyError)
    return new NoReplyError(
      `${name}: no greeting within ${formatDuration(timeouts.connectMs)}${hint}`,
      error,
    );
  if (error instanceof ConnectionError)
    return new ConnectionError(
      `${name}: ${messageOf(error.cause ?? error)} before the greeting${hint}`,
      error,
    );
  if (!(error instanceof NotAReplyError)) return error;
  if (/^[\u0014-\u0017]\u0003/.test(error.line))
    return new ConnectionError(`${name}: port ${port} speaks TLS; use ftps:// (tls.start: implicit)`, error);
  return new ConnectionError(
    `${name}: port ${port} does not speak FTP (it sent ${error.text}); check the address and the port`,
    error,
  );
}
