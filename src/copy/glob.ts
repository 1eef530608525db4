import { Minimatch, braceExpand } from "minimatch";
import { ConfigError } from "../shared/errors.ts";

/** Patterns that one text with braces may stand for. */
const MAX_ALTERNATIVES = 1_000;
/** Characters in a pattern. */
const MAX_PATTERN = 4_096;
const TOO_LONG = `pattern over ${MAX_PATTERN} characters`;

const OPTIONS = {
  dot: true,
  noext: true,
  nonegate: true,
  nocomment: true,
  nobrace: true,
  platform: "linux",
} as const;

/**
 * A path with wildcards: `*`, `?`, `[a-z]`, `[!x]`, `{a,b}`, `**` across directories, `\` to escape. A name
 * that begins with a dot is matched like any other: a copy that leaves files out must be asked to.
 */
export interface Glob {
  /** The directory that every match lies in; no wildcard is in it. Empty: the login or working directory. */
  readonly base: string;
  /** Whether a path below `base` is wanted. */
  matches(path: string): boolean;
  /** Whether a directory below `base` can hold something wanted. */
  mayHold(directory: string): boolean;
}

export type Pattern =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "glob"; readonly glob: Glob };

/**
 * A path, or a glob where it has wildcards.
 * @throws ConfigError for one that is too long or stands for too many
 */
export function parsePattern(text: string): Pattern {
  if (text.length > MAX_PATTERN) throw new ConfigError(TOO_LONG);
  if (!hasWildcards(text)) return { kind: "path", path: unescape(text) };
  const segments = text.split("/");
  const fixed = segments.findIndex((_, index) => hasWildcards(segments.slice(0, index + 1).join("/")));
  const base = segments.slice(0, fixed).map(unescape).join("/");
  const isRoot = fixed === 1 && text.startsWith("/");
  return { kind: "glob", glob: globBelow(isRoot ? "/" : base, segments.slice(fixed).join("/")) };
}

/** A glob in the given directory. @throws ConfigError for one that is too long or stands for too many */
export function globBelow(base: string, rest: string): Glob {
  const patterns = alternativesOf(rest).map((one) => ({
    matcher: new Minimatch(one, OPTIONS),
    depth: one.split("/").includes("**") ? Number.POSITIVE_INFINITY : one.split("/").length,
  }));
  return {
    base,
    matches: (path) => patterns.some(({ matcher }) => matcher.match(path)),
    mayHold: (directory) => {
      const deeper = patterns.filter(({ depth }) => depth > directory.split("/").length);
      return deeper.some(({ matcher }) => matcher.match(directory, true));
    },
  };
}

/** The patterns that one with braces stands for. @throws ConfigError where it is too long or they are too many */
export function alternativesOf(text: string): readonly string[] {
  if (text.length > MAX_PATTERN) throw new ConfigError(TOO_LONG);
  const alternatives = braceExpand(text, { braceExpandMax: MAX_ALTERNATIVES + 1 });
  if (alternatives.length <= MAX_ALTERNATIVES) return alternatives;
  throw new ConfigError(`pattern stands for over ${MAX_ALTERNATIVES} others`);
}

/** The pattern that matches a path and nothing else. */
export function escapePattern(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, "\\$&");
}

/** Whether an unescaped wildcard is in the text; a lone brace or bracket is none. */
function hasWildcards(text: string): boolean {
  const bare = text.replace(/\\./gs, "");
  return /[*?]|\[[^\]]+\]|\{[^{}]*,[^{}]*\}/.test(bare);
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}
