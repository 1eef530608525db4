import type { NOTICE_FORMATS } from "../../config/schema/daemon.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { bodyOf, mailOf, signatureOf } from "./message.ts";
import type { Notice, Occasion } from "./notice.ts";

export type NoticeFormat = (typeof NOTICE_FORMATS)[number];

/** One request that carries some notices. */
interface NoticeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ChannelAddress {
  readonly url: string;
  /** As `secretFrom` gives it. */
  readonly secret: string | undefined;
}

const JSON_TYPE = { "content-type": "application/json" };
/** Bytes of a message: ntfy takes 4,096, Slack cuts one in two after 4,000 characters, and all of a card is below 28 KB. */
const MOST_TEXT = 3_500;
/** Bytes of its headline. */
const MOST_TITLE = 250;
/** Characters of PagerDuty's `summary`, which may have 1,024. */
const MOST_SUMMARY = 1_000;

/** What those who take notices in their own form are sent. @param nowMs milliseconds since 1970, which is signed */
export function requestsOf(
  format: NoticeFormat,
  notices: readonly Notice[],
  { url, secret }: ChannelAddress,
  nowMs: number,
): readonly NoticeRequest[] {
  const mail = mailOf(notices);
  const title = shortened(mail.subject, MOST_TITLE);
  const message = shortened(mail.text, MOST_TEXT);
  const post = (value: object): NoticeRequest => ({ url, headers: JSON_TYPE, body: jsonText(value) });
  switch (format) {
    case "json":
      return [signed(notices, { url, secret }, nowMs)];
    case "slack":
      return [
        post({ text: `*${slackText(title)}*\n\`\`\`${shortened(mail.text, MOST_TEXT, slackText)}\`\`\`` }),
      ];
    case "teams":
      return [post(teamsCard(title, message, isBad(notices)))];
    case "ntfy":
      return [ntfyRequest(notices, title, message, { url, secret })];
    case "pagerduty":
      return notices.map((notice) => post(pagerDutyEvent(notice, secret ?? "")));
    case "ping":
      return [{ url: pingUrl(url, notices), headers: { "content-type": "text/plain" }, body: message }];
  }
}

function signed(notices: readonly Notice[], { url, secret }: ChannelAddress, nowMs: number): NoticeRequest {
  const body = bodyOf(notices);
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = secret === undefined ? {} : { "x-fxpd-signature": signatureOf(secret, timestamp, body) };
  return { url, body, headers: { ...JSON_TYPE, "x-fxpd-timestamp": timestamp, ...signature } };
}

/** `&`, `<` and `>` would make links and mentions, and backquotes end what is shown as it is. */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("`", "'");
}

/** A text as it is escaped, no more than so many bytes in UTF-8; no letter is cut in two, however it is escaped. */
function shortened(text: string, mostBytes: number, escape = (letter: string) => letter): string {
  let [kept, bytes] = ["", 0];
  for (const letter of text) {
    const escaped = escape(letter);
    bytes += Buffer.byteLength(escaped);
    if (bytes > mostBytes) return `${kept}…`;
    kept += escaped;
  }
  return kept;
}

/** As workflows of Teams take it ("When a Teams webhook request is received"). */
function teamsCard(subject: string, text: string, isTrouble: boolean): object {
  const block = (more: object) => ({ type: "TextBlock", wrap: true, ...more });
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      block({ text: plainMarkdown(subject), weight: "Bolder", color: isTrouble ? "attention" : "good" }),
      // A line break is a paragraph there.
      block({ text: plainMarkdown(text).replaceAll("\n", "\n\n"), fontType: "Monospace" }),
    ],
  };
  const attachment = { contentType: "application/vnd.microsoft.card.adaptive", content };
  return { type: "message", attachments: [attachment] };
}

function plainMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>]/g, "\\$&");
}

/** In JSON, since a header holds ASCII only; the last part of the address is the topic. */
function ntfyRequest(
  notices: readonly Notice[],
  title: string,
  message: string,
  { url, secret }: ChannelAddress,
): NoticeRequest {
  const { origin, pathname } = new URL(url);
  const parts = pathname.split("/").filter((part) => part !== "");
  const topic = decoded(parts.pop() ?? "");
  const isTrouble = isBad(notices);
  const look = { priority: isTrouble ? 4 : 3, tags: [isTrouble ? "warning" : "white_check_mark"] };
  const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  return {
    url: [origin, ...parts].join("/"),
    headers: { ...JSON_TYPE, ...authorization },
    body: jsonText({ topic, title, message, ...look }),
  };
}

/** What is not percent-encoded as it should be stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const GOOD: ReadonlySet<Occasion> = new Set(["recovered", "succeeded"]);

function isBad(notices: readonly Notice[]): boolean {
  return notices.some(({ occasion }) => !GOOD.has(occasion));
}

const SEVERITIES: Readonly<Partial<Record<Occasion, string>>> = { partial: "warning", late: "warning" };

/** An incident for each job, which a run that succeeds resolves (Events API, version 2). */
function pagerDutyEvent({ job, occasion, because, atMs, run, files, causes }: Notice, key: string): object {
  const common = { routing_key: key, dedup_key: `fxpd ${job}` };
  if (GOOD.has(occasion)) return { ...common, event_action: "resolve" };
  const payload = {
    summary: Array.from(printable(`${job}: ${occasion}: ${because}`))
      .slice(0, MOST_SUMMARY)
      .join(""),
    source: "fxpd",
    severity: SEVERITIES[occasion] ?? "error",
    timestamp: isoTime(atMs),
    component: job,
    class: occasion,
    custom_details: { run, files, causes },
  };
  return { ...common, event_action: "trigger", payload };
}

/** healthchecks.io: the address alone is a success, with `/fail` behind it a failure; each job's last notice counts. */
function pingUrl(url: string, notices: readonly Notice[]): string {
  const last = new Map(notices.map((notice) => [notice.job, notice]));
  if (!isBad([...last.values()])) return url;
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/$/, "")}/fail`;
  return address.href;
}
