import type { PackedTask } from "./tasks.ts";

/** Files of one slice at most, and bytes of one that has several files. */
export const SLICE_FILES = 500;
export const SLICE_BYTES = 1_073_741_824;
/** What a file costs beside its bytes, as bytes that would move in that time: its round trips. */
const FILE_COST = 262_144;
/** Less than this is not worth the commands that a slice costs, as long as no lane is idle. */
const LEAST_WORK = 16 * FILE_COST;
/** Of an even share of what is left: lanes that go on at different rates end together, and a run has few slices. */
const SHARE = 2 / 3;

/** What is known when a slice is cut. */
interface Cutting {
  /** Files of the run that may be in flight at once, 1 …. */
  readonly lanes: number;
  /** Slices that are out: they wait for a worker, or are worked on. */
  readonly out: number;
}

/** The work of a task, in bytes that would move in the same time. */
export function workOf({ s = 0 }: Pick<PackedTask, "s">): number {
  return s + FILE_COST;
}

/**
 * How many of the tasks that wait, from the first on, are the next slice: a part of an even share of what is left, so
 * that slices become smaller towards the end and all lanes end together. A lane that is idle gets its share of what is
 * there, however little that is.
 * @param waiting not empty
 * @param work of all that wait, as {@link workOf} says
 * @returns 1 …, {@link SLICE_FILES} at most
 */
export function sliceLength(
  waiting: readonly Pick<PackedTask, "s">[],
  work: number,
  { lanes, out }: Cutting,
): number {
  const idle = lanes - out;
  const least = idle > 0 ? Math.min(LEAST_WORK, work / idle) : LEAST_WORK;
  const share = Math.max((SHARE * work) / lanes, least);
  let [length, bytes, sum] = [0, 0, 0];
  for (const task of waiting) {
    bytes += task.s ?? 0;
    sum += workOf(task);
    if (length > 0 && (length >= SLICE_FILES || bytes > SLICE_BYTES || sum > share)) break;
    length += 1;
  }
  return length;
}
