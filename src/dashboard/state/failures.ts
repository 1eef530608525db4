import type { ShownEntry } from "./entry.ts";

/** Why files failed, and how many. */
export interface FailureCount {
  readonly because: string;
  readonly count: number;
}

export interface FailureGroup extends FailureCount {
  /** Those of them that the log still has, the last word on each. */
  readonly entries: readonly ShownEntry[];
}

/**
 * Failures by cause, the most frequent first. Counts are those of the run, where it has any: its log may have lost some.
 * @param causes as the run's record has them
 */
export function failuresByCause(
  causes: readonly FailureCount[],
  entries: readonly ShownEntry[],
): readonly FailureGroup[] {
  const last = new Map<string, ShownEntry>();
  for (const entry of entries) {
    const { event, outcome, target = "", path = "", source = "" } = entry;
    const key = target === "" ? `${path}${source}` : target;
    const hasFailed = event === "transfer" && (outcome === "failed" || outcome === "partial");
    if (event === "fault" || hasFailed) last.set(key, entry);
    else if (event === "transfer") last.delete(key);
  }
  const groups = new Map(causes.map(({ because }) => [because, [] as ShownEntry[]]));
  for (const entry of last.values()) {
    const because = entry.cause ?? entry.because ?? "unknown";
    const group = groups.get(because);
    if (group === undefined) groups.set(because, [entry]);
    else group.push(entry);
  }
  const counts = new Map(causes.map(({ because, count }) => [because, count]));
  return [...groups]
    .map(([because, found]) => ({ because, count: counts.get(because) ?? found.length, entries: found }))
    .sort((one, two) => two.count - one.count);
}

export interface DecisionGroup {
  readonly action: string;
  readonly because: string;
  readonly paths: readonly string[];
}

/** What was decided and why, beside copying: the same decision for the same reason once, the most frequent first. */
export function decisionsOf(entries: readonly ShownEntry[]): readonly DecisionGroup[] {
  const groups = new Map<string, { action: string; because: string; paths: string[] }>();
  for (const { event, action, path = "", because = "" } of entries) {
    if (event !== "action" || action === undefined) continue;
    const key = `${action} ${because}`;
    const group = groups.get(key) ?? { action, because, paths: [] };
    group.paths.push(path);
    groups.set(key, group);
  }
  return [...groups.values()].sort((one, two) => two.paths.length - one.paths.length);
}
