import { RE2JS } from "re2js";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import type { Effort } from "./effort.ts";

/** Instructions of one expression. */
const MAX_EXPRESSION = 500;
/** How much more an instruction for each character of a path costs, at worst, than a step of a glob. */
const WEIGHT = 3;

/** A regular expression that is matched in time in proportion to a path's length, whatever they are: RE2's syntax. */
export class Expression {
  readonly #compiled: RE2JS;
  readonly #size: number;

  /** @throws ConfigError */
  constructor(source: string, shown: string) {
    requireLinear(source, shown);
    try {
      this.#compiled = RE2JS.compile(RE2JS.translateRegExp(source), RE2JS.DOTALL);
    } catch (error) {
      const why = messageOf(error).replace(/^error parsing regexp: /, "");
      throw new ConfigError(`"${shown}" is not a valid regular expression: ${why}`);
    }
    this.#size = this.#compiled.programSize();
  }

  test(path: string, effort: Effort): boolean {
    effort.spend(this.#size * (path.length + 1) * WEIGHT);
    return this.#compiled.test(path);
  }
}

/** Says without compiling it what cannot be matched in linear time, or is too large. @throws ConfigError */
export function requireLinear(source: string, shown: string): void {
  const { cost, because } = estimate(source);
  if (because !== undefined) throw new ConfigError(`"${shown}" ${because}`);
  if (cost > MAX_EXPRESSION)
    throw new ConfigError(
      `"${shown}" is too large for a regular expression; use fewer or smaller repetitions such as {1,99}`,
    );
}

/** What an expression costs, before it is compiled, and why it cannot be matched in linear time where that is so. */
interface Estimate {
  /** Instructions, and rather too many. */
  readonly cost: number;
  readonly because: string | undefined;
}

const LINEAR = "which cannot be matched in linear time";

/** Takes time in proportion to the expression's length. */
export function estimate(source: string): Estimate {
  const sums = [0];
  let last = 0;
  const add = (cost: number) => {
    sums.push((sums.pop() ?? 0) + cost);
    last = cost;
  };
  for (let at = 0; at < source.length; at += 1) {
    const rest = source.slice(at, at + 32);
    const [look] = /^\(\?<?[=!]/.exec(rest) ?? [];
    if (look !== undefined)
      return { cost: 0, because: `contains a look-around ${look}…), ${LINEAR}; use several rules instead` };
    const [back] = /^\\(?:[1-9]|k<)/.exec(rest) ?? [];
    if (back !== undefined) return { cost: 0, because: `contains a back-reference ${back}, ${LINEAR}` };
    const [repeat, least, comma, most] = /^\{(\d{1,9})(,?)(\d{0,9})\}/.exec(rest) ?? [];
    if (repeat !== undefined) {
      const times =
        most !== undefined && most !== "" ? Number(most) : Number(least) + (comma === "," ? 1 : 0);
      // All of these but the one that is counted already.
      const [before, one] = [(sums.pop() ?? 0) - last, last];
      sums.push(before);
      add(one * Math.max(1, times));
      at += repeat.length - 1;
    } else if (rest[0] === "\\") {
      add(1);
      at += (/^\\[pPxu]\{[^}]{0,30}\}/.exec(rest)?.[0].length ?? 2) - 1;
    } else if (rest[0] === "[") {
      add(2);
      at = endOfClass(source, at);
    } else if (rest[0] === "(") {
      sums.push(2);
    } else if (rest[0] === ")" && sums.length > 1) {
      add(sums.pop() ?? 0);
    } else if (/^[*+?|]/.test(rest)) {
      const kept = last;
      add(1);
      last = kept + 1;
    } else add(1);
  }
  return { cost: sums.reduce((total, one) => total + one, 0), because: undefined };
}

/** The index of a class's closing bracket; the end where there is none. */
function endOfClass(source: string, start: number): number {
  let at = start + (source[start + 1] === "^" ? 2 : 1);
  if (source[at] === "]") at += 1;
  for (; at < source.length && source[at] !== "]"; at += 1) if (source[at] === "\\") at += 1;
  return at;
}
