import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { DaemonFile } from "../../src/config/schema/daemon.ts";
import { channelsOf } from "../../src/orchestrator/notify/channel.ts";
import type { DeliveryError } from "../../src/orchestrator/notify/errors.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { ownPort } from "../servers/ports.ts";
import { channel, NEVER, notice, SECRET } from "../support/notices.ts";
import { receiveHttp, receiveMail } from "../support/receiver.ts";

function webhook(port: number) {
  return channel({
    webhooks: [{ url: `http://127.0.0.1:${port}/hook/a-secret-path`, secretFrom: { env: "KEY" } }],
  });
}

function email(port: number, more: object = {}) {
  const login = { user: "fxpd", passwordFrom: { env: "KEY" } };
  const addresses = { from: "fxpd@example.org", to: ["ops@example.org", "night@example.org"] };
  return channel({ email: { server: "127.0.0.1", port, tls: "off", ...login, ...addresses, ...more } });
}

test("a webhook gets JSON, signed over the time and the very octets of the body", async () => {
  await using receiver = await receiveHttp(204);
  await webhook(receiver.port).send([notice], NEVER);
  const [request] = receiver.received;
  const timestamp = String(request?.headers["x-fxpd-timestamp"]);
  const expected = createHmac("sha256", SECRET).update(`${timestamp}.${request?.body}`).digest("hex");
  expect(request?.headers["x-fxpd-signature"]).toBe(`sha256=${expected}`);
  expect(Math.abs(Number(timestamp) * 1_000 - Date.now())).toBeLessThan(60_000);
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    notices: [{ id: "run nightly_1", occasion: "partial", at: "2026-11-21T02:15:00.000Z" }],
  });
});

test.each([[500], [404], [302]])("an answer of %i is no success, and is followed nowhere", async (status) => {
  await using receiver = await receiveHttp(status);
  await expect(webhook(receiver.port).send([notice], NEVER)).rejects.toThrow(`answered ${status}`);
  expect(receiver.received.length).toBe(1);
});

test("who cannot be reached is told of by host and code, never by the address", async () => {
  const port = await ownPort();
  const { shown, send } = webhook(port);
  expect(shown).toBe(`webhook at 127.0.0.1:${port}`);
  await expect(send([notice], NEVER)).rejects.toThrow(/^not reachable \(ECONNREFUSED\)$/);
});

test("a webhook that says nothing is left when it has to end", async () => {
  await using receiver = await receiveHttp(0);
  const ending = new AbortController();
  const sent = webhook(receiver.port).send([notice], ending.signal);
  setTimeout(() => ending.abort(), 50);
  await expect(sent).rejects.toThrow("not reachable");
});

test("a mail names the causes and their counts, and goes to all, after a login", async () => {
  await using receiver = await receiveMail({ AUTH: "235 in" });
  await email(receiver.port).send([notice], NEVER);
  const [mail] = receiver.received;
  expect(mail?.auth).toBe(Buffer.from(`\0fxpd\0${SECRET}`).toString("base64"));
  expect(mail?.from).toContain("<fxpd@example.org>");
  expect(mail?.to).toHaveLength(2);
  expect(mail?.text).toContain("Subject: fxpd: nightly: partial: 1000 files failed");
  expect(mail?.text).toMatch(/Auto-Submitted: auto-generated/i);
  const text = /base64/.test(mail?.text ?? "")
    ? Buffer.from(mail?.text.split("\n\n")[1] ?? "", "base64").toString()
    : (mail?.text ?? "").replace(/=\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`);
  expect(text.includes("%") ? decodeURIComponent(text) : text).toContain(
    "1000 × edge: STOR …: 452 Insufficient storage space",
  );
});

test("no mail goes out in clear where TLS is required", async () => {
  await using receiver = await receiveMail({ STARTTLS: "454 not now", AUTH: "235 in" });
  await expect(email(receiver.port, { tls: "required" }).send([notice], NEVER)).rejects.toThrow(
    "454 not now",
  );
  expect(receiver.received).toEqual([]);
});

test("a server that repeats the password does not bring it into the error", async () => {
  await using receiver = await receiveMail({ AUTH: `535 wrong: ${SECRET} %s` });
  const failed = email(receiver.port).send([notice], NEVER);
  await expect(failed).rejects.toThrow("535 wrong: ****");
  await expect(failed).rejects.not.toThrow(Buffer.from(`\0fxpd\0${SECRET}`).toString("base64"));
  await expect(failed).rejects.not.toThrow(SECRET);
});

test("a receiver that is busy says after how long it takes a message: in seconds, or when", async () => {
  const later = new Date(Date.now() + 120_000).toUTCString();
  for (const [after, least, most] of [
    ["37", 37_000, 37_000],
    [later, 60_000, 120_000],
    ["soon", undefined, undefined],
  ] as const) {
    await using receiver = await receiveHttp({ status: 429, headers: { "retry-after": after } });
    const error = await webhook(receiver.port)
      .send([notice], NEVER)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: "answered 429" });
    const { afterMs } = error as DeliveryError;
    if (least === undefined) expect(afterMs).toBeUndefined();
    else expect(afterMs).toSatisfy((ms: number) => ms >= least && ms <= most);
  }
});

test("an address that is a secret comes from elsewhere, and is shown nowhere", async () => {
  await using receiver = await receiveHttp(200);
  const value = DaemonFile.parse({
    notifications: { webhooks: [{ urlFrom: { env: "HOOK" }, format: "slack" }] },
  });
  const secret = () => Promise.resolve(`http://127.0.0.1:${receiver.port}/hook\n`);
  const [slack] = channelsOf({ file: "daemon.yaml", value, dataDirectory: "/", secret }, systemClock);
  await slack?.send([notice], NEVER);
  expect(receiver.received).toHaveLength(1);
  expect(slack?.shown).toBe("slack of urlFrom");
});

test.each([
  [{ format: "slack" }, "url"],
  [{ url: "https://a.example/", urlFrom: { env: "A" } }, "urlFrom"],
  [{ format: "pagerduty" }, "secretFrom"],
  [{ format: "ping", url: "https://a.example/", secretFrom: { env: "A" } }, "secretFrom"],
])("a webhook that cannot work is a fault of the file: %j", (webhook, key) => {
  const read = DaemonFile.safeParse({ notifications: { webhooks: [webhook] } });
  expect(read.error?.issues.map(({ path }) => path.at(-1))).toEqual([key]);
});
