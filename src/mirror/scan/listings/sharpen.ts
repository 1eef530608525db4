import type { ListingEntry } from "../../../ftp/listing/entry.ts";
import { joinPath } from "../../../ftp/pathname.ts";
import { sizeOf } from "../../../ftp/session/names/facts.ts";
import { isServer, type Side } from "../../../transfer/sides/side.ts";

/** Files that are asked for in one write. */
const AT_ONCE = 32;

/**
 * A listing with the exact times of some files, where it tells minutes: what was written twice in one minute looks the
 * same in it.
 * @param isDoubtful says which files are asked for
 * @throws when a connection is lost
 */
export async function sharpened(
  side: Side,
  directory: string,
  entries: readonly ListingEntry[],
  isDoubtful: (entry: ListingEntry) => boolean,
  signal: AbortSignal,
): Promise<readonly ListingEntry[]> {
  if (!isServer(side)) return entries;
  const client = await side.client(signal);
  const doubtful = entries.filter(
    (entry) => entry.kind === "file" && entry.modified?.precision !== "second" && isDoubtful(entry),
  );
  const exact = new Map<string, ListingEntry>();
  const step = client.pipelining === "commands" ? AT_ONCE : 1;
  for (let from = 0; from < doubtful.length; from += step) {
    const asking = doubtful.slice(from, from + step).map(async (entry) => {
      const facts = await sizeOf(client, joinPath(directory, entry.name), true, signal);
      if (facts?.modified !== undefined) exact.set(entry.name, { ...entry, ...facts });
    });
    // None is left in flight on a connection that goes on to others.
    const failed = (await Promise.allSettled(asking)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }
  return exact.size === 0 ? entries : entries.map((entry) => exact.get(entry.name) ?? entry);
}
