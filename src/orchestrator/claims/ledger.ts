import { z } from "zod";
import { asBegun, Begins } from "../../state/record.ts";
import { BusyError, LostWorkersError } from "../../transfer/errors.ts";
import type { Begun, TargetClaim, SharedLedger } from "../../transfer/ledger.ts";
import type { DataPath } from "../../transfer/move/data-path.ts";
import type { KeyNames } from "../kv/names.ts";
import type { WorkerLease } from "./worker-lease.ts";
import type { RedisClient } from "../kv/client.ts";
import { onceTaken } from "../kv/once-taken.ts";
import { ClaimsAhead } from "./claims-ahead.ts";
import { ANEW, CLAIM, RELEASE } from "./ledger-script.ts";

/** A file on which so many workers have died in a row is not copied once more. */
const MOST_DEATHS = 3;

/** How long it is remembered what was begun and left. */
const KEPT_MS = 30 * 86_400_000;

const Arrived = z.object({
  by: z.enum(["third-party", "relay", "server-side"]).nullable(),
  method: z.string().nullable(),
  protected: z.boolean().nullable(),
});

const NEVER = new AbortController().signal;

/** A ledger of one slice. */
interface SliceLedger extends SharedLedger {
  /** Until all that was given back is free for others, and all that was claimed ahead and not used. */
  settled(): Promise<void>;
}

/** A ledger that all workers share. */
export interface FleetLedger extends SharedLedger {
  /** The same for files of one slice, which are claimed many at once. */
  forSlice(): SliceLedger;
}

/**
 * A ledger that all workers share; a target whose writer lives no more is free. While Redis is away, or takes no
 * writes, a claim waits, and so does whoever gives one back.
 * @param closing ends that waiting, with its reason
 */
export function redisLedger(
  redis: RedisClient,
  names: KeyNames,
  presence: WorkerLease,
  owner: string,
  closing = NEVER,
): FleetLedger {
  // A worker claims each target once at a time, also where two of its lanes want it.
  const held = new Set<string>();
  const ahead = new ClaimsAhead({ redis, names, presence, closing, held });
  const ask = async (key: string, fresh: Begun): Promise<TargetClaim> => {
    await presence.untilSure(closing);
    const { epoch } = presence;
    const keys = [names.target(key), names.worker("")];
    const args = [presence.id, JSON.stringify(fresh), MOST_DEATHS, KEPT_MS];
    const [result, text, arrived] = (await CLAIM.run(redis, keys, args)) as [string, string?, string?];
    if (result === "lost") throw new LostWorkersError(Number(text));
    if (result === "busy") throw new BusyError(`${text} is writing this target; waiting for it`);
    const found = foundBy(text, arrived);
    return claimOf({ redis, key: names.target(key), presence, epoch, closing }, found, () =>
      held.delete(key),
    );
  };
  const claim = async (key: string, fresh: Begun): Promise<TargetClaim> => {
    await ahead.released(key);
    if (held.has(key)) throw new BusyError("another transfer is writing this target");
    held.add(key);
    try {
      return await onceTaken(closing, () => ask(key, fresh));
    } catch (error) {
      held.delete(key);
      throw error;
    }
  };
  return {
    owner,
    claim,
    claimLeftover,
    forSlice() {
      const own = ahead.forSlice();
      return {
        owner,
        claimLeftover,
        async claim(key, fresh, scope) {
          const taken = await own.take(key, fresh, scope);
          if (taken === undefined) return claim(key, fresh);
          const of = { redis, key: names.target(key), presence, epoch: taken.epoch, closing };
          const single = claimOf(of, NOTHING_FOUND, () => held.delete(key));
          const release = (kept: boolean, arrivedBy?: DataPath) =>
            kept ? single.release(kept, arrivedBy) : own.giveBack(key);
          return { ...single, release };
        },
        settled: () => own.settled(),
      };
    },
  };
}

interface Held {
  readonly redis: RedisClient;
  readonly key: string;
  readonly presence: WorkerLease;
  /** In which of its lives the worker claimed it. */
  readonly epoch: number;
  readonly closing: AbortSignal;
}

function claimOf(
  { redis, key, presence, epoch, closing }: Held,
  found: Pick<TargetClaim, "begun" | "mayHaveLeft" | "arrivedBy">,
  ended: () => void,
): TargetClaim {
  return {
    ...found,
    async begin(now) {
      const isOurs = await ANEW.run(redis, [key], [presence.id, JSON.stringify(now)]);
      if (isOurs !== 1) throw new BusyError("another worker is writing this target");
    },
    requireHeld() {
      presence.requireSure();
      if (presence.epoch !== epoch)
        throw new BusyError("this worker's lease expired; another worker may be writing this target");
    },
    async release(kept, arrivedBy) {
      // What cannot be given back is free when this worker lives no more.
      const args = [
        presence.id,
        kept ? KEPT_MS : 0,
        arrivedBy === undefined ? "" : JSON.stringify(arrivedBy),
      ];
      await onceTaken(closing, () => RELEASE.run(redis, [key], args)).catch(() => {});
      ended();
    },
  };
}

/**
 * A run has its whole tree, so no other one is writing there; what is recorded of the file expires, and a transfer that
 * finds no partial file starts from the beginning.
 */
const claimLeftover: SharedLedger["claimLeftover"] = async () => ({ release: async () => {} });

/** Nobody has begun it before. */
const NOTHING_FOUND = { begun: undefined, mayHaveLeft: false, arrivedBy: undefined };

function foundBy(
  begun: string | undefined,
  arrived: string | undefined,
): Pick<TargetClaim, "begun" | "mayHaveLeft" | "arrivedBy"> {
  if (begun === undefined) return NOTHING_FOUND;
  return { begun: begunOf(begun), mayHaveLeft: true, arrivedBy: arrivedOf(arrived ?? "") };
}

function arrivedOf(text: string): DataPath | undefined {
  try {
    return Arrived.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function begunOf(text: string): Begun | undefined {
  try {
    return asBegun(Begins.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}
