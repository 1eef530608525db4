import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { ConnectionError, ProtectionError } from "../errors.ts";
import { certificateFacts } from "./certificate.ts";
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
    // Judged below, while the certificate can still be quoted.
    rejectUnauthorized: false,
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
        reject(isCancelled(signal) ? (signal.reason as Error) : handshakeError(host, error, secured)),
      );
      secured.on("error", () => {}).destroy();
    };
    secured.once("error", fail);
    secured.once("close", () => fail(new Error("connection closed during the handshake")));
    secured.once("secureConnect", () => {
      const mistrust =
        verify || fingerprint !== undefined ? mistrustOf(secured, name, fingerprint) : undefined;
      if (mistrust !== undefined) fail(mistrust);
      else settle(() => resolve(secured));
    });
  });
}

/** Why a certificate is not the expected one; undefined where it is. */
function mistrustOf(secured: TLSSocket, name: string, pinned: string | undefined): MistrustError | undefined {
  const certificate = secured.getPeerCertificate();
  const found = certificate.fingerprint256 as string | undefined;
  if (pinned !== undefined) {
    // A resumed session stands for the certificate that it began with.
    if (found === undefined && secured.isSessionReused()) return undefined;
    if (found?.replaceAll(":", "").toLowerCase() === pinned.toLowerCase()) return undefined;
    return new MistrustError(
      `its fingerprint is ${found ?? "missing"}, which differs from tls.fingerprint`,
      "If the server has a new certificate, set tls.fingerprint to the new value",
    );
  }
  if (secured.authorized) return undefined;
  const code = String(secured.authorizationError);
  const isOther = code === "ERR_TLS_CERT_ALTNAME_INVALID";
  const why = isOther
    ? (checkServerIdentity(name, certificate)?.message ?? code)
    : (REASONS.get(code) ?? code.toLowerCase().replaceAll("_", " "));
  const instead = isOther
    ? "set tls.serverName to the name in the certificate"
    : "set tls.caFile to its CA certificate";
  return new MistrustError(
    why,
    `To accept it, set tls.fingerprint: ${found ?? "its SHA-256 fingerprint"} for this host, or ${instead}`,
  );
}

/** What OpenSSL's codes mean. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "issued by an unknown certificate authority"],
  ["UNABLE_TO_GET_ISSUER_CERT", "issued by an unknown certificate authority"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "issued by an unknown certificate authority"],
  ["CERT_HAS_EXPIRED", "it has expired"],
  ["CERT_NOT_YET_VALID", "it is not valid yet"],
]);

function handshakeError(host: HostSettings, error: unknown, secured: TLSSocket): Error {
  // A certificate that is not trusted today will not be trusted on the next connection.
  if (error instanceof MistrustError) {
    const mistrusted = new ProtectionError(`${host.name}: certificate not trusted ${error.message}`, error);
    const certificate = certificateFacts(secured);
    if (certificate !== undefined) mistrusted.certificate = certificate;
    mistrusted.mistrust = error.reason;
    return mistrusted;
  }
  return failed(host, error);
}

/** OpenSSL's own sentence is in `reason`; the message around it is for its authors. */
function failed(host: HostSettings, error: unknown): ConnectionError {
  const reason = error instanceof Error && "reason" in error ? String(error.reason) : messageOf(error).trim();
  return new ConnectionError(`${host.name}: TLS handshake failed: ${reason}`, error);
}

/** A signal that ran out of time is a failure of the server's, not somebody's wish. */
function isCancelled(signal: AbortSignal): boolean {
  return signal.aborted && isCancellation(signal.reason);
}

class MistrustError extends Error {
  readonly reason: string;

  /** @param advice what to set where the certificate is the right one */
  constructor(reason: string, advice: string) {
    super(`(${reason}). ${advice}`);
    this.reason = reason;
  }
}
