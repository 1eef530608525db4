import type { SummaryEvent } from "../copy/events.ts";
import { messageOf } from "../shared/errors.ts";
import { statusOf, statusOfError } from "./exit.ts";
import { interruptSignal } from "./interrupt.ts";
import type { Output } from "./output.ts";

/** Runs a command that ends in a summary, whatever happens, and gives its exit status. */
export async function concluded(
  output: Output,
  run: (output: Output, signal: AbortSignal) => Promise<SummaryEvent>,
): Promise<number> {
  const signal = interruptSignal();
  try {
    const summary = await run(output, signal);
    if (summary.because !== undefined) output.fault(summary.because);
    return statusOf(summary.outcome);
  } catch (error) {
    const because = signal.aborted ? "interrupted" : messageOf(error);
    output.event({
      event: "summary",
      outcome: signal.aborted ? "cancelled" : "failed",
      files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 },
      bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
      seconds: 0,
      because,
    });
    output.fault(because);
    return signal.aborted ? statusOf("cancelled") : statusOfError(error);
  } finally {
    output.end();
  }
}
