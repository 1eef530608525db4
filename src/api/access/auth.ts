import { createHash, timingSafeEqual } from "node:crypto";
import type { TokenLimits } from "./limits.ts";
import { Refusal } from "../problem.ts";

/** `read`: look at everything; `operate`: everything. */
export type AccessRole = "read" | "operate";

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly role: AccessRole;
  /** Whether the name is that of a token. */
  readonly isNamed?: boolean;
  /** What it may see and operate; absent: everything. */
  readonly limits?: TokenLimits;
}

/** Of a token only its digest is kept. */
export interface AccessToken extends Caller {
  readonly digest: Buffer;
}

export function tokenOf(name: string, role: AccessRole, secret: string, limits?: TokenLimits): AccessToken {
  return { name, role, digest: digestOf(secret), ...(limits === undefined ? {} : { limits }) };
}

/** What a request says of who it comes from. */
export interface RequestCredentials {
  readonly authorization: string | undefined;
  /** The peer's address. */
  readonly remote: string | undefined;
}

/** Who asks; without tokens, whoever is on this machine. @throws Refusal (401, 403) for nobody we know */
export function identify(
  tokens: readonly AccessToken[],
  { authorization, remote }: RequestCredentials,
): Caller {
  if (tokens.length === 0) {
    if (isLoopback(remote ?? "")) return NEIGHBOUR;
    throw new Refusal(403, "without tokens, only local requests are allowed");
  }
  const [, secret] = /^Bearer +([^\s]+) *$/i.exec(authorization ?? "") ?? [];
  if (secret === undefined) throw new Refusal(401, "a token is required: Authorization: Bearer TOKEN");
  const token = holderOf(tokens, secret);
  if (token === undefined)
    throw new Refusal(401, "unknown token; the daemon knows those under api.tokens in its daemon.yaml");
  const { digest: _, ...caller } = token;
  return { ...caller, isNamed: true };
}

const NEIGHBOUR: Caller = { name: "this machine", role: "read" };

/** @throws Refusal (403) that says what it takes */
export function requireRole(caller: Caller, role: AccessRole): void {
  if (role === "read" || caller.role === "operate") return;
  if (caller === NEIGHBOUR)
    throw new Refusal(
      403,
      "without tokens, the API is read-only; to allow changes, define a token under api.tokens in daemon.yaml",
    );
  throw new Refusal(403, `the token of ${caller.name} is read-only; this request needs the role "operate"`);
}

/** Takes the same time for every token, right or wrong. */
function holderOf(tokens: readonly AccessToken[], secret: string): AccessToken | undefined {
  const digest = digestOf(secret);
  const [holder] = tokens.filter((token) => timingSafeEqual(token.digest, digest));
  return holder;
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Of an address, or a name that means this machine. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$|^localhost$/i.test(address);
}
