import { z } from "zod";
import type { Finished, Journal } from "../../../batch/journal.ts";
import { distinctInUtf8 } from "../../../shared/octets.ts";
import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import type { SharedBatches } from "../batches.ts";
import { findRow, readRow } from "../rows.ts";
import { FingerprintRow } from "../../../state/fingerprint.ts";

/** For how long it is remembered what a run that has not ended has finished. */
const KEPT_SECONDS = 7 * 86_400;

const Kept = z.tuple([FingerprintRow, FingerprintRow]);

/** A file that is finished: its target, as {@link distinctInUtf8} has it, and what it was at both sides. */
export type FinishedNote = readonly [target: string, text: string];

/** Notes what is finished of a copy. What is not noted is copied again, if it comes to that. */
export async function noteFinished(
  redis: RedisClient,
  names: KeyNames,
  run: string,
  finished: readonly FinishedNote[],
): Promise<void> {
  const key = names.finished(run);
  await redis
    .pipeline()
    .hset(key, ...finished.flat())
    .expire(key, KEPT_SECONDS)
    .exec();
}

/**
 * What any worker has finished of a copy, so that one that is begun anew goes on where it was.
 * @param open where what is finished now goes; closed with the journal
 */
export async function runJournal(
  redis: RedisClient,
  names: KeyNames,
  run: string,
  targets: readonly string[],
  open: () => SharedBatches<FinishedNote>,
): Promise<Journal> {
  const key = names.finished(run);
  const texts =
    targets.length === 0
      ? []
      : await findRow(redis, key, redis.hmget(key, ...targets.map(distinctInUtf8)), []);
  const known = new Map(
    targets.map((target, index) => {
      const text = texts[index];
      const kept = text ? readRow(redis, `${key} ${target}`, text, Kept) : undefined;
      return [target, kept && finishedOf(target, kept)];
    }),
  );
  const noted = open();
  return {
    fault: undefined,
    finished: (target) => known.get(target),
    note: ({ target, source, stored }) =>
      noted.add([distinctInUtf8(target), JSON.stringify([source, stored])]),
    flush: () => noted.settled(),
    close: () => noted.close(),
  };
}

function finishedOf(target: string, kept: z.infer<typeof Kept>): Finished {
  const [source, stored] = kept as [Finished["source"], Finished["stored"]];
  return { target, source, stored };
}
