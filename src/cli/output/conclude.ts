import type { SummaryEvent } from "../../batch/events.ts";
import { exitStatusOf, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";
import type { RunEvent } from "./lines.ts";
import type { Output } from "./output.ts";
import { errorSentence, truthful, unexpectedEnd } from "../process/unexpected.ts";

/** Runs a command that ends in a summary, whatever happens, and gives its exit status. */
export async function concluded(
  output: Output,
  run: (output: Output, signal: AbortSignal) => Promise<SummaryEvent>,
): Promise<number> {
  const signal = interruptSignal();
  try {
    output.open?.();
    const failures = new Failures();
    const event = (happened: RunEvent) => {
      failures.note(happened);
      output.event(happened.event === "summary" ? truthful(happened) : happened);
    };
    const summary = truthful(await run({ ...output, event }, signal));
    const because = unexpectedEnd() === undefined ? failures.endOf(summary) : undefined;
    if (because !== undefined) output.fault(because);
    return exitStatusOf(summary.outcome);
  } catch (error) {
    const end = unexpectedEnd();
    const isCancelled = signal.aborted && end === undefined;
    const because = end ?? (isCancelled ? "interrupted" : errorSentence(error));
    output.event({
      event: "summary",
      outcome: isCancelled ? "cancelled" : "failed",
      files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 },
      bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
      seconds: 0,
      because,
    });
    if (end === undefined) output.fault(because);
    return isCancelled ? exitStatusOf("cancelled") : statusOfError(error);
  } finally {
    output.end();
  }
}

/** So many reasons are remembered; a run that ends for the reason of one file does so soon after it. */
const MOST_REASONS = 100;

/** Files that have failed, so that the end of a run does not repeat the message about one of them. */
class Failures {
  readonly #reasons = new Set<string>();
  #count = 0;

  note(event: RunEvent): void {
    const hasFailed = event.event === "fault" || (event.event === "transfer" && event.outcome === "failed");
    if (!hasFailed) return;
    this.#count += 1;
    if (this.#reasons.size < MOST_REASONS) this.#reasons.add(event.because);
  }

  /** Why the run ended as it did, unless the messages before say so already. */
  endOf({ because, files }: SummaryEvent): string | undefined {
    if (because === undefined || !this.#reasons.has(because)) return because;
    const untried = files.failed - this.#count;
    if (untried <= 0) return undefined;
    return untried === 1 ? "1 more file was not tried" : `${untried} more files were not tried`;
  }
}
