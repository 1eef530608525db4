import { untilSeen, whenUnseen } from "./attention.ts";
import { parseBlocks, type StreamEvent } from "./event-blocks.ts";
import { ListeningTabs } from "./listening-tabs.ts";
import { clockAheadMs } from "./model.ts";
import { shownJson } from "./visible.ts";

/** What the API answers where it does not grant a request (RFC 9457). */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const KEY = "fxpd-token";

/** Kept until the tab is closed, and never part of an address. */
export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value: string) => sessionStorage.setItem(KEY, value),
  clear: () => sessionStorage.removeItem(KEY),
};

let aheadMs = 0;

/** What time it is for fxpd, whose records are shown: this machine's clock may be wrong. Milliseconds since 1970. */
export function serverNowMs(): number {
  return Date.now() + aheadMs;
}

/** Of what a token may consist: anything else cannot be sent as one. */
const SENDABLE = /^[\x21-\x7e]*$/;

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const known = token.get();
  const headers = new Headers(init.headers);
  if (known !== null && !SENDABLE.test(known))
    throw new ApiError(401, "This is not a token: it contains spaces, or characters other than ASCII.");
  if (known !== null) headers.set("Authorization", `Bearer ${known}`);
  const response = await fetch(path, { ...init, headers, cache: "no-store" }).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, "fxpd does not answer");
  });
  aheadMs = clockAheadMs(response.headers.get("Date"), Date.now()) ?? aheadMs;
  if (response.ok) return response;
  const problem = (await response
    .text()
    .then(shownJson)
    .catch(() => ({}))) as { detail?: string };
  throw new ApiError(response.status, problem.detail ?? `fxpd answered ${response.status}`);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(`/api/v1/${path}`, signal === undefined ? {} : { signal });
  return shownJson(await response.text()) as T;
}

/** Why fxpd is not ready to work, in sentences; none where it is, or where it does not answer at all. */
export async function readiness(signal: AbortSignal): Promise<readonly string[]> {
  const response = await fetch("/readyz", { signal, cache: "no-store" });
  const { reasons = [] } = shownJson(await response.text()) as { readonly reasons?: readonly string[] };
  return reasons;
}

export async function post<T>(path: string, body?: object): Promise<T> {
  const json = { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const response = await ask(`/api/v1/${path}`, { method: "POST", ...(body === undefined ? {} : json) });
  return shownJson(await response.text()) as T;
}

interface Listener {
  /** All events that came together, and the id of the last that is known. */
  readonly onEvents: (events: readonly StreamEvent[], last: string | undefined) => void;
  /** Undefined: connected. */
  readonly onFault: (fault: ApiError | undefined) => void;
  /** On each connection, before its events; on short ones that follow one another, now and then. */
  readonly onConnected?: () => void;
}

const FIRST_MS = 500;
const LONGEST_MS = 10_000;
/** The API gives a sign of life every 15 s: a connection on which nothing comes for so long has been lost. */
const SILENT_MS = 45_000;
/** A browser has six connections to one address: a tab that nobody has looked at for so long gives its own up. */
const HIDDEN_MS = 20_000;
/** A tab that holds no connection looks in so often, until nothing has come for a moment, and not for longer than this. */
const [BETWEEN_LOOKS_MS, QUIET_MS, LOOK_MS] = [3_000, 500, 2_000];
/** How long it waits for the first sign: a busy server reads for a while, and then says at least that there is nothing. */
const FIRST_SIGN_MS = 10_000;
/** What such a tab can only learn by asking, it asks for once in so long. */
const ASKING_MS = 60_000;

/**
 * Listens until the signal is aborted, on one connection after the other; the events that were missed between two of
 * them come on the next one. `EventSource` can send no token, hence this.
 * @param after id of the last event received before
 */
export async function listen(
  path: string,
  listener: Listener,
  signal: AbortSignal,
  after?: string,
): Promise<void> {
  const tabs = new ListeningTabs(
    typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("fxpd-events"),
  );
  const close = () => tabs.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    await listenBeside(tabs, path, listener, signal, after);
  } finally {
    close();
  }
}

async function listenBeside(
  tabs: ListeningTabs,
  path: string,
  { onEvents, onFault, onConnected }: Listener,
  signal: AbortSignal,
  after: string | undefined,
): Promise<void> {
  let last = after;
  let pauseMs = FIRST_MS;
  let askedMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      if (document.hidden) tabs.leave();
      await untilSeen(document);
      if (signal.aborted) return;
      tabs.join();
      const headers: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": last };
      const response = await ask(`/api/v1/${path}`, { signal, headers });
      if (response.status === 204 || response.body === null) return;
      onFault(undefined);
      if (tabs.mayHold || Date.now() - askedMs >= ASKING_MS) {
        askedMs = Date.now();
        onConnected?.();
      }
      pauseMs = FIRST_MS;
      for await (const { events, id } of blocksOf(response.body, tabs)) {
        last = id ?? last;
        if (events.length > 0) onEvents(events, last);
      }
      if (last?.endsWith("/end") === true) return;
    } catch (error) {
      if (signal.aborted) return;
      const fault = error instanceof ApiError ? error : new ApiError(0, "fxpd does not answer");
      onFault(fault);
      if (fault.status >= 400 && fault.status < 500 && fault.status !== 429) return;
    }
    await wakeful(tabs.mayHold ? pauseMs : Math.max(pauseMs, BETWEEN_LOOKS_MS));
    pauseMs = Math.min(pauseMs * 2, LONGEST_MS);
  }
}

/** Waits, but no longer than until somebody looks at the tab again, or the network is back. */
function wakeful(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      if (document.hidden) return;
      end();
    };
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", done);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(end, ms);
    document.addEventListener("visibilitychange", done);
    addEventListener("online", done);
  });
}

async function* blocksOf(body: ReadableStream<Uint8Array>, tabs: ListeningTabs) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const end = () => void reader.cancel().catch(() => {});
  const stayed = whenUnseen(document, HIDDEN_MS, end);
  /** Unknown before anything has come. */
  let endOfLookMs: number | undefined;
  let waiting = "";
  try {
    for (;;) {
      if (!tabs.mayHold && endOfLookMs !== undefined && Date.now() > endOfLookMs) end();
      // A machine that has slept does not notice that its connection is gone.
      const silence = setTimeout(end, SILENT_MS);
      const quietMs = endOfLookMs === undefined ? FIRST_SIGN_MS : QUIET_MS;
      const quiet = setInterval(() => void (!tabs.mayHold && end()), quietMs);
      const { done, value } = await reader.read().finally(() => {
        clearTimeout(silence);
        clearInterval(quiet);
      });
      if (done) return;
      endOfLookMs ??= Date.now() + LOOK_MS;
      const blocks = (waiting + decoder.decode(value, { stream: true })).split("\n\n");
      waiting = blocks.pop() ?? "";
      yield parseBlocks(blocks);
    }
  } finally {
    stayed();
  }
}
