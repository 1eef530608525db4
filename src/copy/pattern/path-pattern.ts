import type { Effort } from "./effort.ts";
import { NamePattern } from "./name-pattern.ts";

const ANY_NAME = new NamePattern("*");

/** A pattern of one path without braces: names between slashes, of which `**` stands for any number of them. */
export class PathPattern {
  /** The path that it matches alone, where it has no wildcard. */
  readonly literal: string | undefined;
  readonly #names: readonly (NamePattern | "**")[];

  constructor(text: string) {
    const parts = text.split("/").filter((part, index, all) => part !== "" || index === all.length - 1);
    const names = parts
      .filter((part, index) => part !== "**" || parts[index + 1] !== "**")
      .map((part) => (part === "**" ? part : new NamePattern(part)));
    const literals = names.map((name) => (name === "**" ? undefined : name.literal));
    this.literal = literals.every((name) => name !== undefined) ? literals.join("/") : undefined;
    // What lies below a directory, not the directory itself.
    this.#names = names.at(-1) === "**" ? [...names, ANY_NAME] : names;
  }

  /** As a name is matched: only the last `**` is ever tried again. */
  matches(names: readonly string[], effort: Effort): boolean {
    let at = 0;
    let next = 0;
    let star = -1;
    let starAt = 0;
    while (at < names.length) {
      const pattern = this.#names[next];
      if (pattern === "**") {
        star = next;
        starAt = at;
        next += 1;
      } else if (pattern?.matches(names[at] ?? "", effort) === true) {
        at += 1;
        next += 1;
      } else if (star !== -1) {
        starAt += 1;
        at = starAt;
        next = star + 1;
      } else return false;
    }
    return next === this.#names.length;
  }

  /** Whether something below this directory can match. */
  mayHold(directory: readonly string[], effort: Effort): boolean {
    for (const [at, name] of directory.entries()) {
      const pattern = this.#names[at];
      if (pattern === "**") return true;
      if (pattern?.matches(name, effort) !== true) return false;
    }
    return directory.length < this.#names.length;
  }
}

/** Whether a name in a pattern has a wildcard. */
export function isWild(name: string): boolean {
  return name === "**" || new NamePattern(name).literal === undefined;
}

/** A name without wildcards, as it is meant. */
export function literalOf(name: string): string {
  return new NamePattern(name).literal ?? name;
}
