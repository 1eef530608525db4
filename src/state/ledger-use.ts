import { BusyError } from "../transfer/errors.ts";
import type { Claim } from "../transfer/ledger.ts";
import type { LedgerUse } from "../transfer/ledger-use.ts";
import { isWithin } from "../transfer/tree.ts";
import { ownerOf } from "./directory.ts";
import { FileClaims } from "./file-claims.ts";
import { fileLedger } from "./ledger.ts";
import { FileRuns } from "./runs/file-runs.ts";

/** Who writes what by the ledger in a state directory. */
export async function fileLedgerUse(directory: string): Promise<LedgerUse> {
  // Makes records of what dead runs say in their logs.
  await fileLedger(directory);
  const claims = new FileClaims(directory);
  const runs = new FileRuns(directory, claims);
  return {
    owner: ownerOf(directory),
    async claim(key, located) {
      const user = runs
        .others()
        .find(
          ({ isAlive, trees, begun }) =>
            isAlive &&
            ([...trees].some((tree) => isWithin(located, tree)) ||
              [...begun.keys()].some((one) => one.startsWith(key))),
        );
      if (user !== undefined) return user.heldBy;
      const taken: Claim[] = [];
      const release = async (isGone: boolean) => {
        for (const claim of taken) await claim.release(!isGone, claim.arrivedBy);
      };
      try {
        for (const one of claims.keys())
          if (one.startsWith(key)) taken.push(claims.take(one, { source: "" }));
      } catch (error) {
        await release(false);
        if (error instanceof BusyError) return error.message;
        throw error;
      }
      return { release };
    },
  };
}
