import { createHash } from "node:crypto";
import type { Daemon } from "../../config/load-daemon.ts";
import { emailSender } from "./email.ts";
import type { Notice, Occasion } from "./notice.ts";
import { webhookSender } from "./webhook.ts";

/** Sends one message with all these notices. @throws where it was not taken */
export type Send = (notices: readonly Notice[], signal: AbortSignal) => Promise<void>;

/** Somebody who is told. */
export interface Channel {
  /** The same in every process that has the same configuration; no secret follows from it. */
  readonly name: string;
  /** For people; an address may have a secret in its path, so that only its host is shown. */
  readonly shown: string;
  readonly on: readonly Occasion[];
  readonly send: Send;
}

/** Whom the daemon's file says to tell. */
export function channelsOf({ value, secret }: Daemon): readonly Channel[] {
  const { webhooks, email } = value.notifications;
  const told: Channel[] = webhooks.map((webhook) => {
    const { url, on, secretFrom } = webhook;
    const fetchKey = secretFrom && (() => secret(secretFrom));
    const name = `webhook-${createHash("sha256").update(url).digest("hex").slice(0, 12)}`;
    return { name, shown: `webhook at ${new URL(url).host}`, on, send: webhookSender(url, fetchKey) };
  });
  if (email === undefined) return told;
  const { passwordFrom } = email;
  const fetchPassword = passwordFrom && (() => secret(passwordFrom));
  const shown = `mail by ${email.server}`;
  return [...told, { name: "email", shown, on: email.on, send: emailSender(email, fetchPassword) }];
}
