import { connectedOne } from "../../batch/connected.ts";
import type { Pool } from "../../batch/pool.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Ledger, LedgerUse } from "../../transfer/ledger.ts";
import { transferKey } from "../../transfer/publish/temporary-name.ts";
import type { Root } from "../contract.ts";

/** A partial file that nobody goes on with; both as pathnames at the target. */
export interface Leftover {
  readonly file: string;
  readonly partial: string;
}

/** A partial file that belongs to nothing at the source. */
export interface DeadLeftover {
  /** Below the root. */
  readonly path: string;
  /** The first digits of its target's key. */
  readonly key: string;
}

/** Deletes one, unless somebody is using it or a link is there. @returns why it stays */
export async function removeDeadLeftover(
  { path, key }: DeadLeftover,
  { place, path: root }: Root,
  { pool, ledger }: { readonly pool: Pool; readonly ledger: LedgerUse },
  signal: AbortSignal,
): Promise<string | undefined> {
  const at = joinPath(root, path);
  try {
    await using lent = await connectedOne(pool, place, signal);
    const { side } = lent;
    const claim = await ledger.claimLeftover(key, side.locate(at));
    if (typeof claim === "string") return claim;
    let isGone = false;
    try {
      await side.remove(at, signal);
      isGone = true;
    } finally {
      await claim.release(isGone);
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

/** Deletes them as far as nobody writes these files now. What cannot be deleted is left for the next run. */
export async function removeLeftovers(
  leftovers: readonly Leftover[],
  { place }: Root,
  { pool, ledger }: { readonly pool: Pool; readonly ledger: Ledger },
  signal: AbortSignal,
): Promise<void> {
  for (const { file, partial } of leftovers) {
    try {
      await using lent = await connectedOne(pool, place, signal);
      const claim = await ledger.claim(transferKey(lent.side.locate(file)), { source: "" });
      let isThere = true;
      try {
        await lent.side.remove(partial, signal);
        isThere = false;
      } finally {
        await claim.release(isThere);
      }
    } catch {
      signal.throwIfAborted();
    }
  }
}
