import type { Pool } from "../../../batch/pool.ts";
import { ListingError } from "../../../ftp/listing/errors.ts";
import { joinPath } from "../../../ftp/pathname.ts";
import type { Side } from "../../../transfer/sides/side.ts";
import type { ScanOrder } from "../../contract.ts";
import { looksCut } from "../../decide/safeguards.ts";
import type { ListedDirectory } from "../../decide/tree.ts";
import type { ListingCache } from "./listing-cache.ts";
import { listWhole, countMissing } from "./look.ts";
import { RootError } from "../roots.ts";
import { about } from "../../../shared/printable.ts";
import { counted } from "../../../shared/units.ts";

/** What a second listing needs. */
export interface Believing {
  readonly order: Pick<ScanOrder, "source" | "policy">;
  readonly pool: Pool;
  readonly cache: ListingCache;
}

/**
 * A listing that misses much of what the target has is compared with another one, on another connection where
 * there is one.
 * @param path below the roots
 * @throws ListingError where they differ, or where there is none; for the root as a RootError
 */
export async function requireBelievable(
  path: string,
  {
    source,
    target,
    side,
  }: { readonly source: ListedDirectory; readonly target: ListedDirectory; readonly side: Side },
  { order: { policy, source: root }, pool, cache }: Believing,
  signal: AbortSignal,
): Promise<void> {
  if (!policy.looksAtExtras) return;
  const missing = countMissing(source, target);
  if (!looksCut(missing, target.entries.length, policy.ceiling)) return;
  const directory = joinPath(root.path, path);
  const differenceToAnother = async () => {
    const again = await cache.listing(`${path}\0again`, async () => {
      await using other = pool.spare(root.place);
      return await listWhole(other?.side ?? side, directory, signal);
    });
    const isSame = again.entries.length === source.entries.length && countMissing(again, source) === 0;
    if (isSame && !again.isDoubtful) return undefined;
    return `two listings of the same directory disagree: ${counted(source.entries.length, "entry", "entries")}, then ${again.entries.length}`;
  };
  const doubt = source.isDoubtful
    ? `the server refused to list it, while the target has ${counted(missing, "entry", "entries")}`
    : await differenceToAnother();
  if (doubt === undefined) return;
  const because = about(root.place.at(directory), doubt);
  cache.refute(path, because);
  const error = new ListingError(because);
  throw path === "" ? new RootError("source", error) : error;
}
