// Names come from servers: they may hold anything, and must neither hide nor turn what is beside them.

/** Controls, and marks that change the direction of what follows (Unicode Bidirectional Algorithm). */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** Where a JSON text may have any of these in a string: it writes the first of them as \u001b. */
const UNSHOWN = /\\[bfrtu]|[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** With `\u{202e}` for each character that cannot be seen. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** What a JSON text says, as it may be shown: lines of a text stay lines. */
export function shownJson(json: string): unknown {
  if (!UNSHOWN.test(json)) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === "string" ? value.split("\n").map(visible).join("\n") : value,
  );
}

/** A name within a sentence: written from right to left or not, it leaves the sentence's own order alone. */
export function isolated(name: string): string {
  return `\u2068${visible(name)}\u2069`;
}
