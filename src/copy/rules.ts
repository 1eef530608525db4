import { ConfigError, messageOf } from "../shared/errors.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { PatternBudget } from "./pattern/budget.ts";
import { Effort } from "./pattern/effort.ts";

/** A filter rule; the first that matches a path decides. */
export type Rule = ({ readonly include: string } | { readonly exclude: string }) & {
  /** Its place, for people: `rule 2 of jobs/nightly.yaml`. */
  readonly from?: string;
};

/** What becomes of a path, and why. */
export interface Ruling {
  readonly isWanted: boolean;
  readonly because: string;
  /** The rule that decided; absent where none did. */
  readonly rule?: Rule;
}

/**
 * What becomes of a path, which is relative to the source directory and has no slash at its end.
 *
 * What an exclude matches is left out; if that is a directory, with all in it. So nothing below a directory
 * that is not wanted is wanted. A directory in which an earlier include may match something is wanted. What no
 * rule matches is wanted, unless all rules are includes: then only what is included is.
 * @param effort charged with what matching costs, path by path
 * @throws ConfigError for a rule with a faulty pattern, and where all rules together are too many or too large
 */
export function rulingOf(
  rules: readonly Rule[],
  effort = new Effort(),
): (path: string, isDirectory: boolean) => Ruling {
  const distinct = distinctOf(rules);
  requireFew(distinct);
  const steps = distinct.map((rule) => stepOf(rule, effort));
  const isOpen = rules.length === 0 || rules.some((rule) => "exclude" in rule);
  const otherwise = { isWanted: isOpen, because: isOpen ? "no rule matches" : "no rule includes it" };
  const above = new Above(steps);
  return (path, isDirectory) => {
    effort.begin();
    const outer = above.of(path);
    for (const [index, step] of steps.entries()) {
      if (index === outer?.index) return outer.ruling;
      const ruling = step.rulingOn(path, isDirectory);
      if (ruling !== undefined) return ruling;
    }
    return otherwise;
  };
}

/** The first of those that say the same; the others never decide anything. */
function distinctOf(rules: readonly Rule[]): readonly Rule[] {
  const known = new Set<string>();
  return rules.filter((rule) => {
    const text = "include" in rule ? `+${rule.include}` : `-${rule.exclude}`;
    return !known.has(text) && known.add(text);
  });
}

function requireFew(rules: readonly Rule[]): void {
  const budget = new PatternBudget();
  for (const rule of rules) inRule(rule, () => budget.add("include" in rule ? rule.include : rule.exclude));
}

/** Whether a file, or a directory, is wanted; see {@link rulingOf}. */
export function wantedBy(
  rules: readonly Rule[],
  effort = new Effort(),
): (path: string, isDirectory?: boolean) => boolean {
  const rulingFor = rulingOf(rules, effort);
  return (path, isDirectory = false) => rulingFor(path, isDirectory).isWanted;
}

/**
 * The rules of a text, one a line: `+ GLOB` includes, `- GLOB` excludes; `#` begins a comment line. Blanks at
 * the ends of a line do not count: `[ ]` is one that does.
 * @throws ConfigError with file and line
 */
export function parseRules(text: string, file: string): readonly Rule[] {
  const budget = new PatternBudget();
  return text
    .replace(/^\ufeff/, "")
    .split("\n")
    .flatMap((line, index) =>
      rulesOfLine(line.replace(/^[ \t]+|[ \t\r]+$/g, ""), `${file}:${index + 1}`, budget),
    );
}

function rulesOfLine(line: string, from: string, budget: PatternBudget): readonly Rule[] {
  if (line === "" || line.startsWith("#")) return [];
  const [, sign, pattern] = /^([+-])[ \t]+(.+)$/s.exec(line) ?? [];
  if (pattern === undefined) throw new ConfigError("expected + GLOB, - GLOB or # COMMENT", from);
  const rule = sign === "+" ? { include: pattern, from } : { exclude: pattern, from };
  inRule(rule, () => budget.add(pattern));
  filterOf(rule);
  return [rule];
}

/** One rule. */
interface Step {
  /** What it says of a path; undefined where the next one is to be asked. */
  readonly rulingOn: (path: string, isDirectory: boolean) => Ruling | undefined;
  /** What it says of all that is in a directory; undefined where it says nothing of it for the directory's sake. */
  readonly leavesOut: (directory: string) => Ruling | undefined;
}

function stepOf(rule: Rule, effort: Effort): Step {
  const filter = filterOf(rule, effort);
  return "include" in rule ? inclusion(rule, filter) : exclusion(rule, filter);
}

function inclusion(rule: Rule, filter: Filter): Step {
  const matched = { isWanted: true, because: described(rule), rule };
  const held = { isWanted: true, because: `${described(rule)} may match something in it`, rule };
  return {
    rulingOn: (path, isDirectory) => {
      if (filter.matches(path, isDirectory)) return matched;
      return isDirectory && filter.mayHold(path) ? held : undefined;
    },
    leavesOut: () => undefined,
  };
}

function exclusion(rule: Rule, filter: Filter): Step {
  const matched = { isWanted: false, because: described(rule), rule };
  return {
    rulingOn: (path, isDirectory) => {
      const isLeftOut = filter.matches(path, isDirectory) || (isDirectory && filter.fills(path));
      return isLeftOut ? matched : undefined;
    },
    leavesOut: (directory) =>
      filter.matches(directory, true)
        ? { isWanted: false, because: `${described(rule)} excludes ${directory}/`, rule }
        : undefined,
  };
}

/** The rule that leaves out a directory with all that is in it. */
interface Outer {
  readonly index: number;
  readonly ruling: Ruling;
}

/** How many directories are known; what is in one comes together. */
const MOST_KNOWN = 1_024;

/** What the rules say of a path for the sake of the directories that it lies in: asked once for each of these. */
class Above {
  readonly #steps: readonly Step[];
  readonly #known = new Map<string, Outer | undefined>();

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** The first rule that leaves out one of these; where it leaves out several, by the outermost. */
  of(path: string): Outer | undefined {
    let outer: Outer | undefined;
    for (const directory of directoriesAbove(path)) {
      if (!this.#known.has(directory)) {
        const found = this.#first(directory, outer?.index ?? this.#steps.length) ?? outer;
        if (this.#known.size >= MOST_KNOWN) this.#known.clear();
        this.#known.set(directory, found);
      }
      outer = this.#known.get(directory);
    }
    return outer;
  }

  #first(directory: string, before: number): Outer | undefined {
    for (let index = 0; index < before; index += 1) {
      const ruling = this.#steps[index]?.leavesOut(directory);
      if (ruling !== undefined) return { index, ruling };
    }
    return undefined;
  }
}

function filterOf(rule: Rule, effort = new Effort()): Filter {
  return inRule(rule, () => parseFilter("include" in rule ? rule.include : rule.exclude, effort));
}

/** Whether all of these can be used together. @throws ConfigError */
export function requireUsable(rules: readonly Rule[]): void {
  rulingOf(rules);
}

/** An error of a rule is reported with the rule's place. */
function inRule<T>(rule: Rule, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(messageOf(error), rule.from, error) : error;
  }
}

/** `exclude *.tmp (rule 2 of jobs/nightly.yaml)`. */
function described(rule: Rule): string {
  const what = "include" in rule ? `include ${rule.include}` : `exclude ${rule.exclude}`;
  return rule.from === undefined ? what : `${what} (${rule.from})`;
}

/** `a`, `a/b` for `a/b/c`. */
function directoriesAbove(path: string): readonly string[] {
  const above: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) above.push(path.slice(0, at));
  return above;
}
