import { ConfigError, messageOf } from "../shared/errors.ts";
import { type Filter, parseFilter } from "./filter.ts";

/** A filter rule; the first that matches a path decides. */
export type Rule = ({ readonly include: string } | { readonly exclude: string }) & {
  /** Where it stands, for people: `rule 2 of jobs/nightly.yaml`. */
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
 * @throws ConfigError for a rule with a faulty pattern
 */
export function rulingOf(rules: readonly Rule[]): (path: string, isDirectory: boolean) => Ruling {
  const steps = rules.map((rule) => ("include" in rule ? inclusion(rule) : exclusion(rule)));
  const isOpen = rules.length === 0 || rules.some((rule) => "exclude" in rule);
  const otherwise = { isWanted: isOpen, because: isOpen ? "no rule matches" : "no rule includes it" };
  return (path, isDirectory) => {
    const object = { path, isDirectory, above: directoriesAbove(path) };
    for (const step of steps) {
      const ruling = step(object);
      if (ruling !== undefined) return ruling;
    }
    return otherwise;
  };
}

/** Whether a file is wanted; see {@link rulingOf}. */
export function wantedBy(rules: readonly Rule[]): (path: string) => boolean {
  const rulingFor = rulingOf(rules);
  return (path) => rulingFor(path, false).isWanted;
}

/**
 * The rules of a text, one a line: `+ GLOB` includes, `- GLOB` excludes; `#` begins a comment line. Blanks at
 * the ends of a line do not count: `[ ]` is one that does.
 * @throws ConfigError with file and line
 */
export function parseRules(text: string, file: string): readonly Rule[] {
  return text
    .replace(/^\ufeff/, "")
    .split("\n")
    .flatMap((line, index) => rulesOfLine(line.replace(/^[ \t]+|[ \t\r]+$/g, ""), `${file}:${index + 1}`));
}

function rulesOfLine(line: string, from: string): readonly Rule[] {
  if (line === "" || line.startsWith("#")) return [];
  const [, sign, pattern] = /^([+-])[ \t]+(.+)$/s.exec(line) ?? [];
  if (pattern === undefined) throw new ConfigError("expected + GLOB, - GLOB or # COMMENT", from);
  const rule = sign === "+" ? { include: pattern, from } : { exclude: pattern, from };
  filterOf(rule);
  return [rule];
}

interface Subject {
  readonly path: string;
  readonly isDirectory: boolean;
  /** The directories that it lies in, the first one first. */
  readonly above: readonly string[];
}

/** The ruling of one rule; undefined where the next one is to be asked. */
type Step = (subject: Subject) => Ruling | undefined;

function inclusion(rule: Rule): Step {
  const filter = filterOf(rule);
  const matched = { isWanted: true, because: described(rule), rule };
  const held = { isWanted: true, because: `${described(rule)} may match something in it`, rule };
  return ({ path, isDirectory }) => {
    if (filter.matches(path, isDirectory)) return matched;
    return isDirectory && filter.mayHold(path) ? held : undefined;
  };
}

function exclusion(rule: Rule): Step {
  const filter = filterOf(rule);
  const matched = { isWanted: false, because: described(rule), rule };
  return ({ path, isDirectory, above }) => {
    const directory = above.find((one) => filter.matches(one, true));
    if (directory !== undefined) {
      return { isWanted: false, because: `${described(rule)} leaves out ${directory}/`, rule };
    }
    const isLeftOut = filter.matches(path, isDirectory) || (isDirectory && filter.fills(path));
    return isLeftOut ? matched : undefined;
  };
}

function filterOf(rule: Rule): Filter {
  try {
    return parseFilter("include" in rule ? rule.include : rule.exclude);
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
