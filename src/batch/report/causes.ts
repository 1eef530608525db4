import { nameOf, parentOf } from "../../ftp/pathname.ts";
import { literal } from "../../shared/name-pattern.ts";
import type { CopyEvent } from "../events.ts";

/** Causes that are distinguished; what goes beyond is counted as one. */
const MAX_CAUSES = 100;
/** Files of one cause that are kept in full. */
const IN_FULL = 3;

/** One file or directory, and why it failed or was left alone. */
export interface FileReason {
  readonly path: string;
  readonly because: string;
}

/** Files that have one cause. */
export interface ReasonGroup {
  /** As {@link causeOf} has it. */
  readonly because: string;
  readonly count: number;
  /** The first of them, in full; never empty. */
  readonly first: readonly [FileReason, ...FileReason[]];
}

interface Counted extends ReasonGroup {
  count: number;
  readonly first: [FileReason, ...FileReason[]];
}

/** Counts what went wrong, or was left alone, by what it has in common. */
export class Causes {
  readonly #causes = new Map<string, Counted>();

  /** @returns how many of its kind there are now, 1 … */
  note(path: string, because: string): number {
    const one = { path, because };
    const cause = causeOf(one);
    const key = this.#causes.has(cause) || this.#causes.size < MAX_CAUSES ? cause : "other reasons";
    const known = this.#causes.get(key);
    if (known === undefined) this.#causes.set(key, { because: key, count: 1, first: [one] });
    else {
      known.count += 1;
      if (known.first.length < IN_FULL) known.first.push(one);
    }
    return known?.count ?? 1;
  }

  /** The most frequent one first. */
  list(): readonly ReasonGroup[] {
    return [...this.#causes.values()].sort((one, two) => two.count - one.count);
  }
}

/** The file that an event says has failed, or was copied without what was to become of its source. */
export function failureIn(event: CopyEvent): FileReason | undefined {
  if (event.event === "fault") return { path: event.path, because: event.because };
  const hasFailed = event.event === "transfer" && (event.outcome === "failed" || event.outcome === "partial");
  return hasFailed ? { path: event.source, because: event.because } : undefined;
}

/** A reason with `…` for the path that it is about, for temporary names, and for numbers other than reply codes. */
export function causeOf({ path, because }: FileReason): string {
  let about = because;
  // Expressions are made for what is there; there may be a million reasons.
  for (const directory of suffixesOf(parentOf(path)))
    if (about.includes(`${directory}/`))
      about = about.replace(new RegExp(`(?<![\\w.-])${literal(directory)}/`, "g"), "/");
  const name = nameOf(path);
  if (name !== "" && about.includes(name)) about = about.replace(mentionOf(name), "…");
  return about
    .replace(/[^\s"]*\.fxpd-[\w.-]+/g, "…")
    .replace(NUMBERS, (_, before?: string, code?: string) => (code === undefined ? "…" : `${before}${code}`));
}

/** Reply codes; numbers, times and addresses; and what is too long to be part of a word. */
const NUMBERS = /(^|: )([1-6]\d\d )|(?<![\w.])\d(?:[\d.,:T+-]*[\dZ])?(?!\w)|\d{4,}/g;

/** `/a/b`, `a/b`, `b`: a server may tell less of a path than we know, or more. */
function suffixesOf(path: string): readonly string[] {
  const names = path.split("/");
  return names.map((_, index) => names.slice(index).join("/")).filter((suffix) => suffix !== "");
}

/** A name, with what is before it. One that may be a word is taken for a name only where names are. */
function mentionOf(name: string): RegExp {
  const isWord = !/\w\.\w/.test(name);
  const alone = isWord ? `(?<=["'(]|\\b[A-Z]{3,4} |\\b[1-6]\\d\\d[ -])` : "(?<![\\w.-])";
  return new RegExp(`(?:[^\\s"]*[/:]|${alone})${literal(name)}(?![\\w-])`, "g");
}
