import { Hono } from "hono";
import { expect, test } from "vitest";
import { EventStreams, type StreamedEvent } from "../../../src/api/event-stream.ts";
import type { Refusal } from "../../../src/api/problem.ts";
import type { Variables } from "../../../src/api/http.ts";
import { noLogger } from "../../../src/shared/logger.ts";

function served(streams: EventStreams, tell: (signal: AbortSignal) => AsyncIterable<StreamedEvent>) {
  const app = new Hono<Variables>();
  app.get("/:name", (http) => {
    const name = http.req.param("name");
    return streams.open(http, { name, role: "read", isNamed: name !== "nobody" }, tell);
  });
  app.onError((error, http) => http.text(error.message, (error as Refusal).status as 503));
  return async (name = "ops", remoteAddress = "127.0.0.1") =>
    app.request(`/${name}`, {}, { incoming: { socket: { remoteAddress } } });
}

async function* untilAborted(signal: AbortSignal): AsyncGenerator<StreamedEvent> {
  yield { id: "1", event: "run", value: { state: "running" } };
  await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

test("what is told comes as it is told, and the stream ends with what it tells of", async () => {
  using streams = new EventStreams(noLogger);
  const tell = async function* (): AsyncGenerator<StreamedEvent> {
    yield { id: "1-0", event: "log", value: { text: "two\nlines" } };
    yield { id: "1-0/end", event: "run", value: {} };
  };
  const answer = await served(streams, tell)();
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  expect(await answer.text()).toBe(
    'event: log\ndata: {"text":"two\\nlines"}\nid: 1-0\n\nevent: run\ndata: {}\nid: 1-0/end\n\n',
  );
});

test("nobody can take all streams: one caller has sixteen, by token, or by address without one", async () => {
  using streams = new EventStreams(noLogger);
  const ask = served(streams, untilAborted);
  for (let count = 0; count < 16; count += 1) expect((await ask()).status).toBe(200);
  const refused = await ask("ops", "192.0.2.9");
  expect([refused.status, await refused.text()]).toEqual([
    429,
    "ops already has 16 open event streams; close one first",
  ]);
  expect((await ask("eye")).status).toBe(200);
  for (let count = 0; count < 16; count += 1) expect((await ask("nobody", "::1")).status).toBe(200);
  expect((await ask("nobody", "::1")).status).toBe(429);
  expect((await ask("nobody", "127.0.0.1")).status).toBe(200);
});

test("so many streams and no more; one that has ended makes room, and all end with their scope", async () => {
  const streams = new EventStreams(noLogger);
  const ask = served(streams, untilAborted);
  const open = await Promise.all(Array.from({ length: 256 }, (_, at) => ask(`ops${at % 16}`)));
  expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
  const refused = await ask("other");
  expect([refused.status, await refused.text()]).toEqual([
    503,
    "256 event streams are already open; try again later",
  ]);
  await open[0]?.body?.cancel();
  const room = await ask("other");
  expect(room.status).toBe(200);
  streams[Symbol.dispose]();
  const ended = await Promise.all([...open.slice(1), room].map((answer) => answer.text()));
  expect(new Set(ended).size).toBe(1);
});
