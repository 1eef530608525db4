import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listen, serverNowMs } from "../../../../src/dashboard/state/client.ts";
import type { StreamEvent } from "../../../../src/dashboard/state/event-blocks.ts";
import { Store } from "../../../../src/dashboard/state/store.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

/** An event stream that a test writes to. */
class Stream {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
  isCancelled = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(headers: Headers) {
    this.headers = headers;
    this.body = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.isCancelled = true),
    });
  }

  say(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }
}

let streams: Stream[];
/** Answers to all that is no event stream, by path; a promise is an answer that takes time. */
let answers: Readonly<Record<string, unknown>>;
/** The header that says what time it is for fxpd. */
let date: () => Date;
let ending: AbortController;
/** Hides the tab behind others, or shows it. */
let turn: (hidden: boolean) => void;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  [streams, answers, ending] = [[], {}, new AbortController()];
  date = () => new Date();
  const document = Object.assign(new EventTarget(), { hidden: false });
  turn = (hidden) => void Object.assign(document, { hidden }).dispatchEvent(new Event("visibilitychange"));
  vi.stubGlobal("document", document);
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 16));
  vi.stubGlobal("addEventListener", document.addEventListener.bind(document));
  vi.stubGlobal("removeEventListener", document.removeEventListener.bind(document));
  vi.stubGlobal("BroadcastChannel", undefined);
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const headers = { Date: date().toUTCString() };
    if (path.startsWith("/api/v1/runs/") && !(path in answers))
      return Response.json({ detail: "no such run" }, { headers, status: 404 });
    if (path !== "/api/v1/events") return Response.json((await answers[path]) ?? {}, { headers });
    const stream = new Stream(new Headers(init.headers));
    streams.push(stream);
    return new Response(stream.body, { headers });
  });
});
afterEach(() => {
  ending.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("an event stream on which nothing comes for 45 s is given up, and goes on after its last event on a new connection", async () => {
  const heard: StreamEvent[] = [];
  const onEvents = (events: readonly StreamEvent[]) => void heard.push(...events);
  void listen("events", { onEvents, onFault: () => {} }, ending.signal);
  await later(0);
  streams[0]?.say('event: run\nid: 7\ndata: {"id":"r"}\n\n');
  await later(44_000);
  // A sign of life is no event, and keeps the connection.
  streams[0]?.say(": here\n\n");
  await later(44_000);
  expect([streams.length, streams[0]?.isCancelled]).toEqual([1, false]);
  await later(1_000);
  expect(streams[0]?.isCancelled).toBe(true);
  await later(1_000);
  expect(streams).toHaveLength(2);
  expect(streams[1]?.headers.get("Last-Event-ID")).toBe("7");
  streams[1]?.say('event: run\nid: 8\ndata: {"id":"s"}\n\n');
  await later(0);
  expect(heard.map(({ data }) => data)).toEqual([{ id: "r" }, { id: "s" }]);
});

test("a tab that is hidden for 20 s gives up its connection, and goes on after its last event once it is looked at", async () => {
  const faults: unknown[] = [];
  void listen(
    "events",
    { onEvents: () => {}, onFault: (fault) => void faults.push(fault) },
    ending.signal,
    "6",
  );
  await later(0);
  expect(streams[0]?.headers.get("Last-Event-ID")).toBe("6");
  streams[0]?.say('event: run\nid: 7\ndata: {"id":"r"}\n\n');
  turn(true);
  await later(19_000);
  expect(streams[0]?.isCancelled).toBe(false);
  await later(60_000);
  expect([streams.length, streams[0]?.isCancelled]).toEqual([1, true]);
  turn(false);
  await later(0);
  expect(streams.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual(["6", "7"]);
  expect(faults).toEqual([undefined, undefined]);
});

/** Four tabs of the same browser have listened for longer. */
class Crowd {
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;

  postMessage({ says }: { readonly says: string }): void {
    if (says === "gone") return;
    for (const id of ["a", "b", "c", "d"]) this.onmessage?.({ data: { id, sinceMs: 0, says: "here" } });
  }

  close(): void {}
}

test("the fifth tab gives up its connection when nothing has come for a moment, and looks in again after its last event", async () => {
  vi.stubGlobal("BroadcastChannel", Crowd);
  const heard: unknown[] = [];
  const onEvents = (events: readonly StreamEvent[]) => void heard.push(...events.map(({ data }) => data));
  const onConnected = vi.fn();
  void listen("events", { onEvents, onFault: () => {}, onConnected }, ending.signal);
  await later(0);
  streams[0]?.say('event: run\nid: 7\ndata: {"id":"r"}\n\n');
  await later(499);
  expect(streams[0]?.isCancelled).toBe(false);
  await later(1);
  expect(streams[0]?.isCancelled).toBe(true);
  await later(2_999);
  expect(streams).toHaveLength(1);
  await later(1);
  expect(streams[1]?.headers.get("Last-Event-ID")).toBe("7");
  // One on which something comes all the time is given up as well.
  for (let id = 8; id < 18; id += 1) {
    streams[1]?.say(`event: run\nid: ${id}\ndata: {"id":"s"}\n\n`);
    await later(250);
  }
  expect(streams[1]?.isCancelled).toBe(true);
  await later(3_000);
  const last = streams[2]?.headers.get("Last-Event-ID");
  expect(Number(last)).toBe(6 + heard.length);
  // What can only be asked for is not asked for on each of them.
  expect(onConnected).toHaveBeenCalledTimes(1);
  await later(60_000);
  expect(onConnected).toHaveBeenCalledTimes(2);
});

test("of an installation without jobs and runs the first page is complete within seconds, and says of nothing that it is there", async () => {
  answers = { "/api/v1/history?runs=20": { jobs: [] }, "/readyz": { reasons: [] } };
  const store = new Store();
  void store.follow(ending.signal);
  void store.listen(ending.signal);
  await later(500);
  // The event stream may still say what there is.
  expect(store.isLoaded).toBe(false);
  await later(2_000);
  expect(store).toMatchObject({ isLoaded: true, fault: undefined, troubles: [], running: [] });
  expect([store.jobs.size, store.runs.size, store.history.size]).toEqual([0, 0, 0]);
});

test("of one with jobs it is complete as soon as the event stream has told them", async () => {
  answers = { "/api/v1/history?runs=20": { jobs: [{ job: "nightly", runs: [] }] } };
  const store = new Store();
  void store.follow(ending.signal);
  void store.listen(ending.signal);
  await later(2_000);
  expect(store.isLoaded).toBe(false);
  streams[0]?.say('event: job\ndata: {"name":"nightly"}\n\n');
  await later(0);
  expect([store.isLoaded, [...store.jobs.keys()]]).toEqual([true, ["nightly"]]);
});

test.each([3_600_000, -3_600_000])(
  "a browser whose clock is wrong by %d ms shows ages by fxpd's clock, and rates by its own alone",
  async (aheadMs) => {
    date = () => new Date(Date.now() + aheadMs);
    const store = new Store();
    void store.follow(ending.signal);
    void store.listen(ending.signal);
    const run = (relayed: number) => {
      const bytes = { thirdParty: 0, relayed, serverSide: 0, resumed: 0 };
      // What fxpd says of times is by its clock.
      const createdMs = date().getTime();
      const data = JSON.stringify({ id: "r", state: "running", createdMs, startedMs: createdMs, bytes });
      streams[0]?.say(`event: run\ndata: ${data}\n\n`);
    };
    await later(0);
    run(1_000);
    await later(2_000);
    run(5_000);
    await later(0);
    expect(store.rate("r")).toBe(2_000);
    expect(Math.abs(serverNowMs() - Date.now() - aheadMs)).toBeLessThanOrEqual(1_000);
  },
);

/** What there is, as the API answers who asks for it. */
function known(jobs: readonly string[], runs: readonly string[]): void {
  answers = {
    "/api/v1/history?runs=20": { jobs: jobs.map((job) => ({ job, runs: [] })) },
    "/api/v1/runs?limit=1000": { runs: runs.map((id) => ({ id })) },
    "/readyz": { reasons: [] },
  };
}

/** A store that has heard of two jobs and a run, and how its tab is hidden for a while. */
async function filled() {
  known(["nightly", "weekly"], ["r"]);
  const store = new Store();
  void store.follow(ending.signal);
  void store.listen(ending.signal);
  await later(0);
  for (const name of ["nightly", "weekly"]) streams[0]?.say(`event: job\ndata: {"name":"${name}"}\n\n`);
  streams[0]?.say('event: run\nid: 7\ndata: {"id":"r","state":"queued"}\n\n');
  await later(2_000);
  const hide = async () => {
    turn(true);
    await later(20_000);
  };
  const show = async () => {
    turn(false);
    await later(2_000);
  };
  const shown = () => [[...store.jobs.keys()], store.running.map(({ id }) => id)];
  expect(shown()).toEqual([["nightly", "weekly"], ["r"]]);
  return { hide, show, shown };
}

test("jobs and runs that were removed while the tab was hidden are gone once it is looked at", async () => {
  const { hide, show, shown } = await filled();
  await hide();
  expect(streams[0]?.isCancelled).toBe(true);
  known(["weekly"], []);
  await show();
  expect(streams).toHaveLength(2);
  expect(shown()).toEqual([["weekly"], []]);
});

test("a run that goes on, and is not among the last thousand, stays", async () => {
  const { hide, show, shown } = await filled();
  await hide();
  known(["weekly"], ["newer"]);
  answers = { ...answers, "/api/v1/runs/r": { id: "r", state: "running" } };
  await show();
  expect(shown()).toEqual([["weekly"], ["r"]]);
});

test("what was removed during a second interruption is gone, too, though the first one was still being made up for", async () => {
  const { hide, show, shown } = await filled();
  let answer = (_: object) => {};
  answers = {
    ...answers,
    "/api/v1/runs?limit=1000": new Promise<object>((resolve) => (answer = resolve)),
  };
  await hide();
  await show();
  await hide();
  await show();
  known(["weekly"], []);
  answer({ runs: [{ id: "r" }] });
  await later(4_000);
  expect(shown()).toEqual([["weekly"], []]);
});

test("a job that the event stream reports while the list of jobs is on its way stays", async () => {
  const { hide, show, shown } = await filled();
  let answer = (_: object) => {};
  const path = "/api/v1/history?runs=20";
  answers = { ...answers, [path]: new Promise<object>((resolve) => (answer = resolve)) };
  await hide();
  await show();
  streams[1]?.say('event: job\ndata: {"name":"new"}\n\n');
  await later(0);
  answer({ jobs: [{ job: "weekly", runs: [] }] });
  await later(0);
  expect(shown()).toEqual([["weekly", "new"], ["r"]]);
});
