import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";

/** A part of the daemon that goes on until it is closed. */
export interface Part {
  readonly isRunning: boolean;
  /** Lets what is in flight end in good order, which may take as long as `shutdown.grace` says. */
  close(): Promise<void>;
}

/** What has to follow the grace that files in flight have: giving back, saying goodbye. */
const GIVING_BACK_MS = 1_200;
/** And to end what all parts share: connections, a private Redis. */
const DISCONNECTING_MS = 500;

/**
 * Ends all parts side by side, and then what they share, whatever Redis does meanwhile: what has not ended in time is
 * left, and its work is taken up by whoever finds its locks expired.
 * @param graceMs how long files in flight may take, in milliseconds
 * @returns whether all has ended in good order
 */
export async function endTogether(
  parts: ReadonlyMap<string, Part>,
  shared: AsyncDisposable,
  graceMs: number,
  log: Logger,
): Promise<boolean> {
  const left = new Set(parts.keys());
  const closing = [...parts].map(async ([name, part]) => {
    await ended(name, () => part.close(), log);
    left.delete(name);
  });
  await within(Promise.all(closing), graceMs + GIVING_BACK_MS);
  if (left.size > 0)
    log.warn(
      { parts: [...left] },
      "shutdown timed out; what these parts have not finished will be done again",
    );
  const released = ended("connections", async () => shared[Symbol.asyncDispose](), log);
  const isReleased = await within(released, left.size > 0 ? DISCONNECTING_MS : graceMs + GIVING_BACK_MS);
  return isReleased && left.size === 0;
}

async function ended(what: string, end: () => Promise<void>, log: Logger): Promise<void> {
  try {
    await end();
  } catch (error) {
    log.warn({ what, because: messageOf(error) }, "error while shutting down");
  }
}

/** @returns whether it came within this time, in milliseconds */
async function within(what: Promise<unknown>, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const late = sleep(ms, false, { signal: patience.signal }).catch(() => false);
  try {
    return await Promise.race([what.then(() => true), late]);
  } finally {
    patience.abort();
  }
}
