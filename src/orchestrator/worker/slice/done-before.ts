import type { WorkerDeps } from "../../deps.ts";
import type { Stores } from "../../kv/stores/stores.ts";
import { bucketFor, fileKey } from "../../kv/stores/files/stored-files.ts";
import type { SliceItem } from "../queue/queues.ts";
import type { Done } from "./done.ts";

/**
 * What is done of a slice that was begun before, by places in it. Files that the first beginning of a run has stored are
 * not noted for their slice: that they are stored says it. A later beginning may store such a file a second time.
 */
export async function doneBefore(kv: Stores, item: SliceItem): Promise<ReadonlyMap<number, Done>> {
  const { run, generation, tasks } = item;
  const noted = await kv.slices.done(item);
  if (generation > 1) return noted;
  const files = tasks.map(({ o = 0, t }) => ({ key: fileKey(o, t), bucket: bucketFor(o, t) }));
  return new Map([...(await kv.storedFiles(run).done(files)), ...noted]);
}

/**
 * The same for one who begins it now. What has failed of it before is tried again, and counted then.
 * @param times how often it was begun, this time included
 * @param notesTwice whether files are noted before their sources go, and after that
 */
export async function doneAtStart(
  { kv, store }: Pick<WorkerDeps, "kv" | "store">,
  item: SliceItem,
  times: number,
  notesTwice = false,
): Promise<ReadonlyMap<number, Done>> {
  // Before anything is noted by this one: who had the slice before may note the same.
  if (times > 1 || notesTwice) await kv.storedFiles(item.run).noteAgain();
  if (times > 1) await store.causes.countSlice(item, times, new Map());
  return times > 1 ? doneBefore(kv, item) : new Map();
}
