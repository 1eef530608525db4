import { z } from "zod";
import type { Place } from "../../../batch/pool.ts";
import type { FileTask } from "../../../batch/task.ts";

/** A file to be copied, as it is in a queue: short names, since there are many. */
export const PackedTask = z.object({
  /** Which of the sources it comes from. */
  f: z.number().int(),
  p: z.string(),
  t: z.string(),
  /** Bytes. */
  s: z.number().optional(),
  /** Modification time: milliseconds since 1970, precision, zone. */
  m: z.tuple([z.number(), z.enum(["second", "minute", "day"]), z.enum(["utc", "unknown"])]).optional(),
  b: z.string().optional(),
  a: z.string().optional(),
  /** Which of the run's targets it goes to; absent: the first. */
  o: z.number().int().optional(),
});
export type PackedTask = z.infer<typeof PackedTask>;

/**
 * @param sources the places of the run, in their order
 * @param part which of the run's targets it goes to, 0 …
 */
export function pack(task: FileTask, sources: readonly Place[], part = 0): PackedTask {
  const { place, path, facts } = task.source;
  const { sizeBytes, modified } = facts;
  return {
    f: sources.indexOf(place),
    p: path,
    t: task.target,
    ...(sizeBytes === undefined ? {} : { s: sizeBytes }),
    ...(modified === undefined ? {} : { m: [modified.atMs, modified.precision, modified.zone] }),
    ...(task.because === undefined ? {} : { b: task.because }),
    ...(task.aside === undefined ? {} : { a: task.aside }),
    ...(part === 0 ? {} : { o: part }),
  };
}

/** @throws RangeError for a source that the run has not */
export function unpack({ f, p, t, s, m, b, a }: PackedTask, sources: readonly Place[]): FileTask {
  const place = sources[f];
  if (place === undefined) throw new RangeError(`unknown source ${f}`);
  const modified = m && { atMs: m[0], precision: m[1], zone: m[2] };
  return {
    source: {
      place,
      path: p,
      facts: {
        kind: "file",
        ...(s === undefined ? {} : { sizeBytes: s }),
        ...(modified === undefined ? {} : { modified }),
      },
    },
    target: t,
    ...(b === undefined ? {} : { because: b }),
    ...(a === undefined ? {} : { aside: a }),
  };
}
