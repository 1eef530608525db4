import type { Clock } from "../../shared/clock.ts";

/** How often a scan tells how far it is. */
const TELL_MS = 200;

/** What tells how far a scan is, when it has not done so for a while. */
export function nowAndThen(clock: Clock, tell: () => void): () => void {
  let reportedMs = clock.now();
  return () => {
    const nowMs = clock.now();
    if (nowMs - reportedMs < TELL_MS) return;
    reportedMs = nowMs;
    tell();
  };
}
