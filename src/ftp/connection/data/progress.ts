import { WAITS } from "../../../shared/waits.ts";
import type { Duplex } from "node:stream";
import { formatBytes, formatDuration } from "../../../shared/units.ts";
import { ConnectionError } from "../../errors.ts";
import type { HostSettings } from "../../settings.ts";
import { isHeldBack } from "./pour.ts";

/** A data connection as its progress is seen. */
interface DataStream extends Duplex {
  /** Bytes received so far. */
  readonly bytesRead?: number;
  /** Bytes sent so far. */
  readonly bytesWritten?: number;
}

/** How many parts a window has: a slow sender is found at most one part late. */
const PARTS = 4;
/** How long a data connection whose transfer has ended badly may stay without a byte, in milliseconds. */
const AFTER_END_MS = WAITS.refused.ms;

/**
 * Whether a sender was too slow, from what arrived in equal parts of time, oldest first. Parts in which we did not
 * take anything are not to be in it.
 * @param perSecond bytes per second; 0: no rate is too slow
 * @param windowMs milliseconds in {@link PARTS} parts together
 */
function isTooSlow(arrived: readonly number[], perSecond: number, windowMs: number): boolean {
  if (arrived.length < PARTS) return false;
  const bytes = arrived.slice(-PARTS).reduce((sum, part) => sum + part, 0);
  return bytes < (perSecond * windowMs) / 1_000;
}

/**
 * Ends a data connection on which the server sends less than `timeouts.minimumRate`, measured over `timeouts.stallMs`.
 * The time in which we hold the sender back does not count.
 */
export function requireRate(stream: DataStream, { name, timeouts }: HostSettings): void {
  const { stallMs, minimumBytesPerSecond = 0 } = timeouts;
  if (minimumBytesPerSecond === 0) return;
  let arrived: readonly number[] = [];
  let before = stream.bytesRead ?? 0;
  const timer = setInterval(() => {
    const now = stream.bytesRead ?? 0;
    if (!isHeldBack(stream)) arrived = [...arrived, now - before].slice(-PARTS);
    before = now;
    if (!isTooSlow(arrived, minimumBytesPerSecond, stallMs)) return;
    const bytes = arrived.reduce((sum, part) => sum + part, 0);
    const least = `the minimum is ${formatBytes(minimumBytesPerSecond)}/s (timeouts.minimumRate)`;
    stream.destroy(
      bytes === 0
        ? silence(name, stallMs)
        : new ConnectionError(
            `${name}: transfer too slow: ${formatBytes(bytes)} in ${formatDuration(stallMs)}; ${least}`,
          ),
    );
  }, stallMs / PARTS);
  timer.unref();
  stream.once("close", () => clearInterval(timer));
}

/** Ends a data connection without data for `timeouts.stallMs`, unless it is we who do not take any. */
export function requireData(
  stream: DataStream & { setTimeout(ms: number, act: () => void): unknown },
  host: HostSettings,
): void {
  const { stallMs } = host.timeouts;
  const stalled = (): void => {
    const before = stream.bytesRead;
    // A process that was stopped for a while looks at what has arrived meanwhile before it blames the server.
    setImmediate(() => {
      if (isHeldBack(stream) || stream.bytesRead !== before) stream.setTimeout(stallMs, stalled);
      else stream.destroy(silence(host.name, stallMs));
    });
  };
  stream.setTimeout(stallMs, stalled);
}

function silence(name: string, ms: number): ConnectionError {
  return new ConnectionError(`${name}: no data on the data connection for ${formatDuration(ms)}`);
}

/** Ends the data connection of a transfer that the server has ended badly, as soon as nothing passes on it any more. */
export function endWhenQuiet(stream: DataStream, reason: Error): void {
  const moved = () => (stream.bytesRead ?? 0) + (stream.bytesWritten ?? 0);
  let before = moved();
  const timer = setInterval(() => {
    const now = moved();
    if (now === before && !isHeldBack(stream)) stream.destroy(reason);
    before = now;
  }, AFTER_END_MS);
  timer.unref();
  stream.once("close", () => clearInterval(timer));
}
