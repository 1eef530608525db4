import { encodeText } from "../../shared/octets.ts";

/** Character sets that old servers write the names of months in, besides UTF-8. */
const CHARSETS = [
  "windows-1252",
  "iso-8859-2",
  "windows-1250",
  "windows-1251",
  "koi8-r",
  "ibm866",
  "iso-8859-7",
  "windows-1254",
  "gbk",
  "big5",
  "shift_jis",
  "euc-jp",
  "euc-kr",
];

/** What a word may say whose bytes are no UTF-8, by each character set; nothing for any other word. */
export function* spellingsOf(word: string): Generator<string> {
  if (word.length > MAX_WORD || !/[\udc80-\udcff]/.test(word)) return;
  const bytes = encodeText(word);
  for (const charset of CHARSETS) yield new TextDecoder(charset).decode(bytes);
}

/** The first of these values that `find` makes something of. */
export function firstOf<Value, Found>(
  values: Iterable<Value>,
  find: (value: Value) => Found | undefined,
): Found | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Characters in the longest name of a month, and some. */
const MAX_WORD = 24;
