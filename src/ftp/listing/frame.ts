import { isVmsFrame } from "./format/vms.ts";

/** What a line is that no dialect reads as an entry. */
type LineRole =
  /** Stands around the entries and says nothing of them: blank, a total, a heading. */
  | "frame"
  /** The heading of another directory: what follows is not in the one that was listed. */
  | "other-directory"
  /** Has the marks of an entry, in a form that nobody here can read. */
  | "possible-entry"
  /** Anything else: an error text, a footer, or the rest of a name that has a line break in it. */
  | "text";

/**
 * @param isFirst whether only such lines came before it
 */
export function roleOf(line: string, isFirst: boolean): LineRole {
  if (/^[ \t]*$/.test(line) || isVmsFrame(line)) return "frame";
  if (isFirst && (TOTAL.test(line) || HEADING.test(line) || COLUMNS.test(line))) return "frame";
  if (MARKS_OF_AN_ENTRY.some((form) => form.test(line))) return "possible-entry";
  return !isFirst && HEADING.test(line) ? "other-directory" : "text";
}

/**
 * Whether a text below an entry is certainly not the rest of its name: a footer that some servers add
 * (`3 files, 1234 bytes`, a rule), or what `ls` says of something that it could not read.
 */
export function isRemark(line: string): boolean {
  return /^[ \t]*\d[\d.,' ]* [^\d\s]/.test(line) || /^[-=_*#~ \t]+$/.test(line) || ERROR_TEXT.test(line);
}

const ERROR_TEXT =
  /^(?:\S{0,40}\/)?ls: |: (?:permission denied|no such file or directory|input\/output error|not a directory|stale (?:nfs )?file handle)\.?$/i;

/** What `ls -l` says first: in the languages it is known to speak, or in any other where there is nothing. */
const TOTAL = new RegExp(
  `^(?:(?:${[
    "total[et]?|totaal|totalt|gesamt|insgesamt|summa|yhteensä|razem|łącznie|suma|celkem|spolu|összesen|skupaj|ukupno|toplam",
    "итого|всего|усього|общо|σύνολο|jumlah|kokku|kopā|tổng(?: cộng)?|合計|合计|总用量|總計|总计|합계",
  ].join(
    "|",
  )}):? -?\\d+(?:[.,]\\d+)?[kKMGT]?(?: ?[kKMG]?i?B)?|[^\\d\\s/\\\\.][^\\d\\s]{0,30}(?: [^\\d\\s]{1,20}){0,2}:? 0)$`,
  "i",
);

/** `.:` and `/pub:` of `ls -R`. */
const HEADING = /^(?:\.{1,2}|[./~].*|.*\/.*):$/;

/** A heading made of nothing but titles, or a rule below them: `Name    Size    Date`, `-----  ----`. */
const COLUMNS =
  /^[ \t]*(?:(?:name|size|date|time|type|owner|group|permissions?|modified|attributes|mode|links)\b[ \t]*){2,}$|^[-= \t|+]+$/i;

/** Modes, dates, clocks, marks and facts: what an entry has in one dialect or the other. */
const MARKS_OF_AN_ENTRY: readonly RegExp[] = [
  /^[-dlbcpsD?](?:[-rwxsStTlL*?]){6,9}\d{0,6}[+.@*]? /,
  /^(?:[-r*][-w*][-xsStT*]){3} /,
  /^[-d] \[/,
  /^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[ \t]/,
  /(?:^|[ \t])\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm]?)?(?:[ \t]|$)/,
  /<(?:DIR|JUNCTION|SYMLINKD?)>/i,
  /^\+.*\t/,
  /;\d{1,5}(?:[ \t]|$)/,
  /^(?:[A-Za-z.]+=[^;]*;)+/,
  /^\S+ +(?:\S+ +)*\*(?:DIR|STMF|FILE|MEM|LIB|DDIR)\b/i,
];
