import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { SizeProbe } from "../../transfer/move/third-party/watch.ts";
import type { Place, Pool } from "../pool.ts";

/** Looks at how long an unfinished file at the target is, on a connection that no lane needs now. */
export class TargetLook {
  readonly #pool: Pool;
  readonly #target: Place;
  /** Whether the target lets us in once more. */
  #mayLook = true;

  constructor(pool: Pool, target: Place) {
    this.#pool = pool;
    this.#target = target;
  }

  /** A target that lets nobody more in is not asked again. */
  readonly at: SizeProbe = async (path, signal) => {
    const spare = this.#mayLook ? this.#pool.spare(this.#target) : undefined;
    if (spare === undefined) return undefined;
    await using lent = spare;
    try {
      return await sizeOf(lent.side, path, signal);
    } catch {
      this.#mayLook = signal.aborted;
      return undefined;
    }
  };
}

/** No file is a file of which nothing has arrived; undefined where there is one of unknown size. */
async function sizeOf(side: Side, path: string, signal: AbortSignal): Promise<number | undefined> {
  const facts = (await side.facts(path, signal)) ?? (await side.facts(hiddenPath(path), signal));
  return facts === undefined ? 0 : facts.sizeBytes;
}

/** Where ProFTPD keeps a file until it is complete, if it is configured to (HiddenStores). */
function hiddenPath(path: string): string {
  return joinPath(parentOf(path), `.in.${nameOf(path)}.`);
}
