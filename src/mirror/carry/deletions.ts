import { connectedOne } from "../../batch/connected.ts";
import type { Pool } from "../../batch/pool.ts";
import { joinPath, parentOf } from "../../ftp/pathname.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { Root } from "../request.ts";

/**
 * Does something for each of these, on several connections to a place; a failure of one is told, and no error.
 * A place that lets nobody in any more fails them all, without a try for each.
 */
export async function forEachAt<T>(
  items: readonly T[],
  { place, parallel }: { readonly place: Root["place"]; readonly parallel: number },
  pool: Pool,
  act: (side: Side, item: T) => Promise<void>,
  failed: (item: T, because: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    await using lent = await connectedOne(pool, place, signal);
    for (const item of waiting) {
      signal.throwIfAborted();
      try {
        await act(lent.side, item);
      } catch (error) {
        if (isCancellation(error)) throw error;
        failed(item, messageOf(error));
        await lent.side.ready(signal);
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(parallel, items.length) }, lane));
  signal.throwIfAborted();
  // Those that no lane is left for; where none of them failed, there are none.
  for (const end of ends)
    if (end.status === "rejected") for (const item of waiting) failed(item, messageOf(end.reason));
}

/** Puts something into the trash under the path that it had; directories above it are made once. */
export class Trash {
  readonly #folder: string;
  readonly #made = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(side: Side, from: string, path: string, signal: AbortSignal): Promise<void> {
    await side.move(from, await this.placeFor(side, path, signal), signal);
  }

  /** @returns where something with this path goes, in a directory that is there */
  async placeFor(side: Side, path: string, signal: AbortSignal): Promise<string> {
    const to = joinPath(this.#folder, path);
    const above = parentOf(to);
    const making = this.#made.get(above) ?? side.makeDirectory(above, signal);
    this.#made.set(above, making);
    making.catch(() => this.#made.delete(above));
    await making;
    return to;
  }
}

/** The folder of one run in the trash: its time to the second, in UTC, as a name that sorts. */
export function trashFolder(trash: string, nowMs: number): string {
  return joinPath(trash, isoTime(nowMs).slice(0, 19).replaceAll(":", "-"));
}
