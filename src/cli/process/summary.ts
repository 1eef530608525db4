import type { RunOutcome } from "../../batch/events.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { jsonText } from "../../shared/printable.ts";
import { EXIT } from "./exit.ts";

/** How a command ended that reads and changes nothing. */
interface Ending {
  readonly status: number;
  /** Whether it has shown something before. */
  readonly hasShown: boolean;
  readonly failed: number;
  readonly because: string | undefined;
  /** By `performance.now()`. */
  readonly startedMs: number;
}

/** The last line of `--json`. */
export function summaryOf({ status, hasShown, failed, because, startedMs }: Ending): string {
  return jsonText({
    event: "summary",
    outcome: outcomeOf(status, hasShown),
    files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed },
    bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
    seconds: Math.round(performance.now() - startedMs) / 1_000,
    because,
    at: isoTime(Date.now()),
  });
}

function outcomeOf(status: number, hasShown: boolean): RunOutcome {
  if (status === EXIT.done) return "succeeded";
  if (status === EXIT.interrupted) return "cancelled";
  return status === EXIT.someFailed && hasShown ? "partial" : "failed";
}
