import type { Clock } from "../shared/clock.ts";

/** What was found lately, for all who ask within a time; a failure is nobody's but the asker's. */
export function lately<T>(find: () => Promise<T>, forMs: number, clock: Clock) {
  let found: Promise<T> | undefined;
  let untilMs = 0;
  const forget = () => void (found = undefined);
  const get = (): Promise<T> => {
    if (found !== undefined && clock.now() < untilMs) return found;
    untilMs = clock.now() + forMs;
    const finding = find();
    found = finding;
    finding.catch(() => found === finding && forget());
    return finding;
  };
  return { get, forget };
}
