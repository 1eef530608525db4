import type { CopyEvent, SummaryEvent } from "../../batch/events.ts";
import { jsonText } from "../../shared/printable.ts";
import { RunReport } from "../../batch/report/report.ts";
import { messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { NamedOutput } from "../../state/named-file.ts";
import type { RunEvent } from "./lines.ts";
import type { Output } from "./output.ts";

/**
 * Carries something out, and writes a report of it into a file: at the beginning, so that a run that was killed shows as
 * one that has not ended, and at the end.
 * @param file undefined: there is none
 * @throws ConfigError where nothing can be written there
 */
export async function withReport(
  file: string | undefined,
  isDryRun: boolean,
  output: Output,
  run: (output: Output) => Promise<SummaryEvent>,
): Promise<SummaryEvent> {
  if (file === undefined) return run(output);
  const report = new RunReport(now(), isDryRun);
  const targets = new Map<string, RunReport>();
  const named = new NamedOutput(file);
  const textOf = (ended: string | null) => `${jsonText(valueOf(report, targets, ended), 2)}\n`;
  const event = (happened: RunEvent) => {
    if (happened.event !== "difference" && !(happened.event === "summary" && "paths" in happened)) {
      report.note(happened);
      if ("to" in happened && happened.to !== undefined) noteOf(happened.to, happened);
    }
    output.event(happened);
  };
  const noteOf = (target: string, happened: CopyEvent) => {
    const one = targets.get(target) ?? new RunReport(now(), isDryRun);
    targets.set(target, one);
    one.note(happened.event === "target" ? { ...happened, event: "summary" } : happened);
  };
  named.begin(textOf(null));
  try {
    return await run({ ...output, event });
  } catch (error) {
    report.note({ event: "fault", path: "", because: messageOf(error) });
    throw error;
  } finally {
    try {
      named.end(textOf(now()));
    } catch (error) {
      // What was done is reported all the same.
      output.fault(messageOf(error));
    }
  }
}

/** Of several targets, all in one and each for itself. */
function valueOf(report: RunReport, targets: ReadonlyMap<string, RunReport>, ended: string | null): object {
  const each = [...targets].map(([target, one]) => {
    const { report: _, ...value } = one.value(ended);
    return { target, ...value };
  });
  return { ...report.value(ended), ...(each.length === 0 ? {} : { targets: each }) };
}

function now(): string {
  return isoTime(Date.now());
}
