import { parseFilter } from "./glob.ts";

/** A filter rule; the first that matches a path decides. */
export type Rule = { readonly include: string } | { readonly exclude: string };

/**
 * Whether a path is wanted. What no rule matches is wanted, unless all rules are includes: then only what is
 * included is.
 */
export function wantedBy(rules: readonly Rule[]): (path: string) => boolean {
  const steps = rules.map((rule) => {
    return "include" in rule
      ? { isWanted: true, matches: parseFilter(rule.include) }
      : { isWanted: false, matches: parseFilter(rule.exclude) };
  });
  const otherwise = steps.length === 0 || steps.some(({ isWanted }) => !isWanted);
  return (path) => steps.find(({ matches }) => matches(path))?.isWanted ?? otherwise;
}
