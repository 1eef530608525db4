import { RedisError } from "../../../orchestrator/errors.ts";
import { isRedisDenial, isRedisOutage, redisWords } from "../../../orchestrator/kv/faults.ts";
import { printable } from "../../../shared/printable.ts";
import { formatDuration } from "../../../shared/units.ts";
import { WAITS } from "../../../shared/waits.ts";

/** How often a run that is watched is looked at. */
export const WATCH_MS = 500;

/**
 * Asks again while Redis is away: it may be restarted, and the run goes on meanwhile. That it waits is said once.
 * @param again the command with which a person goes on waiting
 * @returns undefined where that was interrupted @throws RedisError where it stays away, or does not let us in
 */
export async function whileAway<T>(
  again: string,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  const { ms } = WAITS.redisBack;
  const untilMs = performance.now() + ms;
  for (let isTold = false; ; isTold = true) {
    try {
      return await ask();
    } catch (error) {
      if (!isRedisOutage(error) || isRedisDenial(error)) throw error;
      if (signal.aborted) return undefined;
      const words = redisWords(error);
      if (performance.now() > untilMs)
        throw new RedisError(`${words}; the run may continue: ${again}`, error);
      if (!isTold)
        process.stderr.write(
          `fxpd: ${printable(`${words}; waiting up to ${formatDuration(ms)} for it to come back`)}\n`,
        );
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
  }
}
