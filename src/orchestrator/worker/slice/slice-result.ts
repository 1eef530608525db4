import { z } from "zod";
import type { RedisClient } from "../../kv/client.ts";
import { findRow, readRow } from "../../kv/rows.ts";
import type { Names } from "../../kv/names.ts";
import { PackedTask } from "./tasks.ts";

const amount = z.number().int().nonnegative();

/** What came of one slice. */
export const SliceResult = z.object({
  copied: amount,
  kept: amount,
  skipped: amount,
  failed: amount,
  thirdParty: amount,
  relayed: amount,
  serverSide: amount.optional(),
  resumed: amount,
  /** Files that failed, so that they can be tried again in another run. */
  failures: z.array(PackedTask),
  /** Why no other file of this run can be tried either. */
  stopped: z.string().optional(),
});
export type SliceResult = z.infer<typeof SliceResult>;

/** Results are taken by the run's worker within moments; after a day nobody will. */
const KEPT_SECONDS = 86_400;

export async function writeResult(
  redis: RedisClient,
  names: Names,
  { run, generation, slice }: { readonly run: string; readonly generation: number; readonly slice: string },
  result: SliceResult,
): Promise<void> {
  const key = names.results(run, generation);
  const transaction = redis.multi();
  transaction.hset(key, slice, JSON.stringify(result)).expire(key, KEPT_SECONDS);
  transaction.del(names.done(run, slice));
  transaction.publish(names.news, JSON.stringify({ run, slice }));
  await transaction.exec();
}

/** Results of these slices, as far as they have come. */
export async function readResults(
  redis: RedisClient,
  key: string,
  slices: readonly string[],
): Promise<ReadonlyMap<string, SliceResult>> {
  if (slices.length === 0) return new Map();
  const texts = await findRow(redis, key, redis.hmget(key, ...slices), []);
  const found = new Map<string, SliceResult>();
  for (const [index, slice] of slices.entries()) {
    const text = texts[index];
    const result = text ? readRow(redis, `${key} ${slice}`, text, SliceResult) : undefined;
    if (result !== undefined) found.set(slice, result);
  }
  return found;
}
