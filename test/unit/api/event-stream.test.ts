import { Hono } from "hono";
import { expect, test } from "vitest";
import { Streams, type Told } from "../../../src/api/event-stream.ts";
import type { Variables } from "../../../src/api/route.ts";
import { noLogger } from "../../../src/shared/logger.ts";

function served(streams: Streams, tell: (signal: AbortSignal) => AsyncIterable<Told>) {
  const app = new Hono<Variables>();
  app.get("/", (http) => streams.open(http, tell));
  app.onError((error, http) => http.text(error.message, 503));
  return async () => app.request("/");
}

async function* untilAborted(signal: AbortSignal): AsyncGenerator<Told> {
  yield { id: "1", event: "run", value: { state: "running" } };
  await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

test("what is told comes as it is told, and the stream ends with what it tells of", async () => {
  using streams = new Streams(noLogger);
  const tell = async function* (): AsyncGenerator<Told> {
    yield { id: "1-0", event: "log", value: { text: "two\nlines" } };
    yield { id: "1-0/end", event: "run", value: {} };
  };
  const answer = await served(streams, tell)();
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  expect(await answer.text()).toBe(
    'event: log\ndata: {"text":"two\\nlines"}\nid: 1-0\n\nevent: run\ndata: {}\nid: 1-0/end\n\n',
  );
});

test("so many streams and no more; one that has ended makes room, and all end with their scope", async () => {
  const streams = new Streams(noLogger);
  const ask = served(streams, untilAborted);
  const open = await Promise.all(Array.from({ length: 64 }, ask));
  expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
  const refused = await ask();
  expect([refused.status, await refused.text()]).toEqual([503, "64 event streams are open already"]);
  await open[0]?.body?.cancel();
  const room = await ask();
  expect(room.status).toBe(200);
  streams[Symbol.dispose]();
  const ended = await Promise.all([...open.slice(1), room].map((answer) => answer.text()));
  expect(new Set(ended).size).toBe(1);
});
