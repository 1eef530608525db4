/** How long what is almost done may take: a file that has all its bytes and lacks its name, a deletion on its way. */
export const ALMOST_DONE_MS = 1_000;

/** Why something is aborted; where it is urgent, not even what is almost done may be brought to its end. */
interface Reason {
  readonly isUrgent?: boolean;
}

/**
 * A signal that is aborted some time after another, so that what is almost done comes to its end; at once where the
 * other's reason is urgent. It stops listening with its scope.
 * @param ms milliseconds
 */
export function lingering(signal: AbortSignal, ms: number): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const abort = () => controller.abort(signal.reason);
  const begin = () => {
    if ((signal.reason as Reason | undefined)?.isUrgent === true) abort();
    else timer = setTimeout(abort, ms);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      signal.removeEventListener("abort", begin);
      clearTimeout(timer);
    },
  };
}
