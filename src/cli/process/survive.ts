import { pieceAtWork } from "../../orchestrator/worker/queue/piece-of-work.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/logger.ts";
import { ownUnexpected } from "./unexpected.ts";

/** So many faults that nobody expected within a minute are too many: the process is not what it should be. */
const MOST_FAULTS = 20;
const MINUTE_MS = 60_000;

/**
 * An exception that nobody has caught is logged with its stack, and ends nothing but the piece of work that it came
 * from, where that is known. Where they do not stop coming, the process ends in good order, to be started afresh.
 * @param end begins that end
 */
export function survive(log: Logger, end: () => void): void {
  let faults: number[] = [];
  const caught = (error: unknown) => {
    const nowMs = performance.now();
    faults = [...faults.filter((atMs) => nowMs - atMs < MINUTE_MS), nowMs];
    const stack = error instanceof Error ? error.stack : undefined;
    const piece = pieceAtWork();
    const work = piece === undefined ? {} : { work: piece.name };
    log.error({ because: messageOf(error), ...work, stack }, "unexpected error; the daemon continues");
    piece?.fail(error);
    if (faults.length !== MOST_FAULTS) return;
    log.error(
      { faults: MOST_FAULTS },
      "too many unexpected errors within a minute; the daemon is shutting down",
    );
    end();
  };
  ownUnexpected(caught);
}
