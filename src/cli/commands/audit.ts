import { loadDaemon } from "../../config/load/load-daemon.ts";
import { parseMoment } from "../../copy/selection.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import type { AuditRow } from "../../state/audit/audit-row.ts";
import { AuditTrail } from "../../state/audit/audit-trail.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { summaryOf } from "../process/summary.ts";
import { jsonText, printable } from "../../shared/printable.ts";

interface AuditCommandOptions extends CommonOptions {
  readonly since?: string;
  readonly limit?: string;
  readonly verify?: boolean;
}

/** `fxpd audit`: who has asked for what on this machine; needs no Redis. */
export async function auditCommand(given: AuditCommandOptions): Promise<number> {
  const startedMs = performance.now();
  const ended = (status: number, because?: string) => {
    if (given.json === true) write(summaryOf({ status, hasShown: false, failed: 0, because, startedMs }));
    return status;
  };
  try {
    const { dataDirectory } = await loadDaemon(directoriesOf(given));
    const trail = new AuditTrail(dataDirectory, { now: () => Date.now() });
    if (given.verify !== true) return ended(list(trail, given));
    const because = verify(trail, given);
    return ended(because === undefined ? EXIT.done : EXIT.someFailed, because);
  } catch (error) {
    const because = messageOf(error);
    process.stderr.write(`fxpd: ${printable(because)}\n`);
    // 1 is for a trail that was altered.
    const status = statusOfError(error);
    return ended(status === EXIT.someFailed ? EXIT.nothingDone : status, because);
  }
}

function list(trail: AuditTrail, { since, limit, json, quiet }: AuditCommandOptions): number {
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : instantOf(since);
  const most = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  if (!(most >= 1) || (limit !== undefined && !Number.isInteger(most)))
    throw new ConfigError("expected a whole number from 1", "--limit");
  const rows: AuditRow[] = [];
  for (const row of trail.rows()) {
    if (Date.parse(row.at) < sinceMs) continue;
    rows.push(row);
    if (rows.length > most) rows.shift();
  }
  if (quiet === true) return EXIT.done;
  if (rows.length === 0 && json !== true)
    process.stderr.write(
      since === undefined
        ? "fxpd: the audit trail is empty: nothing has been changed through fxpd on this machine\n"
        : `fxpd: the audit trail has no entries since ${printable(since)}\n`,
    );
  for (const row of rows) write(json === true ? jsonText({ event: "audit", ...row }) : lineOf(row));
  return EXIT.done;
}

/** `7d` ago, or a date. */
function instantOf(text: string): number {
  try {
    const moment = parseMoment(text);
    return "agoMs" in moment ? Date.now() - moment.agoMs : moment.atMs;
  } catch (error) {
    throw new ConfigError(messageOf(error), "--since", error);
  }
}

function lineOf({ at, who, from, what, on, outcome, because }: AuditRow): string {
  const about = on === undefined ? "" : ` ${on}`;
  const why = because === undefined ? "" : `: ${because}`;
  return printable(`${at}  ${who ?? "unknown"} (${from})  ${what}${about}  ${outcome}${why}`);
}

/** @returns what was altered; undefined where nothing was */
function verify(trail: AuditTrail, { json, quiet }: AuditCommandOptions): string | undefined {
  const { sound, altered } = trail.verify();
  const at = new Date().toISOString();
  if (json === true)
    write(
      jsonText({
        event: "verification",
        at,
        intact: altered === undefined,
        rows: sound,
        altered: altered ?? null,
      }),
    );
  else if (altered === undefined && quiet !== true) write(`the audit trail is intact: ${sound} rows`);
  if (altered === undefined) return undefined;
  const sentence = `the audit trail has been altered: row ${altered.sequence}: ${altered.because}`;
  process.stderr.write(`fxpd: ${printable(sentence)}; the ${sound} rows before it are intact\n`);
  return sentence;
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
