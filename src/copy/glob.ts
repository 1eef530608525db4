import { nameOf, refusalOfName, withoutSlash } from "../ftp/pathname.ts";
import { ConfigError } from "../shared/errors.ts";
import { expand, parseBraces } from "./pattern/braces.ts";
import { PatternBudget } from "./pattern/budget.ts";
import { Effort } from "./pattern/effort.ts";
import { directoriesOfNames } from "./name-list.ts";
import { isWild, literalOf, PathPattern } from "./pattern/path-pattern.ts";

/**
 * A path with wildcards: `*`, `?`, `[a-z]`, `[!x]`, `{a,b}`, `**` across directories, `\` to escape. A name
 * that begins with a dot is matched like any other: a copy that leaves files out must be asked to.
 */
export interface Glob {
  /** The directory that every match lies in; no wildcard is in it. Empty: the login or working directory. */
  readonly base: string;
  /** What its matches cost. */
  readonly effort: Effort;
  /** Whether a path below `base` is wanted. @throws EffortError */
  matches(path: string): boolean;
  /** Whether a directory below `base` can hold something wanted. @throws EffortError */
  mayHold(directory: string): boolean;
  /** Whether it is a list of files: a directory that it names is a match too, also where it holds others. */
  readonly isList?: true;
}

export type Pattern =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "glob"; readonly glob: Glob };

/**
 * A path, or a glob where it has wildcards.
 * @param budget what the patterns of one request may cost together
 * @throws ConfigError for one that is too long or stands for too many, or for some from the root and some from elsewhere
 */
export function parsePattern(text: string, budget = new PatternBudget()): Pattern {
  if (!SPECIAL.test(text)) {
    budget.add(text);
    return { kind: "path", path: text };
  }
  const all = alternativesOf(text, budget).map((one) => one.split("/"));
  const [first = [], ...more] = all;
  if (more.length === 0 && !first.some(isWild)) return { kind: "path", path: first.map(literalOf).join("/") };
  if (more.some((names) => (names[0] === "") !== (first[0] === "")))
    throw new ConfigError(`"${text}" mixes absolute and relative paths; use one kind only`);
  const fixed = first.findIndex(
    (name, index) => isWild(name) || all.some((names) => names[index] !== name || names.length - 1 === index),
  );
  const base = first.slice(0, fixed).map(literalOf).join("/");
  const isRoot = fixed === 1 && first[0] === "";
  const rest = all.map((names) => names.slice(fixed).join("/"));
  return { kind: "glob", glob: globOf(isRoot ? "/" : base, rest, new Effort()) };
}

/** A glob in the given directory. @throws ConfigError for one that is too long or stands for too many */
export function globBelow(base: string, rest: string, effort = new Effort()): Glob {
  return globOf(base, alternativesOf(rest), effort);
}

/** The files of a list below a directory; however many they are, each comparison costs the same. */
export function listBelow(base: string, names: ReadonlyMap<string, string>): Glob {
  const directories = directoriesOfNames(names.keys());
  return {
    base,
    effort: new Effort(),
    matches: (path) => names.has(path),
    mayHold: (directory) => directories.has(directory),
    isList: true,
  };
}

function globOf(base: string, alternatives: readonly string[], effort: Effort): Glob {
  let compiled: Compiled | undefined;
  return {
    base,
    effort,
    matches: (path) => {
      const { literals, wild } = (compiled ??= compile(alternatives));
      effort.spend(1);
      if (literals.has(path)) return true;
      const names = path.split("/");
      return wild.some((pattern) => pattern.matches(names, effort));
    },
    mayHold: (directory) => {
      const { all } = (compiled ??= compile(alternatives));
      const names = directory.split("/");
      return all.some((pattern) => pattern.mayHold(names, effort));
    },
  };
}

interface Compiled {
  readonly all: readonly PathPattern[];
  /** Those that are names and nothing else are found at once, however many they are. */
  readonly literals: ReadonlySet<string>;
  readonly wild: readonly PathPattern[];
}

function compile(alternatives: readonly string[]): Compiled {
  const all = alternatives.map((one) => new PathPattern(one));
  const literals = new Set(all.flatMap(({ literal }) => literal ?? []));
  return { all, literals, wild: all.filter(({ literal }) => literal === undefined) };
}

/**
 * The patterns that one with braces stands for, each once.
 * @throws ConfigError where it is too long or they are too many
 */
export function alternativesOf(text: string, budget = new PatternBudget()): readonly string[] {
  budget.add(text);
  return [...new Set(expand(parseBraces(text)))];
}

/** What may stand for something else than itself in a pattern. */
const SPECIAL = /[*?[\]{}\\]/;
const EACH_SPECIAL = new RegExp(SPECIAL, "g");

/** The pattern that matches a path and nothing else. */
export function escapePattern(path: string): string {
  return path.replace(EACH_SPECIAL, "\\$&");
}

/** A directory that is named as a whole; its files keep its name at the target, unless a slash follows it. */
export function wholeDirectory(path: string): { readonly directory: string; readonly name: string } {
  const directory = withoutSlash(path);
  const name = path.endsWith("/") ? "" : nameOf(directory);
  return { directory, name: refusalOfName(name) === undefined ? name : "" };
}
