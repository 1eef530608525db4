/** A character set that names may be written in: what it is called in files and messages, and what else people call it. */
interface Charset {
  readonly name: string;
  readonly aliases: readonly string[];
}

/** RFC 2640 §2.1: what names are taken to be in where nobody says otherwise. */
export const UTF8 = "utf-8";

/**
 * Character sets in which letters, digits and `/` are the bytes of ASCII, so that commands, listings and pathnames can be
 * read before anything is decoded; all but UTF-8 are carried out by iconv-lite, by the same names.
 */
const CHARSETS: readonly Charset[] = [
  { name: UTF8, aliases: ["utf"] },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16].map((part) => ({
    name: `iso-8859-${part}`,
    aliases:
      { 1: ["latin1", "l1"], 2: ["latin2"], 3: ["latin3"], 4: ["latin4"], 9: ["latin5"], 15: ["latin9"] }[
        part
      ] ?? [],
  })),
  ...[874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].map((page) => ({
    name: `windows-${page}`,
    aliases: [`cp${page}`, `win${page}`],
  })),
  ...[437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 869, 1125].map((page) => ({
    name: `cp${page}`,
    aliases: [`ibm${page}`],
  })),
  ...["koi8-r", "koi8-u", "koi8-ru", "koi8-t", "tis-620", "rk1048", "mik", "hp-roman8"].map((name) => ({
    name,
    aliases: [],
  })),
  { name: "macintosh", aliases: ["macroman", "x-mac-roman"] },
  { name: "maccyrillic", aliases: ["x-mac-cyrillic"] },
  { name: "maccenteuro", aliases: ["x-mac-ce"] },
  { name: "macgreek", aliases: [] },
  { name: "macturkish", aliases: [] },
  { name: "maciceland", aliases: [] },
  { name: "shift_jis", aliases: ["sjis", "ms_kanji", "cp932", "windows-31j", "ms932"] },
  { name: "euc-jp", aliases: [] },
  { name: "gbk", aliases: ["gb2312", "cp936", "windows-936"] },
  { name: "gb18030", aliases: [] },
  { name: "big5", aliases: ["cp950"] },
  { name: "big5-hkscs", aliases: [] },
  { name: "euc-kr", aliases: ["cp949", "uhc", "ks_c_5601-1987"] },
];

/** What a character set is called here that a person calls so, in any case and with or without hyphens; undefined: not known. */
export function charsetCalled(word: string): string | undefined {
  const plain = plainly(word);
  return CHARSETS.find(({ name, aliases }) => [name, ...aliases].some((one) => plainly(one) === plain))?.name;
}

/** All names that {@link charsetCalled} knows. */
export function charsetNames(): readonly string[] {
  return CHARSETS.flatMap(({ name, aliases }) => [name, ...aliases]);
}

function plainly(word: string): string {
  return word.toLowerCase().replaceAll(/[^0-9a-z]/g, "");
}
