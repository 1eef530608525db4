import type { Emit } from "../batch/events.ts";
import type { Place } from "../batch/pool.ts";
import type { FileTask } from "../batch/task.ts";

/** What tells which files of a list are known. */
interface UnseenDeps {
  readonly finished?: (targets: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly emit: Emit;
}

/** A file of a list that is not at its source, where sources go when they are copied. */
export interface Unseen {
  readonly place: Place;
  readonly path: string;
  readonly unseen: string;
  readonly because: string;
}

/** Of files that are not at their sources: those that an interrupted run has seen to are looked up, the others are faults. */
export async function goneBefore(
  unseen: readonly (Unseen & { readonly target: string })[],
  { finished, emit }: UnseenDeps,
): Promise<{ readonly tasks: readonly FileTask[]; readonly faults: number }> {
  if (unseen.length === 0) return { tasks: [], faults: 0 };
  const stored = (await finished?.(unseen.map(({ target }) => target))) ?? new Set();
  const tasks: FileTask[] = [];
  for (const { place, path, target, because } of unseen) {
    if (stored.has(target)) tasks.push({ source: { place, path, facts: { kind: "file" } }, target });
    else emit({ event: "fault", path: place.at(path), because });
  }
  return { tasks, faults: unseen.length - tasks.length };
}
