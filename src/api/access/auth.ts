import { createHash, timingSafeEqual } from "node:crypto";
import type { Limits } from "./limits.ts";
import { Refusal } from "../problem.ts";

/** `read`: look at everything; `operate`: everything. */
export type Role = "read" | "operate";

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** Whether the name is that of a token. */
  readonly isNamed?: boolean;
  /** What it may see and operate; absent: everything. */
  readonly limits?: Limits;
}

/** Of a token only its digest is kept. */
export interface Token extends Caller {
  readonly digest: Buffer;
}

export function tokenOf(name: string, role: Role, secret: string, limits?: Limits): Token {
  return { name, role, digest: digestOf(secret), ...(limits === undefined ? {} : { limits }) };
}

/** What a request says of who it comes from. */
export interface Credentials {
  readonly authorization: string | undefined;
  /** The peer's address. */
  readonly remote: string | undefined;
}

/** Who asks; without tokens, whoever is on this machine. @throws Refusal (401, 403) for nobody we know */
export function identify(tokens: readonly Token[], { authorization, remote }: Credentials): Caller {
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
export function requireRole(caller: Caller, role: Role): void {
  if (role === "read" || caller.role === "operate") return;
  if (caller === NEIGHBOUR)
    throw new Refusal(
      403,
      "without tokens, the API is read-only; to allow changes, define a token under api.tokens in daemon.yaml",
    );
  throw new Refusal(403, `the token of ${caller.name} is read-only; this request needs the role "operate"`);
}

/** Takes the same time for every token, right or wrong. */
function holderOf(tokens: readonly Token[], secret: string): Token | undefined {
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
