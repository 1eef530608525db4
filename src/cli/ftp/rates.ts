import type { End } from "../../console/effects.ts";
import type { Direction, ConsoleSession } from "../../console/session.ts";
import type { Clock } from "../../shared/clock.ts";
import { LocalRates, type RateLimit } from "../../transfer/rate-limit.ts";

/** The limit of one direction; undefined where there is none. */
export function consoleRateLimit(
  { rates }: ConsoleSession,
  direction: Direction,
  clock: Clock,
): RateLimit | undefined {
  const bytesPerSecond = rates[direction];
  if (bytesPerSecond === undefined) return undefined;
  return new LocalRates(clock).of(direction, { changes: [{ minute: 0, bytesPerSecond }] });
}

/** The limit between a server and this machine; what goes from server to server has none. */
export function rateBetween(
  session: ConsoleSession,
  from: End,
  to: End,
  clock: Clock,
): RateLimit | undefined {
  if (from.on !== "local" && to.on !== "local") return undefined;
  return consoleRateLimit(session, to.on === "local" ? "get" : "put", clock);
}
