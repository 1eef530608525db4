import { Client } from "../../../ftp/session/client.ts";
import type { CertificateFacts } from "../../../ftp/connection/certificate.ts";
import type { Transcript } from "../../../ftp/connection/transcript.ts";
import { ConnectionError } from "../../../ftp/errors.ts";
import { beginsWithTls } from "../../../ftp/connection/implicit-tls.ts";
import type { HostSettings } from "../../../ftp/settings.ts";
import { anySignal } from "../../../shared/any-signal.ts";
import { systemClock } from "../../../shared/clock.ts";

/** How long a server may take to greet before it is asked whether it waits for TLS. */
const SILENCE_MS = 2_500;

/** What a login shows of a server. */
export interface LoginFacts {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Whether files are protected, and with them the control connection. */
  readonly protected: boolean;
  readonly tlsVersion?: string;
  readonly certificate?: CertificateFacts;
  /** Whether the certificate was checked: by its fingerprint, by who signed it, or not at all. */
  readonly trust: "fingerprint" | "authority" | "unchecked" | "none";
  /** The software, where its greeting tells. */
  readonly software?: string;
  readonly home?: string;
}

export function loginFactsOf(client: Client): LoginFacts {
  const { host, session } = client;
  const { certificate } = session.control.socket;
  const { fingerprint, verify } = host.tls;
  const trust = fingerprint !== undefined ? "fingerprint" : verify ? "authority" : "unchecked";
  return {
    ...{ address: host.address, port: host.port, user: host.credentials.user, protected: client.isProtected },
    ...(client.tlsVersion === undefined ? {} : { tlsVersion: client.tlsVersion }),
    ...(certificate === undefined ? {} : { certificate }),
    trust: client.isProtected ? trust : "none",
    ...(session.family === undefined ? {} : { software: session.family }),
    ...(session.home === undefined ? {} : { home: session.home }),
  };
}

/** Logs in and leaves again. @throws ConnectionError, LoginError, ProtectionError */
export async function logInOnce(
  host: HostSettings,
  transcript: Transcript | undefined,
  signal: AbortSignal,
): Promise<LoginFacts> {
  await using client = await Client.connect(host, transcript, signal);
  return loginFactsOf(client);
}

/**
 * The same for a port of which it is not known how TLS starts. A server that waits for TLS sends nothing: after a silence,
 * a second connection asks whether it does. @returns "implicit" where it does, before anybody has logged in
 */
export async function logInOrFindTls(
  host: HostSettings,
  transcript: Transcript | undefined,
  signal: AbortSignal,
): Promise<LoginFacts | "implicit"> {
  const [greeted, over] = [new AbortController(), new AbortController()];
  const watched: Transcript = (line) => {
    if (line.from === "server") greeted.abort();
    transcript?.(line);
  };
  const login = logInOnce(host, watched, anySignal(signal, over.signal));
  const silence = anySignal(signal, over.signal, greeted.signal);
  const find = async () => {
    const isTls = await systemClock
      .sleep(Math.min(SILENCE_MS, host.timeouts.connectMs / 2), silence)
      .then(() => beginsWithTls(host, silence))
      .catch(() => false);
    return isTls ? ("implicit" as const) : login;
  };
  try {
    return await Promise.race([login, find()]);
  } finally {
    over.abort(new ConnectionError("given up: the server expects TLS before its greeting"));
    await login.catch(() => {});
  }
}

/** Lines for people. */
export function loginLines(facts: LoginFacts): readonly string[] {
  const { address, port, user, certificate, software, home } = facts;
  return [
    `logged in to ${address}, port ${port}, as ${user}`,
    ...(software === undefined ? [] : [`server: ${software}`]),
    ...(home === undefined ? [] : [`login directory: ${home}`]),
    protectionOf(facts),
    ...(certificate === undefined ? [] : certificateLines(certificate)),
  ];
}

function protectionOf({ protected: isProtected, tlsVersion, trust }: LoginFacts): string {
  if (isProtected) return `TLS: ${tlsVersion ?? "yes"}, ${TRUST[trust]}`;
  if (tlsVersion === undefined) return "TLS: no; password and files are sent in clear";
  return `TLS: ${tlsVersion} for the password; files are sent in clear, because the server refuses PROT P`;
}

const TRUST: Readonly<Record<LoginFacts["trust"], string>> = {
  fingerprint: "the certificate is the one in the host file",
  authority: "the certificate is trusted",
  unchecked: "the certificate was not checked (tls.verify: false)",
  none: "no certificate",
};

export function certificateLines({
  subject,
  issuer,
  names,
  validTo,
  fingerprint,
}: CertificateFacts): readonly string[] {
  return [
    `certificate: for ${subject}${names === undefined ? "" : ` (${names})`}`,
    `  issued by ${issuer}, valid until ${validTo}`,
    `  SHA-256 ${fingerprint}`,
  ];
}
