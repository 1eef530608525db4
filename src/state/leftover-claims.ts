import { BusyError } from "../transfer/errors.ts";
import type { TargetClaim, LeftoverClaim } from "../transfer/ledger.ts";
import { isWithin } from "../transfer/tree.ts";
import type { FileClaims } from "./file-claims.ts";
import type { OtherRun } from "./runs/run-store.ts";

/** As of `LedgerUse.claimLeftover`, by the records and logs of a state directory. */
export async function claimLeftover(
  key: string,
  located: string,
  claims: FileClaims,
  others: readonly OtherRun[],
): Promise<LeftoverClaim | string> {
  const user = others.find(
    ({ isAlive, trees, begun }) =>
      isAlive &&
      ([...trees].some((tree) => isWithin(located, tree)) ||
        [...begun.keys()].some((one) => one.startsWith(key))),
  );
  if (user !== undefined) return user.heldBy;
  const taken: TargetClaim[] = [];
  const release = async (isGone: boolean) => {
    for (const claim of taken) await claim.release(!isGone, claim.arrivedBy);
  };
  try {
    for (const one of claims.keys()) if (one.startsWith(key)) taken.push(claims.take(one, { source: "" }));
  } catch (error) {
    await release(false);
    if (error instanceof BusyError) return error.message;
    throw error;
  }
  return { release };
}
