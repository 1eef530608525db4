import { createHmac } from "node:crypto";
import { jsonText, printable } from "../../shared/printable.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { Notice } from "./notice.ts";

/** Notices of one mail that are reported in full; of the others there is a line. */
const IN_FULL = 20;

/** What a mail says of some notices. */
export function mailOf(notices: readonly Notice[]): { readonly subject: string; readonly text: string } {
  const [first] = notices;
  const subject =
    first !== undefined && notices.length === 1
      ? printable(`fxpd: ${first.job}: ${first.occasion}: ${shortened(first.because)}`)
      : `fxpd: ${countsOf(notices)}`;
  const paragraphs = notices.slice(0, IN_FULL).map(paragraphOf);
  const lines = notices.slice(IN_FULL).map(headOf);
  return {
    subject,
    text: `${[...paragraphs, ...(lines.length > 0 ? [lines.join("\n")] : [])].join("\n\n")}\n`,
  };
}

/** What a webhook gets of some notices. */
export function bodyOf(notices: readonly Notice[]): string {
  const dated = notices.map(({ atMs, ...notice }) => ({ ...notice, at: isoTime(atMs) }));
  return jsonText({ notices: dated });
}

/** HMAC-SHA-256 over the seconds since 1970 and the body, with a dot between them, in hexadecimal digits. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

/** `3 failed, 1 late` */
function countsOf(notices: readonly Notice[]): string {
  const counts = new Map<string, number>();
  for (const { occasion } of notices) counts.set(occasion, (counts.get(occasion) ?? 0) + 1);
  return [...counts].map(([occasion, count]) => `${count} ${occasion}`).join(", ");
}

function headOf({ job, occasion, because }: Notice): string {
  return printable(`${job}: ${occasion}: ${because}`);
}

function paragraphOf(notice: Notice): string {
  const { run, atMs, files, causes, otherFailures } = notice;
  const counts = Object.entries(files ?? {}).filter(([, count]) => count > 0);
  return [
    headOf(notice),
    `  ${isoTime(atMs)}${run === undefined ? "" : `  ${run}`}`,
    ...(counts.length > 0
      ? [`  files: ${counts.map(([name, count]) => `${count} ${name}`).join(", ")}`]
      : []),
    ...causes.flatMap(({ because, count, first }) => [
      printable(`  ${count} × ${because}`),
      ...first.map((failure) => printable(`      ${failure.path}: ${failure.because}`)),
    ]),
    ...(otherFailures > 0 ? [`  ${otherFailures} × other causes`] : []),
  ].join("\n");
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}
