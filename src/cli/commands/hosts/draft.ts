import { resolve } from "node:path";
import { isAnonymous } from "../../../config/load/secrets.ts";
import { HostFile, type SecretSource } from "../../../config/schema/hosts.ts";
import { ConfigError } from "../../../shared/errors.ts";
import type { Questions } from "./questions.ts";

/** Options that are asked for where they are missing. */
export interface DraftOptions {
  readonly address?: string;
  readonly port?: string;
  readonly user?: string;
  readonly passwordFrom?: string;
  readonly tls?: string;
}

/** What a host file will say, and the password that is kept beside it. */
export interface NewHost {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly secret?: string;
}

/**
 * Asks for what no option says.
 * @throws ConfigError for an option that is wrong, before anything is asked
 */
export async function draftOf(name: string, given: DraftOptions, questions: Questions): Promise<NewHost> {
  const { user: knownUser, passwordFrom: knownSource } = given;
  const tls = given.tls === undefined ? {} : { tls: tlsOf(given.tls) };
  const port = given.port === undefined ? {} : { port: Number(given.port) };
  const place =
    given.address === undefined ? undefined : checked({ keys: { address: given.address, ...port } }).keys;
  if (place === undefined) checked({ keys: { address: "unknown", ...port } });
  if (knownSource !== undefined) sourceOf(knownSource);

  const at =
    place ?? (await questions.ask("Address of the server: ", "--address", (text) => placeOf(text, port)));
  const user =
    knownUser ?? (await questions.ask("User (empty: anonymous): ", "--user", (text) => text || "anonymous"));
  const common = { ...at, user };
  if (isAnonymous(user)) return checked({ keys: { ...common, ...tls } });
  const asked =
    "Password from env:NAME, file:PATH, command:PROGRAM, netrc, or stdin (typed, and kept in a file): ";
  const source =
    knownSource === undefined
      ? await questions.ask(asked, "--password-from", (text) => sourceOf(text || "stdin"))
      : sourceOf(knownSource);
  if (source !== "stdin") return checked({ keys: { ...common, ...source, ...tls } });
  const secret = await questions.secret(`Password of ${user} at ${String(at["address"])}: `);
  return checked({ keys: { ...common, passwordFrom: { file: `${name}.password` }, ...tls }, secret });
}

/** What somebody has typed: an address, or an address and a port. @throws ConfigError for anything else */
function placeOf(text: string, port: { readonly port?: number }): NewHost["keys"] {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  const keys = { address, ...(digits === undefined ? {} : { port: Number(digits) }), ...port };
  if (HostFile.safeParse(keys, { jitless: true }).success) return keys;
  throw new ConfigError("expected an address such as ftp.example.org or ftp.example.org:2121", "--address");
}

function tlsOf(policy: string): string | { readonly start: "implicit" } {
  if (policy === "implicit") return { start: "implicit" };
  if (["required", "prefer", "off"].includes(policy)) return policy;
  throw new ConfigError("expected required, prefer, off or implicit", "--tls");
}

function sourceOf(text: string): { readonly passwordFrom?: SecretSource } | "stdin" {
  if (text === "stdin") return "stdin";
  if (text === "netrc") return {};
  const [, kind, rest = ""] = /^(env|file|command):(.+)$/s.exec(text) ?? [];
  if (kind === "env") return { passwordFrom: { env: rest } };
  if (kind === "file") return { passwordFrom: { file: resolve(rest) } };
  if (kind === "command")
    return { passwordFrom: { command: rest.split(/ +/).filter((word) => word !== "") } };
  // What is no source may be a password that somebody has put there.
  throw new ConfigError("expected env:NAME, file:PATH, command:PROGRAM, netrc or stdin", "--password-from");
}

/** @throws ConfigError in the words of the host file's schema */
function checked(draft: NewHost): NewHost {
  const read = HostFile.safeParse(draft.keys, { jitless: true });
  if (read.success) return draft;
  const [issue] = read.error.issues;
  throw new ConfigError(
    issue?.message ?? "not valid",
    `--${String(issue?.path[0] ?? "address").replace("passwordFrom", "password-from")}`,
  );
}

/** With the certificate that is to be the only one. */
export function withPin(draft: NewHost, fingerprint: string): NewHost {
  const { tls } = draft.keys;
  // Without TLS there is no certificate that could be wrong: a pin means that there is to be one.
  const current = typeof tls === "object" ? tls : { policy: tls ?? "required" };
  return { ...draft, keys: { ...draft.keys, tls: { ...current, fingerprint } } };
}

/** Whether it is still open if TLS starts with the first byte, or is off. */
export function mayBeImplicit({ keys: { tls } }: NewHost): boolean {
  return tls === undefined || tls === "required" || tls === "prefer";
}

/** With TLS from the first byte, as the server has been found to expect it. */
export function asImplicit(draft: NewHost): NewHost {
  return { ...draft, keys: { ...draft.keys, tls: { start: "implicit" } } };
}

/** Whoever cuts TLS out of the conversation later is to be noticed: what the server can do now is required. */
export function asSeen(draft: NewHost, isProtected: boolean): NewHost {
  if (!isProtected || draft.keys["tls"] !== undefined) return draft;
  return { ...draft, keys: { ...draft.keys, tls: "required" } };
}
