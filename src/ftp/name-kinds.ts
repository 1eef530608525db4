/** What about a name a server may not keep: a character of this kind, or a blank or dot where it is easily lost. */
export interface NameKind {
  /** Equal for names that a server is taken to treat alike. */
  readonly key: string;
  /** A character of it. */
  readonly sample: string;
  readonly at: "begin" | "middle" | "end";
}

/** What every server is taken to keep. */
const PLAIN = /^[A-Za-z0-9._-]$/;

/** The kinds of a name beyond letters, digits, `.`, `_` and `-`, each once. */
export function kindsOf(name: string): readonly NameKind[] {
  const kinds = new Map<string, NameKind>();
  const add = (key: string, sample: string, at: NameKind["at"]) => void kinds.set(key, { key, sample, at });
  for (const character of name) if (!PLAIN.test(character)) add(kindOf(character), character, "middle");
  const [first = "", last = ""] = [name.at(0), name.at(-1)];
  if (first === " ") add("a leading blank", first, "begin");
  if (last === " ") add("a trailing blank", last, "end");
  if (last === ".") add("a trailing dot", last, "end");
  return [...kinds.values()];
}

/** Each sign of ASCII may be treated in a way of its own; beyond it, what one character set has is treated alike. */
function kindOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x20 || point === 0x7f) return "a control character";
  if (point < 0x80) return `the character ${character}`;
  if (point >= 0xdc80 && point <= 0xdcff) return "bytes that are no UTF-8";
  if (point <= 0xff) return "characters of Latin-1";
  return point <= 0xffff ? `characters of U+${(point >> 8).toString(16)}xx` : "characters beyond U+FFFF";
}

/** A name that has all these kinds in it, and a stem by which it is found again. */
export function sampleName(stem: string, kinds: readonly NameKind[]): string {
  const at = (place: NameKind["at"]) =>
    kinds
      .filter((kind) => kind.at === place)
      .map(({ sample }) => sample)
      .join("");
  const middle = at("middle");
  return `${at("begin")}${stem}${middle === "" ? "" : `-${middle}-x`}${at("end")}`;
}

/** Equal for names that some servers take for one: case aside, and however letters are composed. */
export function foldedName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
