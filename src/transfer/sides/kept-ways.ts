import { z } from "zod";
import { accountKey, type HostSettings } from "../../ftp/settings.ts";
import { type ServerWays, type ServerWay, waysOf } from "../../ftp/ways.ts";
import type { Clock } from "../../shared/clock.ts";
import { stillCounts } from "../evidence/evidence.ts";
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
  readonly accounts: Map<string, KeptWays>;
}

/** The last one is asked. */
let keepers: readonly Keeper[] = [];

/**
 * From now on all sides of this process know what others have seen of their servers, and leave what they see: until this is
 * disposed of, which a process that ends need not do.
 */
export function keepWaysIn(memory: Memory, clock: Clock): Disposable {
  const keeper = { memory, clock, accounts: new Map<string, KeptWays>() };
  keepers = [...keepers, keeper];
  return {
    [Symbol.dispose]() {
      keepers = keepers.filter((one) => one !== keeper);
    },
  };
}

/** To be waited for before a connection is made: what is remembered of its server counts on it. */
export async function recallWays(host: HostSettings): Promise<void> {
  const keeper = keepers.at(-1);
  if (keeper === undefined) return;
  const account = accountKey(host);
  const kept = keeper.accounts.get(account) ?? new KeptWays(keeper, account, waysOf(host));
  keeper.accounts.set(account, kept);
  await kept.read();
}

/**
 * For how long what was read is not read again, in milliseconds: other processes learn, and people have it forgotten
 * (`fxpd routes --forget`).
 */
export const FRESH_MS = 10_000;

/** What is remembered of one server's ways, and what this process has seen of them. */
class KeptWays {
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #ways: ServerWays;
  /** What this process has seen and could not save; undefined: it is not so any more. */
  readonly #unsaved = new Map<ServerWay, Seen | undefined>();
  #reading: { readonly atMs: number; readonly done: Promise<void> } | undefined;
  #saving = Promise.resolve();

  constructor({ memory, clock }: Keeper, account: string, ways: ServerWays) {
    this.#memory = memory;
    this.#clock = clock;
    this.#key = waysKey(account);
    this.#ways = ways;
    ways.onLearned = (way, because) => {
      this.#unsaved.set(way, because === undefined ? undefined : { because, atMs: clock.now() });
      // Memory makes the next run quicker; that it cannot be written makes this one no worse.
      this.#saving = this.#saving.then(() => this.#save()).catch(() => {});
    };
  }

  async read(): Promise<void> {
    const nowMs = this.#clock.now();
    if (this.#reading === undefined || Math.abs(nowMs - this.#reading.atMs) >= FRESH_MS)
      this.#reading = { atMs: nowMs, done: this.#read().catch(() => {}) };
    await this.#reading.done;
  }

  async #read(): Promise<void> {
    await this.#saving;
    const known = await this.#known();
    this.#ways.replaceBy(new Map([...known].map(([way, { because }]) => [way as ServerWay, because])));
  }

  /** What others have noted is kept; what was dropped stays so, unless it is seen anew. */
  async #save(): Promise<void> {
    const saved = [...this.#unsaved];
    await this.#memory.remember(this.#key, { ways: Object.fromEntries(await this.#known()) });
    for (const [way, seen] of saved) if (this.#unsaved.get(way) === seen) this.#unsaved.delete(way);
  }

  async #known(): Promise<ReadonlyMap<string, Seen>> {
    const kept = readWays(await this.#memory.recall(this.#key), this.#clock.now());
    const known = new Map<string, Seen>();
    for (const { way, because, atMs, counts } of kept) if (counts) known.set(way, { because, atMs });
    for (const [way, seen] of this.#unsaved) {
      if (seen === undefined) known.delete(way);
      else known.set(way, seen);
    }
    return known;
  }
}
