/** A pattern of `mirror`'s `-i`, `-x`, `-I` and `-X`, in the order in which they are given. */
export interface LftpPattern {
  readonly kind: "include" | "exclude";
  readonly form: "expression" | "glob";
  readonly text: string;
}

type Rule = { readonly include: string } | { readonly exclude: string };

/** Rules of ours that choose the same files. */
interface Translated {
  readonly rules: readonly Rule[];
  /** Whether no directory below the first one is entered. */
  readonly isFlat: boolean;
  /** What cannot be expressed here; then nothing else is of use. */
  readonly refused?: string;
}

/**
 * In lftp the last pattern that matches decides. A file that none matches is taken if the first pattern excludes, and a
 * directory always. A directory is matched with a slash at its end, so that few patterns match any. Here the first rule
 * decides, an include also holds the directories above what it may match, and an exclude without a slash leaves out
 * directories of that name, too.
 */
export function translate(patterns: readonly LftpPattern[]): Translated {
  const [first] = patterns;
  if (first === undefined) return { rules: [], isFlat: false };
  const shut = patterns.findLastIndex((one) => one.kind === "exclude" && isForAllDirectories(one));
  const isFlat = shut !== -1;
  if (isFlat && patterns.slice(shut + 1).some((one) => one.kind === "include" && mayMatchDirectory(one)))
    return { rules: [], isFlat, refused: "all directories are excluded, and some of them included again" };
  const isOnlyIncludes = patterns.every(({ kind }) => kind === "include");
  // Of one kind alone the order says nothing.
  const isMixed = !isOnlyIncludes && patterns.some(({ kind }) => kind === "include");
  const ordered = isMixed ? patterns.toReversed() : patterns;
  const rules = ordered.flatMap(rulesOf);
  const isClosed = first.kind === "include" && !isOnlyIncludes;
  return { rules: isClosed ? [...rules, { exclude: "**" }] : rules, isFlat };
}

function rulesOf({ kind, form, text }: LftpPattern): readonly Rule[] {
  const globs = form === "glob" ? globsOf(text) : expressionsOf(text, kind);
  return globs.map((glob) => (kind === "include" ? { include: glob } : { exclude: glob }));
}

/** It is matched against as many names from the end as it has itself. */
function globsOf(text: string): readonly string[] {
  const glob = escaped(text);
  const body = glob.replace(/\/$/, "");
  const anywhere = body.includes("/") ? `**/${body}` : body;
  if (glob.endsWith("/")) return [`${anywhere}/`];
  // The last star matches nothing, too: so it matches the directory with its slash.
  const directory = /^(.+)\/\*$/.exec(body)?.[1];
  if (directory === undefined) return [anywhere];
  const above = directory.includes("/") ? `**/${directory}` : directory;
  return [anywhere, `${above}/`];
}

/** What fnmatch has no braces for, and we have; and `**`, which is to be one star. */
function escaped(glob: string): string {
  return glob.replace(/\\[^]|[{}]|\*{2,}/g, (piece) =>
    piece.startsWith("\\") ? piece : piece.startsWith("*") ? "*" : `\\${piece}`,
  );
}

/** An expression that asks for the slash at a directory's end becomes a glob where it is that simple. */
function expressionsOf(text: string, kind: LftpPattern["kind"]): readonly string[] {
  const [, begin = "", body] =
    /^(\^|\(\^\|\/\))?((?:[^\\[\](){}*+?^$|]|\\[^A-Za-z0-9<>])+\/)(?:\$|\.\*\$?)?$/.exec(text) ?? [];
  const names = body === undefined || body.startsWith("/") ? [] : namesOf(body.replace(/\/$/, ""));
  if (names.length > 0) {
    const end = kind === "include" ? "/**" : "/";
    return names.flatMap((name) => {
      // What the dot before it stands for is in the name of another directory.
      if (begin !== "" && name.startsWith("/")) return [];
      const isPath = name.includes("/") || kind === "include";
      if (begin === "^") return [isPath ? `${name}${end}` : `/${name}${end}`];
      const part = begin === "" ? `*${name}` : name;
      return [isPath ? `**/${part}${end}` : `${part}${end}`];
    });
  }
  const open = text.replace(/\/\$?$/, (slash) => (slash === "/$" ? "(/|$)" : "(/|$)"));
  return [`re:${open}`];
}

/** More dots than this would be too many globs. */
const MOST_DOTS = 3;

/** Globs for an expression without repetitions, in which a dot stands for any letter, and so for a slash, too. */
function namesOf(body: string): readonly string[] {
  const pieces = body.match(/\\?[^]/g) ?? [];
  if (pieces.filter((piece) => piece === ".").length > MOST_DOTS) return [];
  let names = [""];
  for (const piece of pieces) {
    const letter = piece.replace(/^\\/, "").replace(/[*?[\]{}\\]/g, "\\$&");
    names = names.flatMap((name) => (piece === "." ? [`${name}?`, `${name}/`] : [name + letter]));
  }
  return names.filter((name) => !/\/\/|\/$/.test(name));
}

/** Whether it matches a name with a slash at its end. */
function mayMatchDirectory({ form, text }: LftpPattern): boolean {
  if (form === "glob") return /(\/|(^|\/)\*+)$/.test(text);
  // What asks for the end of a name, and not for a slash there, matches none.
  return !/[^/\\.*+?)]\$$/.test(text);
}

function isForAllDirectories({ form, text }: LftpPattern): boolean {
  if (form === "glob") return /^\*+\/?$/.test(text);
  return /^(\^?\.[*+]?\$?|\^|\$|\/\$?|\.\*\/\$?|)$/.test(text);
}
