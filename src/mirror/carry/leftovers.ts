import { connectedOne } from "../../batch/connected.ts";
import type { Pool } from "../../batch/pool.ts";
import type { Ledger } from "../../transfer/ledger.ts";
import { transferKey } from "../../transfer/publish/temporary-name.ts";
import type { Root } from "../contract.ts";

/** A partial file that nobody goes on with; both as pathnames at the target. */
export interface Leftover {
  readonly file: string;
  readonly partial: string;
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
