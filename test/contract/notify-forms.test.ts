import { expect, test } from "vitest";
import { z } from "zod";
import type { Notice } from "../../src/orchestrator/notify/notice.ts";
import { channel, NEVER, notice, SECRET } from "../support/notices.ts";
import { receiveHttp } from "../support/receiver.ts";

// What each service is sent, in the form that it takes.

const good: Notice = { ...notice, id: "run nightly_2", occasion: "succeeded", because: "well", causes: [] };

async function sent(format: string, path: string, notices: readonly Notice[], more: object = {}) {
  await using receiver = await receiveHttp(200);
  const url = `http://127.0.0.1:${receiver.port}${path}`;
  await channel({ webhooks: [{ url, format, ...more }] }).send(notices, NEVER);
  return receiver.received.map(({ body, headers, url: asked }) => ({ body, headers, asked }));
}

test("Slack and Teams get a message in their own form, in which no server's words are a link or a mention", async () => {
  const words = { ...notice, because: "<!channel> `x` *b*" };
  const [slack] = await sent("slack", "/services/T/B", [words]);
  const { text } = JSON.parse(slack?.body ?? "") as { text: string };
  expect(text).toContain("*fxpd: nightly: partial: &lt;!channel&gt; 'x' *b**");
  expect(text).toContain("1000 × edge: STOR …: 452 Insufficient storage space");
  const [teams] = await sent("teams", "/workflows/x", [words]);
  const { attachments } = JSON.parse(teams?.body ?? "") as {
    attachments: { content: { body: { text: string }[] } }[];
  };
  expect(attachments[0]?.content.body[0]?.text).toBe(
    "fxpd: nightly: partial: \\<!channel\\> \\`x\\` \\*b\\*",
  );
});

test("a topic that is not percent-encoded as it should be is taken as it is", async () => {
  const [request] = await sent("ntfy", "/base/100%", [notice]);
  expect(JSON.parse(request?.body ?? "")).toMatchObject({ topic: "100%" });
});

test("ntfy gets its topic, a title that may hold any letters, and a token", async () => {
  const [request] = await sent("ntfy", "/base/mirrors", [{ ...notice, job: "näch" }], {
    secretFrom: { env: "KEY" },
  });
  expect(request).toMatchObject({ asked: "/base", headers: { authorization: `Bearer ${SECRET}` } });
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    ...{ topic: "mirrors", title: "fxpd: näch: partial: 1000 files failed", priority: 4, tags: ["warning"] },
  });
});

test("PagerDuty gets one incident for each job, which a good run resolves", async () => {
  const requests = await sent("pagerduty", "/v2/enqueue", [notice, { ...notice, occasion: "stale" }, good], {
    secretFrom: { env: "KEY" },
  });
  const events = requests.map(({ body }) => JSON.parse(body) as object);
  const common = { routing_key: SECRET, dedup_key: "fxpd nightly" };
  expect(events).toMatchObject([
    { ...common, event_action: "trigger", payload: { severity: "warning", class: "partial" } },
    { ...common, event_action: "trigger", payload: { severity: "error", class: "stale" } },
    { ...common, event_action: "resolve" },
  ]);
});

test("a ping is a success after a good run, and a failure after any other", async () => {
  expect((await sent("ping", "/ping/abc?x=1", [notice, good])).map(({ asked }) => asked)).toEqual([
    "/ping/abc?x=1",
  ]);
  expect((await sent("ping", "/ping/abc/", [notice])).map(({ asked }) => asked)).toEqual(["/ping/abc/fail"]);
});

test("a ping is a failure as long as the last notice of any job is one", async () => {
  const other = { ...good, id: "run weekly_1", job: "weekly" };
  expect((await sent("ping", "/ping/abc", [notice, other])).map(({ asked }) => asked)).toEqual([
    "/ping/abc/fail",
  ]);
});

