import { z } from "zod";
import { accountKey, type HostSettings } from "../../ftp/settings.ts";
import { type ServerWays, type Way, waysOf } from "../../ftp/ways.ts";
import type { Clock } from "../../shared/clock.ts";
import { stillCounts } from "../evidence.ts";
import type { Memory } from "../memory.ts";

/** How long a server's ways are believed, in milliseconds: somebody may have changed it. */
const BELIEVED_FOR_MS = 24 * 3_600_000;

const Seen = z.object({
  because: z.string(),
  /** Milliseconds since 1970. */
  atMs: z.number(),
});
type Seen = z.infer<typeof Seen>;
const Kept = z.object({ ways: z.record(z.string(), Seen) });

/** Under what a server's ways are remembered. @param account see `accountKey` */
export function waysKey(account: string): string {
  return `ways ${account}`;
}

/** What is remembered of a server's ways, with what of it still counts. */
export function readWays(
  value: unknown,
  nowMs: number,
): readonly (Seen & { readonly way: string; readonly untilMs: number; readonly counts: boolean })[] {
  const kept = Kept.safeParse(value);
  return Object.entries(kept.data?.ways ?? {}).map(([way, seen]) => {
    const counts = stillCounts(seen.atMs, BELIEVED_FOR_MS, nowMs);
    return { way, ...seen, untilMs: seen.atMs + BELIEVED_FOR_MS, counts };
  });
}

interface Keeper {
  readonly memory: Memory;
  readonly clock: Clock;
  /** Accounts whose ways were read, and what of them is written. */
  readonly read: Map<string, Promise<void>>;
}

let keeper: Keeper | undefined;

/** From now on all sides of this process know what earlier ones have seen of their servers, and leave what they see. */
export function keepWaysIn(memory: Memory, clock: Clock): void {
  keeper = { memory, clock, read: new Map() };
}

/** To be waited for before a connection is made: what is remembered of its server counts on it. */
export async function recallWays(host: HostSettings): Promise<void> {
  if (keeper === undefined) return;
  const account = accountKey(host);
  const reading = keeper.read.get(account) ?? read(keeper, account, waysOf(host));
  keeper.read.set(account, reading);
  await reading;
}

async function read({ memory, clock }: Keeper, account: string, ways: ServerWays): Promise<void> {
  const key = waysKey(account);
  const counting = readWays(await memory.recall(key).catch(() => undefined), clock.now()).filter(
    ({ counts }) => counts,
  );
  const seen = new Map(counting.map(({ way, because, atMs }) => [way, { because, atMs }]));
  ways.replaceBy(new Map([...seen].map(([way, { because }]) => [way as Way, because])));
  let saving = Promise.resolve();
  ways.onLearned = (way, because) => {
    seen.set(way, { because, atMs: clock.now() });
    const value = { ways: Object.fromEntries(seen) };
    // Memory makes the next run quicker; that it cannot be written makes this one no worse.
    saving = saving.then(() => memory.remember(key, value)).catch(() => {});
  };
}
