import { WAITS } from "../../shared/waits.ts";
import { DeliveryError } from "./errors.ts";
import { bodyOf, signatureOf } from "./message.ts";
import type { Notice } from "./notice.ts";

/** For the whole answer. */
const PATIENCE_MS = WAITS.webhook.ms;

/**
 * POSTs notices as JSON. With a key the request has `x-fxpd-timestamp` and `x-fxpd-signature`.
 * @param key fetched for each message, so that a new one counts at once
 */
export function webhookSender(url: string, key: (() => Promise<string>) | undefined) {
  return async (notices: readonly Notice[], signal: AbortSignal): Promise<void> => {
    const body = bodyOf(notices);
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature =
      key === undefined ? {} : { "x-fxpd-signature": signatureOf(await key(), timestamp, body) };
    const { ok, status } = await post(url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "fxpd",
        "x-fxpd-timestamp": timestamp,
        ...signature,
      },
      redirect: "manual", // what is signed for one address is for no other
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    if (!ok) throw new DeliveryError(`answered ${status}`);
  };
}

async function post(url: string, request: RequestInit): Promise<{ ok: boolean; status: number }> {
  try {
    const response = await fetch(url, request);
    await response.body?.cancel();
    return response;
  } catch (error) {
    // The error may repeat the address, which may have a secret in its path.
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    const isLate = (error as Error).name === "TimeoutError";
    throw new DeliveryError(
      isLate ? `no answer in ${PATIENCE_MS / 1_000} s` : `not reached${code ? ` (${code})` : ""}`,
    );
  }
}
