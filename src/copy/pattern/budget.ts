import { ConfigError } from "../../shared/errors.ts";
import { extentOf, parseBraces } from "./braces.ts";
import { estimate, requireLinear } from "./expression.ts";

/** Characters in a pattern, as it is written. */
const MAX_PATTERN = 4_096;
/** Patterns that one text with braces may stand for. */
const MAX_ALTERNATIVES = 1_000;

/** What all patterns and rules of a request may cost together, so that reading them is a matter of milliseconds. */
const MOST = {
  patterns: { most: 10_000, what: "patterns (braces expanded)" },
  characters: { most: 500_000, what: "characters (braces expanded)" },
  instructions: { most: 2_000, what: "instructions in their regular expressions" },
} as const;

type Cost = { -readonly [Kind in keyof typeof MOST]: number };

const EXPRESSION = "re:";

/** The regular expression of a rule; undefined: it is a glob. */
export function expressionIn(text: string): string | undefined {
  return text.startsWith(EXPRESSION) ? text.slice(EXPRESSION.length) : undefined;
}

/** Adds up what patterns cost, before they are compiled; what was there before costs nothing. */
export class PatternBudget {
  readonly #spent: Cost = { patterns: 0, characters: 0, instructions: 0 };
  readonly #known = new Set<string>();

  /** @throws ConfigError for one that is too large, or one with which all are */
  add(text: string): void {
    if (this.#known.has(text)) return;
    this.#known.add(text);
    const cost = costOf(text);
    for (const kind of ["patterns", "characters", "instructions"] as const) {
      this.#spent[kind] += cost[kind];
      const { most, what } = MOST[kind];
      if (this.#spent[kind] > most)
        throw new ConfigError(`the rules and patterns together have more than ${most} ${what}`);
    }
  }
}

/** What a pattern or a rule costs, in time in proportion to its length. @throws ConfigError for one that is too large */
function costOf(text: string): Cost {
  if (text.length > MAX_PATTERN) throw new ConfigError(`pattern longer than ${MAX_PATTERN} characters`);
  const expression = expressionIn(text);
  if (expression !== undefined) requireLinear(expression, text);
  if (expression !== undefined)
    return { patterns: 1, characters: text.length, instructions: estimate(expression).cost };
  const { count, characters } = extentOf(parseBraces(text));
  if (count > MAX_ALTERNATIVES)
    throw new ConfigError(`pattern expands to more than ${MAX_ALTERNATIVES} alternatives`);
  return { patterns: count, characters, instructions: 0 };
}

/** As {@link PatternBudget.add}, for one alone. */
export function requireSmall(text: string): void {
  new PatternBudget().add(text);
}
