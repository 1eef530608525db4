import type { Daemon } from "../../config/load/load-daemon.ts";
import type { Clock } from "../../shared/clock.ts";
import type { SecretSource } from "../../config/schema/hosts.ts";
import { emailSender } from "./email.ts";
import type { Notice, Occasion } from "./notice.ts";
import { webhookSender } from "./webhook.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

/** Sends one message with all these notices. @throws where it was not taken */
type Send = (notices: readonly Notice[], signal: AbortSignal) => Promise<void>;

/** Where notices go. */
export interface Channel {
  /** The same in every process that has the same configuration; no secret follows from it. */
  readonly name: string;
  /** For people; an address may have a secret in its path, so that only its host is shown. */
  readonly shown: string;
  readonly on: readonly Occasion[];
  /** Names of the jobs whose notices go there, with `*` and `?`; absent: all. */
  readonly jobs?: readonly string[];
  readonly send: Send;
}

/** Who is notified, as the daemon's file has it. */
export function channelsOf({ value, secret }: Daemon, clock: Pick<Clock, "now">): readonly Channel[] {
  const { webhooks, email } = value.notifications;
  const fetchFrom = (source: SecretSource | undefined) => source && (() => secret(source));
  const hooks = webhooks.map((webhook): Channel => {
    const { url = PAGERDUTY, urlFrom, format, on, jobs, secretFrom } = webhook;
    // One address with several settings counts as several channels.
    const parts = [urlFrom === undefined ? url : JSON.stringify(urlFrom)];
    if (format !== "json" || jobs !== undefined) parts.push(format, JSON.stringify([jobs ?? "", on]));
    const name = `webhook-${hexDigest(parts.join(" "), 12)}`;
    const kind = format === "json" ? "webhook" : format;
    const shown = urlFrom === undefined ? `${kind} at ${new URL(url).host}` : `${kind} of urlFrom`;
    const address = fetchFrom(urlFrom) ?? (async () => url);
    return {
      ...{ name, shown, on, ...(jobs === undefined ? {} : { jobs }) },
      send: webhookSender(address, format, fetchFrom(secretFrom), clock),
    };
  });
  if (email === undefined) return hooks;
  const shown = `mail by ${email.server}`;
  const { on, jobs } = email;
  const mail = { name: "email", shown, on, send: emailSender(email, fetchFrom(email.passwordFrom)) };
  return [...hooks, jobs === undefined ? mail : { ...mail, jobs }];
}

/** Where PagerDuty takes events (Events API, version 2). */
const PAGERDUTY = "https://events.pagerduty.com/v2/enqueue";
