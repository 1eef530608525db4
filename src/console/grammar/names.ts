import { nameOf, refusalOfName } from "../../ftp/pathname.ts";
import { ConsoleError } from "../errors.ts";
import type { NameMap } from "./name-map.ts";
import type { ConsoleSession } from "../session.ts";

/** The name in lower case, where all its letters are upper case (`case`). */
export function lowered(name: string): string {
  return /\p{Ll}/u.test(name) ? name : name.toLowerCase();
}

/** Characters of `from` become those of `to` at the same place; where `to` is too short, they are left out (`ntrans`). */
export function translated(name: string, { from, to }: NameMap): string {
  const target = [...to];
  const source = [...from];
  return [...name]
    .map((letter) => {
      const at = source.indexOf(letter);
      return at === -1 ? letter : (target[at] ?? "");
    })
    .join("");
}

/**
 * A name by `nmap`: `$1` to `$9` in the pattern stand for what is between its other characters; in the template they
 * bring it back, `$0` is the whole name, and `[a,b]` is the first of the two that is there.
 * @throws ConsoleError for a template whose brackets are not closed
 */
export function mapped(name: string, { from, to }: NameMap): string {
  return filled(to, name, matched(name, from)) || name;
}

/** What `$1` to `$9` stand for in a name; one that stands for nothing is absent. */
function matched(name: string, pattern: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  let last = "";
  for (let next = 0; at < name.length && next < pattern.length; next += 1) {
    const letter = pattern[next] ?? "";
    const digit = pattern[next + 1] ?? "";
    if (letter === "$" && /[1-9]/.test(digit)) {
      next += 1;
      const stop = pattern[next + 1];
      const from = at;
      while (at < name.length && name[at] !== stop) at += 1;
      if (at > from) found.set(digit, name.slice(from, at));
      last = digit;
      continue;
    }
    if (letter === "\\") next += 1;
    if (pattern[next] !== name[at]) {
      // The value before it went up to a character that is not the pattern's.
      found.delete(last);
      break;
    }
    at += 1;
  }
  return found;
}

function filled(template: string, name: string, values: ReadonlyMap<string, string>): string {
  const valueOf = (digit: string) => (digit === "0" ? name : values.get(digit));
  let text = "";
  for (let at = 0; at < template.length; at += 1) {
    const letter = template[at] ?? "";
    const after = template[at + 1] ?? "";
    if (letter === "\\" && after !== "") {
      text += after;
      at += 1;
    } else if (letter === "$" && /\d/.test(after)) {
      text += valueOf(after) ?? "";
      at += 1;
    } else if (letter === "[") {
      const { choices, end } = choicesAt(template, at + 1);
      text += choices.map((choice) => chosen(choice, valueOf)).find((one) => one !== undefined) ?? "";
      at = end;
    } else text += letter;
  }
  return text;
}

/** The texts between brackets, cut at commas, and where the closing one is. */
function choicesAt(
  template: string,
  from: number,
): { readonly choices: readonly string[]; readonly end: number } {
  const choices = [""];
  for (let at = from; at < template.length; at += 1) {
    const letter = template[at] ?? "";
    if (letter === "]") return { choices, end: at };
    if (letter === ",") choices.push("");
    else {
      const length = letter === "\\" && at + 1 < template.length ? 2 : 1;
      choices.push((choices.pop() ?? "") + template.slice(at, at + length));
      at += length - 1;
    }
  }
  throw new ConsoleError(`nmap: the bracket in "${template}" is not closed; no name is mapped`);
}

/** A text where it is one, or the value of a variable where that has one. */
function chosen(choice: string, valueOf: (digit: string) => string | undefined): string | undefined {
  const alone = /^\$(\d)$/.exec(choice)?.[1];
  if (alone !== undefined) return valueOf(alone);
  return choice.replace(/\\(.)|\$(\d)/g, (_, letter: string | undefined, digit: string | undefined) =>
    digit === undefined ? (letter ?? "") : (valueOf(digit) ?? ""),
  );
}

/** What a file is called on the other side, where no name was given: `ntrans`, then `nmap`. */
export function sentName(name: string, { ntrans, nmap }: ConsoleSession): string {
  const one = ntrans === undefined ? name : translated(name, ntrans);
  return nmap === undefined ? one : mapped(one, nmap);
}

/** The same for a file that comes from a server: `case` goes before. */
export function receivedName(name: string, session: ConsoleSession): string {
  return sentName(session.toggles.case ? lowered(name) : name, session);
}

/**
 * The local name for a file of a server where none was given: the last part of its pathname, which must not lead
 * anywhere or be anything but a name.
 * @throws ConsoleError for a name that a person would have to type themselves
 */
export function localNameFor(path: string, session: ConsoleSession): string {
  const name = receivedName(nameOf(path), session);
  const refusal =
    refusalOfName(name) ?? (/^[|-]/.test(name) ? "begins like a command or an option" : undefined);
  if (refusal !== undefined || name.includes("/"))
    throw new ConsoleError(
      `${JSON.stringify(path)} is not used as a local name: it ${refusal ?? "leads to a directory"}; to get it all the same, give the local name as well`,
    );
  return name;
}

/** Names that `runique` tries: the name itself, then `.1` to `.99`. */
export function* uniqueNames(name: string): Generator<string> {
  yield name;
  for (let number = 1; number <= 99; number += 1) yield `${name}.${number}`;
}
