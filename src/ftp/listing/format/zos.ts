import { entryOf, type ListingEntry } from "../entry.ts";
import { localTime, parseClock, parseDate } from "../times.ts";

/** Reads a line below a heading; undefined if it is no entry of that form. */
export type HeadedDialect = (line: string) => ListingEntry | undefined;

/**
 * The form that a heading of z/OS announces: data sets, members of a partitioned data set (source or load
 * modules), or jobs. Sizes are in tracks or records there, never in bytes, so an entry has none.
 */
export function zosDialectBelow(heading: string): HeadedDialect | undefined {
  if (/^Volume +Unit +(?:Referred|Date)\b.*\bDsname *$/i.test(heading)) return parseDataSet;
  if (/^ *Name +VV\.MM +Created +Changed\b/i.test(heading)) return parseMember;
  if (/^ *Name +Size +TTR +Alias-of\b/i.test(heading)) return parseLoadModule;
  if (/^JOBNAME +JOBID +OWNER +STATUS\b/i.test(heading)) return parseJob;
  return undefined;
}

/**
 * `WPTA01 3390   2004/04/23  1    1  FB     128  6144  PS  A.B`; a partitioned data set (PO, PO-E) is entered
 * like a directory. One that is on tape or archived has nothing but its state and its name: it can be
 * retrieved, but only its recall says what it is.
 */
function parseDataSet(line: string): ListingEntry | undefined {
  const words = line.trim().split(/[ \t]+/);
  const name = (words.at(-1) ?? "").replace(/^'(.*)'$/, "$1");
  if (words.length < 2 || !DATA_SET_NAME.test(name)) return undefined;
  if (/^(?:Migrated|ARCIVE|ARCHIVE|Tape|Error|User|Not|\S+ +Tape)\b/i.test(line.trim()))
    return entryOf({ name, kind: "unknown" });
  if (/^Pseudo Directory /i.test(line)) return entryOf({ name, kind: "directory" });
  const organisation = words.at(-2) ?? "";
  if (/^PO(?:-E)?$/i.test(organisation)) return entryOf({ name, kind: "directory" });
  if (/^(?:PS|PS-E|PS-L|DA)$/i.test(organisation)) return entryOf({ name, kind: "file" });
  return /^(?:VSAM|VS|PATH|GDG|AIX|HFS|ZFS)$/i.test(organisation)
    ? entryOf({ name, kind: "other" })
    : undefined;
}

/** ` MEMBER   01.03 2002/09/12 2002/10/11 09:37    11    11     0 USER1`, or a name alone: a member without statistics. */
function parseMember(line: string): ListingEntry | undefined {
  const [name = "", , , changed = "", clock = ""] = line.trim().split(/ +/);
  if (!MEMBER_NAME.test(name)) return undefined;
  const [date, time] = [parseDate(changed), parseClock(clock)];
  if (date === undefined || time === undefined)
    return line.trim() === name ? entryOf({ name, kind: "file" }) : undefined;
  return entryOf({ name, kind: "file", modified: localTime(date, time) });
}

/** ` MODULE   000DC8   002A12                   00 FO             RN    31    ANY`; the size is hexadecimal, in bytes of the load module only. */
function parseLoadModule(line: string): ListingEntry | undefined {
  const [name = "", size = "", ttr = ""] = line.trim().split(/ +/);
  if (!MEMBER_NAME.test(name) || !/^[0-9A-F]{6,8}$/i.test(size) || !/^[0-9A-F]{6}$/i.test(ttr))
    return undefined;
  return entryOf({ name, kind: "file" });
}

/** `MYJOB    JOB01234 USER     OUTPUT A        RC=0000 3 spool files`: retrieved by its number. */
function parseJob(line: string): ListingEntry | undefined {
  const [, name, owner] = /^\S+ +((?:JOB|TSU|STC|J0|T0|S0)\d+) +(\S+) +\S+/.exec(line) ?? [];
  return name === undefined ? undefined : entryOf({ name, kind: "file", owner });
}

const DATA_SET_NAME = /^[A-Z#@$][A-Z0-9#@${-]{0,7}(?:\.[A-Z0-9#@${-]{1,8})*$/i;
const MEMBER_NAME = /^[A-Z#@$][A-Z0-9#@${]{0,7}$/i;
