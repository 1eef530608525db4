import type { Fault, FaultAt } from "./document.ts";
import { suggestion } from "./nearest.ts";

/** A job, and the one that its runs follow (`after`). */
export interface ChainLink {
  readonly job: string;
  readonly after: string | undefined;
  readonly faultAt: FaultAt;
}

/** Jobs that follow none of those there are, or themselves in the end. */
export function faultsOfChains(links: readonly ChainLink[], jobs: readonly string[]): readonly Fault[] {
  const afterOf = new Map(links.map(({ job, after }) => [job, after]));
  return links.flatMap(({ job, after, faultAt }) => {
    if (after === undefined) return [];
    if (!jobs.includes(after)) {
      return [faultAt(["after", "job"], `no such job: ${after}${suggestion(after, jobs)}`)];
    }
    const round = roundFrom(job, afterOf);
    return round === undefined
      ? []
      : [faultAt(["after", "job"], `a job cannot follow itself: ${round.join(" after ")}`)];
  });
}

/** The way back to a job along what it follows, if there is one. */
function roundFrom(
  job: string,
  afterOf: ReadonlyMap<string, string | undefined>,
): readonly string[] | undefined {
  const way = [job];
  for (
    let next = afterOf.get(job);
    next !== undefined && way.length <= afterOf.size;
    next = afterOf.get(next)
  ) {
    way.push(next);
    if (next === job) return way;
  }
  return undefined;
}
