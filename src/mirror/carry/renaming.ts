import type { MirrorContext } from "../context.ts";
import { factsJson } from "../decide/facts-json.ts";
import type { findRenames } from "../decide/renames.ts";

/**
 * Gives files at the target the names that they have at the source now.
 * @param held old names that the source may still have
 * @returns old and new names of those that were renamed, or would be
 */
export async function renameAll(
  renamed: ReturnType<typeof findRenames>,
  held: ReadonlyMap<string, string>,
  { request, closing, reporter, tally }: MirrorContext,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const done = new Set<string>();
  for (const one of renamed) {
    if (held.has(one.from.path)) continue;
    if (!request.dryRun && !(await closing.rename(one, signal))) continue;
    const [from, to] = [one.from.path, one.to.path];
    const [source, target] = [factsJson(one.to.facts), factsJson(one.from.facts)];
    const because = `was ${from}: equal in size and time`;
    reporter.say({ action: "rename", path: to, from, because, source, target });
    tally.kept += 1;
    done.add(from).add(to);
  }
  return done;
}
