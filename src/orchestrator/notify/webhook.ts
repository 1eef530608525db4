import type { Clock } from "../../shared/clock.ts";
import { WAITS } from "../../shared/waits.ts";
import { DeliveryError } from "./errors.ts";
import { type NoticeFormat, requestsOf } from "./formats.ts";
import type { Notice } from "./notice.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** For the whole answer. */
const PATIENCE_MS = WAITS.webhook.ms;

/**
 * POSTs notices, in the form that the receiver takes.
 * @param address fetched for each message like the key, so that a new one counts at once
 */
export function webhookSender(
  address: () => Promise<string>,
  format: NoticeFormat,
  key: (() => Promise<string>) | undefined,
  { now }: Pick<Clock, "now">,
) {
  return async (notices: readonly Notice[], signal: AbortSignal): Promise<void> => {
    const url = (await address()).trim();
    if (!URL.canParse(url) || !/^https?:/.test(url))
      throw new DeliveryError("urlFrom gives no http:// or https:// address");
    for (const request of requestsOf(format, notices, { url, secret: await key?.() }, now())) {
      const { ok, status, headers } = await post(request.url, {
        method: "POST",
        body: request.body,
        headers: { "user-agent": "fxpd", ...request.headers },
        redirect: "manual", // what is signed for one address is for no other
        signal: anySignal(signal, AbortSignal.timeout(PATIENCE_MS)),
      });
      if (!ok) throw new DeliveryError(`answered ${status}`, pauseOf(headers.get("retry-after"), now()));
    }
  };
}

async function post(url: string, request: RequestInit): Promise<Pick<Response, "ok" | "status" | "headers">> {
  try {
    const response = await fetch(url, request);
    await response.body?.cancel();
    return response;
  } catch (error) {
    // The error may repeat the address, which may have a secret in its path.
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    const isLate = (error as Error).name === "TimeoutError";
    throw new DeliveryError(
      isLate ? `no response within ${PATIENCE_MS / 1_000} s` : `not reachable${code ? ` (${code})` : ""}`,
    );
  }
}

/** What Retry-After says: seconds, or when (RFC 9110 §10.2.3). @returns milliseconds; undefined where it says neither */
function pauseOf(after: string | null, nowMs: number): number | undefined {
  if (after === null) return undefined;
  const ms = /^\d+$/.test(after.trim()) ? Number(after) * 1_000 : Date.parse(after) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
