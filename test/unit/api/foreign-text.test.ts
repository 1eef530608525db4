import { Hono } from "hono";
import { expect, test } from "vitest";
import { z } from "zod";
import type { ApiDeps } from "../../../src/api/deps.ts";
import { EventStreams, type StreamedEvent } from "../../../src/api/event-stream.ts";
import { route } from "../../../src/api/route.ts";
import type { Variables } from "../../../src/api/http.ts";
import type { TransferEvent } from "../../../src/batch/events.ts";
import { bodyOf, mailOf } from "../../../src/orchestrator/notify/message.ts";
import type { Notice } from "../../../src/orchestrator/notify/notice.ts";
import { xferlogLine } from "../../../src/orchestrator/runs/xferlog.ts";
import { noLogger } from "../../../src/shared/logger.ts";
import { HOSTILE, UNSEEN } from "../../support/foreign-text.ts";

const failure = { path: `p ${HOSTILE}`, because: `f ${HOSTILE}` };
const notice: Notice = {
  ...{
    id: "1",
    occasion: "failed",
    job: "nightly",
    atMs: 0,
    because: `b ${HOSTILE}\nSubject: x`,
    otherFailures: 0,
  },
  causes: [{ because: `c ${HOSTILE}\u0085`, count: 1, first: [failure] }],
};

test("a mail shows foreign text and is not led by it", () => {
  const { subject, text } = mailOf([notice]);
  expect(subject).not.toMatch(/\n/);
  for (const line of [subject, ...text.split("\n")]) expect(line).not.toMatch(UNSEEN);
  expect(text).not.toMatch(/^Subject/m);
});

test("a webhook's body is safe to show, and has what was said", () => {
  const body = bodyOf([notice]);
  expect(body).not.toMatch(UNSEEN);
  expect(JSON.parse(body)).toMatchObject({ notices: [{ because: notice.because, causes: notice.causes }] });
});

test("a line of the transfer log has a name in one field", () => {
  const event = {
    ...{
      event: "transfer",
      source: `a b ${HOSTILE}`,
      target: `t ${HOSTILE}`,
      outcome: "succeeded",
      by: "relay",
    },
    ...{ method: null, bytes: 1, resumedFrom: 0, protected: null, digest: null, because: "", seconds: 1 },
    attempts: 1,
  } as unknown as TransferEvent;
  const line = xferlogLine(event, "job", 0);
  expect(line.trimEnd()).not.toMatch(UNSEEN);
  expect(line.trimEnd().split(/ +/)).toHaveLength(18);
});

test("the API answers with it as data, and its streams tell it so", async () => {
  const described = { method: "get", path: "/x", role: "anybody", summary: "x", problems: [] } as const;
  const one = route({ ...described, answer: z.object({}), handle: async () => ({ name: HOSTILE }) } as never);
  using streams = new EventStreams(noLogger);
  const tell = async function* (): AsyncGenerator<StreamedEvent> {
    yield { id: "1", event: "log", value: { name: HOSTILE } };
  };
  const app = new Hono<Variables>();
  const deps = {} as ApiDeps;
  app.get("/x", (http) => one.answerTo(http as never, deps));
  app.get("/stream", (http) => streams.open(http, { name: "eye", role: "read", isNamed: true }, tell));
  const ask = (path: string) =>
    app.request(
      path,
      { headers: { authorization: "Bearer look" } },
      { incoming: { socket: { remoteAddress: "127.0.0.1" } } },
    );
  const answer = await ask("/x");
  expect(answer.headers.get("content-type")).toBe("application/json");
  const text = await answer.text();
  expect(text).not.toMatch(UNSEEN);
  expect(JSON.parse(text)).toEqual({ name: HOSTILE });
  const told = await (await ask("/stream")).text();
  expect(told.replaceAll("\n", "")).not.toMatch(UNSEEN);
  expect(told).toContain("\\u202e");
});
