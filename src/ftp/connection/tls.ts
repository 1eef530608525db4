import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { ConnectionError, ProtectionError } from "../errors.ts";
import { TcpTap, watchEnd } from "./close-notify.ts";
import type { HostSettings } from "../settings.ts";
import type { Buffers } from "./dial.ts";

/**
 * Makes a connection private and checks whom it leads to: the certificate's chain and name, or, where the
 * host's file pins one, its fingerprint. `session` resumes the TLS session of another connection to the same
 * server; many servers demand that on data connections (RFC 4217 §10.2).
 * @throws ProtectionError for a certificate that is not the expected one; ConnectionError for a handshake that
 * fails otherwise or takes too long, or that nobody waits for any more; the socket is closed then
 */
export function protect(
  socket: Duplex,
  host: HostSettings,
  session: Buffer | undefined,
  signal: AbortSignal,
  buffers: Buffers = {},
): Promise<TLSSocket> {
  const { verify, authorities, fingerprint, serverName } = host.tls;
  const name = serverName ?? host.address;
  const options: ConnectionOptions = {
    ...buffers,
    socket,
    host: name,
    minVersion: "TLSv1.2",
    rejectUnauthorized: verify && fingerprint === undefined,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(session === undefined ? {} : { session }),
  };
  if (signal.aborted) {
    socket.destroy();
    return Promise.reject(isCancelled(signal) ? (signal.reason as Error) : failed(host, signal.reason));
  }
  return new Promise((resolve, reject) => {
    const secured = connect(options);
    // At once: all of what the peer sends may be there when the handshake is.
    if (socket instanceof TcpTap) watchEnd(secured, socket);
    const abort = () => secured.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    signal.addEventListener("abort", abort, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener("abort", abort);
      secured.removeAllListeners("error").removeAllListeners("close");
      act();
    };
    const fail = (error: unknown) => {
      settle(() =>
        reject(isCancelled(signal) ? (signal.reason as Error) : handshakeError(host, secured, error)),
      );
      secured.on("error", () => {}).destroy();
    };
    secured.once("error", fail);
    secured.once("close", () => fail(new Error("closed during the handshake")));
    secured.once("secureConnect", () => {
      const mismatch = fingerprint === undefined ? undefined : mismatchOf(secured, fingerprint);
      if (mismatch !== undefined) fail(new MismatchError(mismatch));
      else settle(() => resolve(secured));
    });
  });
}

/** Why the certificate is not the pinned one; a resumed session stands for the certificate it began with. */
function mismatchOf(secured: TLSSocket, fingerprint: string): string | undefined {
  const found = secured.getPeerCertificate().fingerprint256?.replaceAll(":", "").toLowerCase();
  if (found === undefined && secured.isSessionReused()) return undefined;
  return found === fingerprint.toLowerCase()
    ? undefined
    : `the certificate's fingerprint is ${found ?? "missing"}`;
}

function handshakeError(host: HostSettings, secured: TLSSocket, error: unknown): Error {
  const why = messageOf(error);
  // A certificate that is not trusted today will not be trusted on the next connection.
  if (secured.authorizationError || error instanceof MismatchError) {
    return new ProtectionError(`${host.name}: certificate not trusted: ${why}`, error);
  }
  return failed(host, error);
}

function failed(host: HostSettings, error: unknown): ConnectionError {
  return new ConnectionError(`${host.name}: TLS handshake failed: ${messageOf(error)}`, error);
}

/** A signal that ran out of time is a failure of the server's, not somebody's wish. */
function isCancelled(signal: AbortSignal): boolean {
  return signal.aborted && isCancellation(signal.reason);
}

class MismatchError extends Error {}
