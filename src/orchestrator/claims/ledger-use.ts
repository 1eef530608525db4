import type { LedgerUse } from "../../transfer/ledger.ts";
import type { RedisClient } from "../kv/client.ts";
import type { KeyNames } from "../kv/names.ts";
import { sharedOwner } from "../kv/stores/memory.ts";
import { Claims, type Tree } from "./claims.ts";

/** What workers write, for as long as its scope lasts: the trees are claimed, so that no run begins to write there. */
export type FleetUse = LedgerUse & AsyncDisposable;

/**
 * @param trees all that is cleaned, by each path that jobs may have for it
 * @param holder shown to runs that wait
 */
export async function fleetUse(
  redis: RedisClient,
  names: KeyNames,
  trees: readonly Tree[],
  holder: string,
): Promise<FleetUse> {
  const claims = new Claims(redis, { prefix: names.prefix });
  const release: (() => Promise<void>)[] = [];
  let refused: string | undefined;
  for (const tree of trees) {
    const claimed = await claims.claim(tree, holder);
    if (claimed.kind === "refused") refused ??= claimed.because;
    else
      release.push(async () => {
        await claimed.claim[Symbol.asyncDispose]();
        await claims.release(tree, claimed.claim.token);
      });
  }
  return {
    owner: await sharedOwner(redis, names),
    // What is recorded of it there expires, and a transfer that finds no partial file starts from the beginning.
    claimLeftover: async () => refused ?? { release: async () => {} },
    async [Symbol.asyncDispose]() {
      for (const one of release) await one().catch(() => {});
    },
  };
}
