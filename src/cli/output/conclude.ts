import type { SummaryEvent } from "../../batch/events.ts";
import { statusOf, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";
import type { RunEvent } from "./lines.ts";
import type { Output } from "./output.ts";
import { sentenceOf, truthful, unexpectedEnd } from "../process/unexpected.ts";

/** Runs a command that ends in a summary, whatever happens, and gives its exit status. */
export async function concluded(
  output: Output,
  run: (output: Output, signal: AbortSignal) => Promise<SummaryEvent>,
): Promise<number> {
  const signal = interruptSignal();
  try {
    output.open?.();
    const event = (told: RunEvent) => output.event(told.event === "summary" ? truthful(told) : told);
    const summary = truthful(await run({ ...output, event }, signal));
    if (summary.because !== undefined && unexpectedEnd() === undefined) output.fault(summary.because);
    return statusOf(summary.outcome);
  } catch (error) {
    const end = unexpectedEnd();
    const isCancelled = signal.aborted && end === undefined;
    const because = end ?? (isCancelled ? "interrupted" : sentenceOf(error));
    output.event({
      event: "summary",
      outcome: isCancelled ? "cancelled" : "failed",
      files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 },
      bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
      seconds: 0,
      because,
    });
    if (end === undefined) output.fault(because);
    return isCancelled ? statusOf("cancelled") : statusOfError(error);
  } finally {
    output.end();
  }
}
