import type { Effort } from "./effort.ts";

/** Tokens below zero; all others are the code unit that they stand for. */
const ANY = -1;
const STAR = -2;
const SET = -3;

/** Steps that a comparison costs beside those for its characters. */
const CALL = 4;

/**
 * A pattern of one name: `*`, `?`, `[a-z]`, `[!x]`, `[[:alpha:]]`, `\` to escape. It is matched in time that is at most
 * the product of both lengths, since only the last `*` is ever tried again.
 */
export class NamePattern {
  /** What it matches alone, where it has no wildcard. */
  readonly literal: string | undefined;
  readonly #tokens: Int32Array;
  /** By the place of their tokens. */
  readonly #sets: ReadonlyMap<number, CharacterSet>;

  constructor(text: string) {
    const sets = new Map<number, CharacterSet>();
    this.#tokens = Int32Array.from(tokensOf(text, sets));
    this.#sets = sets;
    this.literal = this.#tokens.every((token) => token >= 0) ? textOf(this.#tokens) : undefined;
  }

  matches(name: string, effort: Effort): boolean {
    effort.spend(CALL);
    if (this.literal !== undefined) return name === this.literal;
    const tokens = this.#tokens;
    let token = 0;
    let at = 0;
    let star = -1;
    let starAt = 0;
    let steps = 0;
    while (at < name.length) {
      steps += 1;
      // Not each step: counting would cost more than what is counted.
      if (steps === 1_024) {
        effort.spend(steps);
        steps = 0;
      }
      const one = token < tokens.length ? (tokens[token] ?? 0) : undefined;
      if (one === STAR) {
        star = token;
        starAt = at;
        token += 1;
        continue;
      }
      const width = one === undefined ? 0 : this.#widthOf(one, token, name, at);
      if (width > 0) {
        at += width;
        token += 1;
        continue;
      }
      if (star === -1) break;
      starAt += widthAt(name, starAt);
      at = starAt;
      token = star + 1;
    }
    effort.spend(steps);
    if (at < name.length) return false;
    while (tokens[token] === STAR) token += 1;
    return token === tokens.length;
  }

  /** How many code units of a name a token takes; 0: it does not match there. */
  #widthOf(token: number, index: number, name: string, at: number): number {
    if (token >= 0) return name.charCodeAt(at) === token ? 1 : 0;
    if (token === SET && this.#sets.get(index)?.holds(name.codePointAt(at) ?? 0) !== true) return 0;
    return widthAt(name, at);
  }
}

function textOf(codes: Int32Array): string {
  let text = "";
  for (const code of codes) text += String.fromCharCode(code);
  return text;
}

/** Characters outside the first plane have two code units, and count as one. */
function widthAt(name: string, at: number): number {
  const code = name.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff && (name.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function tokensOf(text: string, sets: Map<number, CharacterSet>): readonly number[] {
  const tokens: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    const set = character === "[" ? setAt(text, index) : undefined;
    if (set !== undefined) {
      sets.set(tokens.length, set);
      tokens.push(SET);
      index = set.end;
    } else if (character === "*") {
      if (tokens.at(-1) !== STAR) tokens.push(STAR);
    } else if (character === "?") tokens.push(ANY);
    else {
      // A backslash at the end escapes nothing.
      if (character === "\\" && index + 1 < text.length) index += 1;
      tokens.push(text.charCodeAt(index));
    }
  }
  return tokens;
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{Nl}\p{Nd}]/u,
  alpha: /[\p{L}\p{Nl}]/u,
  ascii: /[\0-\x7f]/u,
  blank: /[\p{Zs}\t]/u,
  cntrl: /\p{Cc}/u,
  digit: /\p{Nd}/u,
  graph: /[^\p{Z}\p{C}]/u,
  lower: /\p{Ll}/u,
  print: /[^\p{C}]/u,
  punct: /\p{P}/u,
  space: /[\p{Z}\t\r\n\v\f]/u,
  upper: /\p{Lu}/u,
  word: /[\p{L}\p{Nl}\p{Nd}\p{Pc}]/u,
  xdigit: /[A-Fa-f0-9]/u,
};

interface CharacterSet {
  readonly holds: (point: number) => boolean;
  /** The index of its closing bracket. */
  readonly end: number;
}

/** The set that begins there (POSIX 2.13.1); undefined where the bracket is never closed, and so is text. */
function setAt(text: string, start: number): CharacterSet | undefined {
  const ranges: (readonly [number, number])[] = [];
  const classes: RegExp[] = [];
  const isNegated = text[start + 1] === "!" || text[start + 1] === "^";
  let at = start + (isNegated ? 2 : 1);
  for (let isFirst = true; at < text.length; isFirst = false) {
    if (text[at] === "]" && !isFirst) {
      const holds = (point: number) =>
        ranges.some(([low, high]) => point >= low && point <= high) ||
        classes.some((one) => one.test(String.fromCodePoint(point)));
      return { holds: isNegated ? (point) => !holds(point) : holds, end: at };
    }
    const [all = "", name = ""] = /^\[:([a-z]{1,6}):\]/.exec(text.slice(at, at + 12)) ?? [];
    const known = CLASSES[name];
    if (known !== undefined) {
      classes.push(known);
      at += all.length;
      continue;
    }
    const low = characterAt(text, at);
    at = low.next;
    const isRange = text[at] === "-" && at + 1 < text.length && text[at + 1] !== "]";
    const high = isRange ? characterAt(text, at + 1) : low;
    at = high.next;
    ranges.push([low.point, high.point]);
  }
  return undefined;
}

function characterAt(text: string, at: number): { readonly point: number; readonly next: number } {
  const from = text[at] === "\\" && at + 1 < text.length ? at + 1 : at;
  return { point: text.codePointAt(from) ?? 0, next: from + widthAt(text, from) };
}
