/** How many texts one with braces stands for, and how many characters these have together. */
export interface BraceSpan {
  readonly count: number;
  readonly characters: number;
}

/** A text in pieces: text, and one of several texts. */
type Braced = readonly Piece[];
type Piece = string | Alternation | Sequence;
interface Alternation {
  readonly branches: readonly Braced[];
}
/** Numbers, or characters by their codes. */
interface Sequence {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly show: (value: number) => string;
}

interface Frame {
  readonly start: number;
  readonly done: Piece[][];
  current: Piece[];
}

/**
 * Braces as in bash: `{a,b}`, nested ones, `{1..9}`, `{01..10..3}`, `{a..e}`; `\` escapes, `${` begins none, and what
 * is closed by nothing or has no comma is text. Takes time in proportion to the text, whatever it stands for.
 */
export function parseBraces(text: string): Braced {
  const frames: Frame[] = [{ start: 0, done: [], current: [] }];
  const top = () => frames.at(-1) as Frame;
  const add = (piece: Piece) => void top().current.push(piece);
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\\") {
      index += 1;
      continue;
    }
    const isInside = frames.length > 1;
    const isOpening = character === "{" && text[index - 1] !== "$";
    if (!isOpening && !(isInside && (character === "," || character === "}"))) continue;
    if (index > at) add(text.slice(at, index));
    at = index + 1;
    if (isOpening) frames.push({ start: index, done: [], current: [] });
    else if (character === ",") {
      top().done.push(top().current);
      top().current = [];
    } else {
      const { start, done, current } = frames.pop() as Frame;
      const sequence = done.length === 0 ? sequenceOf(text.slice(start + 1, index)) : undefined;
      if (done.length > 0) add({ branches: [...done, current] });
      else if (sequence !== undefined) add(sequence);
      else add(grouped(["{", ...current, "}"]));
    }
  }
  if (at < text.length) add(text.slice(at));
  while (frames.length > 1) {
    const { done, current } = frames.pop() as Frame;
    add(grouped(["{", ...done.flatMap((branch) => [...branch, ","]), ...current]));
  }
  return top().current;
}

/** Pieces as one; text stays text, so that braces that mean nothing cost nothing however deep they are. */
function grouped(pieces: readonly Piece[]): Piece {
  return pieces.every((piece) => typeof piece === "string") ? pieces.join("") : { branches: [pieces] };
}

/** Counted, without making any of the texts. */
export function extentOf(pieces: Braced): BraceSpan {
  let [count, characters] = [1, 0];
  for (const piece of pieces) {
    const one = extentOfPiece(piece);
    characters = characters * one.count + one.characters * count;
    count *= one.count;
  }
  return { count, characters };
}

function extentOfPiece(piece: Piece): BraceSpan {
  if (typeof piece === "string") return { count: 1, characters: piece.length };
  if ("branches" in piece) {
    const all = piece.branches.map(extentOf);
    const sum = (of: (extent: BraceSpan) => number) => all.reduce((total, one) => total + of(one), 0);
    return { count: sum(({ count }) => count), characters: sum(({ characters }) => characters) };
  }
  const count = Math.floor(Math.abs(piece.to - piece.from) / piece.step) + 1;
  const longest = Math.max(piece.show(piece.from).length, piece.show(piece.to).length);
  return { count, characters: count * longest };
}

/** All texts that it stands for; whoever asks has looked at their {@link extentOf} before. */
export function expand(pieces: Braced): readonly string[] {
  let texts = [""];
  for (const piece of pieces) {
    const ends = typeof piece === "string" ? [piece] : textsOf(piece);
    texts =
      ends.length === 1
        ? texts.map((text) => text + ends[0])
        : texts.flatMap((text) => ends.map((end) => text + end));
  }
  return texts;
}

function textsOf(piece: Alternation | Sequence): readonly string[] {
  if ("branches" in piece) return piece.branches.flatMap(expand);
  const { from, to, step, show } = piece;
  const count = Math.floor(Math.abs(to - from) / step) + 1;
  return Array.from({ length: count }, (_, index) => show(from + (to < from ? -step : step) * index));
}

/** Digits of a number in a sequence; more could not be counted exactly. */
const NUMBERS = /^(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?$/;
const LETTERS = /^([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d{1,9}))?$/;

function sequenceOf(text: string): Sequence | undefined {
  const [, first, last, by] = NUMBERS.exec(text) ?? [];
  if (first !== undefined && last !== undefined) {
    const isPadded = [first, last].some((number) => /^-?0\d/.test(number));
    const width = isPadded ? Math.max(first.length, last.length) : 0;
    const show = (value: number) =>
      value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0");
    return { from: Number(first), to: Number(last), step: stepOf(by), show };
  }
  const [, one, other, every] = LETTERS.exec(text) ?? [];
  if (one === undefined || other === undefined) return undefined;
  const show = (value: number) => String.fromCharCode(value).replace("\\", "");
  return { from: one.charCodeAt(0), to: other.charCodeAt(0), step: stepOf(every), show };
}

function stepOf(text: string | undefined): number {
  return Math.max(1, Math.abs(Number(text ?? 1)));
}