test.each([
  ["slack", "/x"],
  ["teams", "/x"],
  ["ntfy", "/mirrors"],
  ["pagerduty", "/x"],
] as const)(
  "however long names and reasons are, %s gets no more than it takes, with no letter cut",
  async (format, path) => {
    const path1 = { path: "日本語&<`".repeat(900), because: "\u{1f4a9}".repeat(700) };
    const because = `x${"\u{1f4a9}".repeat(700)}`;
    const causes = Array.from({ length: 10 }, () => ({ because, count: 1, first: [path1, path1, path1] }));
    const [request] = await sent(format, path, [{ ...notice, because, causes }], {
      ...(format === "pagerduty" ? { secretFrom: { env: "KEY" } } : {}),
    });
    const body = JSON.parse(request?.body ?? "") as Record<string, string> & {
      payload?: { summary: string };
    };
    // JSON.stringify writes halves of characters as escapes, and whole ones as they are.
    expect(request?.body).not.toMatch(/\\ud[89a-f]/i);
    const size = Buffer.byteLength(request?.body ?? "");
    switch (format) {
      case "slack":
        return expect(Buffer.byteLength(body["text"] ?? "")).toBeLessThan(4_000);
      case "teams":
        return expect(size).toBeLessThan(28_000);
      case "ntfy":
        expect(Buffer.byteLength(body["message"] ?? "")).toBeLessThanOrEqual(4_096);
        return expect(size).toBeLessThan(8_192);
      case "pagerduty":
        expect(Array.from(body.payload?.summary ?? "").length).toBeLessThanOrEqual(1_024);
        return expect(size).toBeLessThan(512 * 1_024);
    }
  },
);

/** What PagerDuty's documentation requires of an event that triggers an incident (Events API, version 2). */
const PagerDutyTrigger = z.strictObject({
  routing_key: z.string().min(1),
  event_action: z.literal("trigger"),
  dedup_key: z.string().min(1).max(255),
  payload: z.strictObject({
    summary: z.string().min(1).max(1_024),
    source: z.string().min(1),
    severity: z.enum(["critical", "error", "warning", "info"]),
    timestamp: z.iso.datetime(),
    component: z.string(),
    class: z.string(),
    custom_details: z.looseObject({}),
  }),
});
const PagerDutyResolve = z.strictObject({
  routing_key: z.string().min(1),
  event_action: z.literal("resolve"),
  dedup_key: z.string().min(1).max(255),
});

/** A message with one Adaptive Card, as the workflow "When a Teams webhook request is received" takes it. */
const TextBlock = z.strictObject({
  type: z.literal("TextBlock"),
  text: z.string().min(1),
  wrap: z.literal(true),
  weight: z.literal("Bolder").optional(),
  color: z.enum(["attention", "good"]).optional(),
  fontType: z.literal("Monospace").optional(),
});
const TeamsMessage = z.strictObject({
  type: z.literal("message"),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal("application/vnd.microsoft.card.adaptive"),
      content: z.strictObject({
        $schema: z.literal("http://adaptivecards.io/schemas/adaptive-card.json"),
        type: z.literal("AdaptiveCard"),
        version: z.literal("1.4"),
        body: z.tuple([TextBlock, TextBlock]),
      }),
    }),
  ]),
});
const NtfyMessage = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string(),
  message: z.string().min(1),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string()),
});

const OCCASIONS = ["failed", "partial", "refused", "recovered", "late", "stale", "succeeded"] as const;

test.each(OCCASIONS)(
  "a notice of %s has the form that each service documents, and its colour",
  async (occasion) => {
    const isGood = occasion === "recovered" || occasion === "succeeded";
    const one: Notice = isGood ? { ...good, occasion } : { ...notice, occasion };
    const bodyFor = async (format: string, path: string, more: object = {}) =>
      JSON.parse((await sent(format, path, [one], more))[0]?.body ?? "") as unknown;
    const key = { secretFrom: { env: "KEY" } };
    (isGood ? PagerDutyResolve : PagerDutyTrigger).parse(await bodyFor("pagerduty", "/v2/enqueue", key));
    const teams = TeamsMessage.parse(await bodyFor("teams", "/workflows/x"));
    expect(teams.attachments[0].content.body[0].color).toBe(isGood ? "good" : "attention");
    expect(NtfyMessage.parse(await bodyFor("ntfy", "/mirrors")).priority).toBe(isGood ? 3 : 4);
    z.strictObject({ text: z.string().min(1) }).parse(await bodyFor("slack", "/services/T/B"));
  },
);
