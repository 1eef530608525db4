import type { PeerCertificate, TLSSocket } from "node:tls";

/** What a certificate says of a server, for a person to judge. */
export interface CertificateFacts {
  /** SHA-256, upper case, with colons. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses that it is for, as `DNS:a, IP Address:b`; absent: none. */
  readonly names?: string;
  /** As the certificate has it: `Nov 28 22:00:00 2026 GMT`. */
  readonly validTo: string;
}

/** Undefined where the server has shown none, as when a session is resumed. */
export function certificateFacts(socket: TLSSocket): CertificateFacts | undefined {
  const { fingerprint256, subject, issuer, subjectaltname, valid_to } =
    socket.getPeerCertificate() as Partial<PeerCertificate>;
  if (fingerprint256 === undefined) return undefined;
  return {
    fingerprint: fingerprint256,
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    ...(subjectaltname === undefined ? {} : { names: subjectaltname }),
    validTo: valid_to ?? "unknown",
  };
}

/** A distinguished name by the part that people know it by. */
function nameOf(name: Partial<PeerCertificate["subject"]> | undefined): string {
  return String(name?.CN ?? name?.O ?? name?.OU ?? "unnamed");
}
