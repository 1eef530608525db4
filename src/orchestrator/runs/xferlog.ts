import { printable } from "../../shared/printable.ts";
import type { TransferEvent } from "../../batch/events.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A transfer as a line of xferlog(5): time in UTC, seconds, who (the source), bytes, target, binary, no action,
 * incoming, a real user, the job, service, no authentication, `c` for complete or `i` for incomplete.
 */
export function xferlogLine(event: TransferEvent, job: string, nowMs: number): string {
  const seconds = Math.max(1, Math.round(event.seconds));
  const fields = [
    timeOf(nowMs),
    seconds,
    oneWord(event.source),
    event.bytes,
    oneWord(event.target),
    "b _ i r",
    oneWord(job),
    "fxpd 0 *",
    event.outcome === "succeeded" || event.outcome === "partial" ? "c" : "i",
  ];
  return `${fields.join(" ")}\n`;
}

/** `Sat Nov 21 09:35:51 2026`. */
function timeOf(nowMs: number): string {
  const now = new Date(nowMs);
  const day = String(now.getUTCDate()).padStart(2, " ");
  const time = now.toISOString().slice(11, 19);
  return `${DAYS[now.getUTCDay()]} ${MONTHS[now.getUTCMonth()]} ${day} ${time} ${now.getUTCFullYear()}`;
}

/** Fields end at spaces; what would end one is an underscore, as in other servers' logs. */
function oneWord(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name may have them
  return printable(text.replace(/[\s\x00-\x1f\x7f]/g, "_"));
}
