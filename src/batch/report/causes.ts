import { nameOf, parentOf } from "../../ftp/pathname.ts";

/** Kinds of reasons that are distinguished; what goes beyond is counted as one. */
const MAX_CAUSES = 100;

/** Reasons that differ in nothing but what they are about. */
export interface ReasonGroup {
  readonly count: number;
  /** Of the first of them. */
  readonly path: string;
  readonly because: string;
}

/** Counts what went wrong, or was left alone, by what it has in common. */
export class Causes {
  readonly #causes = new Map<string, { count: number; readonly path: string; readonly because: string }>();

  /** @returns how many of its kind there are now, 1 … */
  note(path: string, because: string): number {
    const cause = causeOf(path, because);
    const key = this.#causes.has(cause) || this.#causes.size < MAX_CAUSES ? cause : "";
    const known = this.#causes.get(key);
    if (known === undefined) this.#causes.set(key, { count: 1, path, because });
    else known.count += 1;
    return known?.count ?? 1;
  }

  /** The most frequent one first. */
  list(): readonly ReasonGroup[] {
    return [...this.#causes.values()].sort((one, two) => two.count - one.count);
  }
}

/** A reason without the path that it is about, temporary names, and numbers other than reply codes. */
export function causeOf(path: string, because: string): string {
  let about = because;
  // Expressions are made for what is there; there may be a million reasons.
  for (const directory of suffixesOf(parentOf(path)))
    if (about.includes(`${directory}/`))
      about = about.replace(new RegExp(`(?<![\\w.-])${literal(directory)}/`, "g"), "/");
  const name = nameOf(path);
  if (name !== "" && about.includes(name)) about = about.replace(mentionOf(name), "…");
  return about
    .replace(/[^\s"]*\.fxpd-[\w.-]+/g, "…")
    .replace(/(^|: )([1-6]\d\d )|\d+/g, (_, before?: string, code?: string) =>
      code === undefined ? "#" : `${before}${code}`,
    );
}

/** `/a/b`, `a/b`, `b`: a server may tell less of a path than we know, or more. */
function suffixesOf(path: string): readonly string[] {
  const names = path.split("/");
  return names.map((_, index) => names.slice(index).join("/")).filter((suffix) => suffix !== "");
}

/** A name, with what is before it, where it is one: behind a slash, a colon, a quote or a command. */
function mentionOf(name: string): RegExp {
  const before = `(?:[^\\s"]*[/:]|(?<=["'])|(?<=\\b[A-Z]{3,4} ))`;
  return new RegExp(`${before}${literal(name)}(?![\\w-])`, "g");
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
