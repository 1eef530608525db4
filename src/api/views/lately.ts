import type { Clock } from "../../shared/clock.ts";

/** What was found lately, for all who ask within a time; a failure is nobody's but the asker's. */
export function lately<T>(find: () => Promise<T>, forMs: number, clock: Clock): () => Promise<T> {
  let found: Promise<T> | undefined;
  let untilMs = 0;
  return () => {
    if (found !== undefined && clock.now() < untilMs) return found;
    untilMs = clock.now() + forMs;
    const finding = find();
    found = finding;
    finding.catch(() => {
      if (found === finding) found = undefined;
    });
    return finding;
  };
}
