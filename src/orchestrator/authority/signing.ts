import { createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "../../shared/json/canonical-json.ts";
import type { RunOrder } from "../runs/run.ts";

/** What orders are signed with; it never goes to Redis. */
export type SigningKey = Buffer;

/** Separates these signatures from any others that the same key may be used for. */
const PURPOSE = "fxpd order 1";

/** An order as its worker takes it for ours: signed for this one run, so that it is of no use for another. */
export function signed(order: RunOrder, run: string, key: SigningKey | undefined): RunOrder {
  return key === undefined ? order : { ...order, signature: signatureOf(order, run, key) };
}

/** Whether somebody with this key has ordered exactly this run. */
export function isSigned(order: RunOrder, run: string, key: SigningKey | undefined): boolean {
  if (key === undefined || order.signature === undefined) return false;
  const [given, right] = [order.signature, signatureOf(order, run, key)].map((text) => Buffer.from(text));
  return given !== undefined && right !== undefined && given.length === right.length
    ? timingSafeEqual(given, right)
    : false;
}

/** HMAC-SHA-256 (RFC 2104), in hexadecimal digits. */
function signatureOf({ signature: _, ...order }: RunOrder, run: string, key: SigningKey): string {
  return createHmac("sha256", key)
    .update(canonicalJson([PURPOSE, run, order]))
    .digest("hex");
}
