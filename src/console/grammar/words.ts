/** A line of the classic client, cut into a command's name and its words. */
export interface ConsoleLine {
  readonly name: string;
  readonly words: readonly string[];
  /** What follows the name, as it was typed; `!` passes it to the shell. */
  readonly rest: string;
}

/**
 * Cuts a line at blanks. Double quotes keep blanks, a backslash keeps the next character; `!` and `$` are commands of
 * one character. A carriage return at the end (a script from Windows) is no part of the line.
 * @returns undefined for an empty line and for a comment (`#`)
 */
export function parseLine(text: string): ConsoleLine | undefined {
  const line = text.replace(/[\r\n]+$/, "").trimStart();
  if (line === "" || line.startsWith("#")) return undefined;
  if (line.startsWith("!")) return { name: "!", words: wordsOf(line.slice(1)), rest: line.slice(1).trim() };
  if (line.startsWith("$")) return { name: "$", words: wordsOf(line.slice(1)), rest: line.slice(1).trim() };
  const [name = "", ...words] = wordsOf(line);
  return { name, words, rest: line.replace(/^\S+\s*/, "").trimEnd() };
}

/** The words of a text; a quote that is not closed ends with the text. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (letter === "\\" && at + 1 < text.length) word = (word ?? "") + (text[(at += 1)] ?? "");
    else if (letter === '"') {
      isQuoted = !isQuoted;
      word ??= "";
    } else if (/\s/.test(letter) && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  return word === undefined ? words : [...words, word];
}

/** A word as it has to be typed, so that {@link wordsOf} gives it back. */
export function quoteWord(word: string): string {
  return /^[^\s"\\#!$]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}
