import { formatTimeVal } from "../../../src/ftp/time-val.ts";

/** One name in a directory, as a style has it. */
export interface Listed {
  readonly name: string;
  readonly kind: "file" | "directory";
  readonly sizeBytes: number;
  /** Milliseconds since 1970, in the server's own zone. */
  readonly modifiedMs: number;
}

/** The lines of a LIST of one directory. */
export type ListStyle = (entries: readonly Listed[]) => readonly string[];

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** A time older than this is shown with its year and without its time of day. */
const RECENT_MS = 180 * 86_400_000;

interface Parts {
  readonly year: string;
  readonly month: string;
  readonly monthName: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
}

function partsOf(ms: number): Parts {
  const [year = "", month = "", day = "", hour = "", minute = "", second = ""] = new Date(ms)
    .toISOString()
    .split(/[-T:.]/);
  return { year, month, monthName: MONTHS[Number(month) - 1] ?? "", day, hour, minute, second };
}

/** `Nov 20 02:36` or `Nov 20  2003`. */
function unixTime(ms: number, padsDay = " "): string {
  const { year, monthName, day, hour, minute } = partsOf(ms);
  const clock = Date.now() - ms < RECENT_MS ? `${hour}:${minute}` : year.padStart(5);
  return `${monthName} ${String(Number(day)).padStart(2, padsDay)} ${clock}`;
}

export interface UnixOptions {
  readonly owner?: string;
  readonly group?: string;
  /** The line before the entries. */
  readonly total?: string;
  /** Whether `.` and `..` are listed. */
  readonly hasDots?: boolean;
}

/** As `ls -l` prints it. */
export function unixStyle({
  owner = "ftp",
  group = "ftp",
  total,
  hasDots = false,
}: UnixOptions = {}): ListStyle {
  const line = ({ name, kind, sizeBytes, modifiedMs }: Listed) => {
    const [mode, size] = kind === "file" ? ["-rw-r--r--", sizeBytes] : ["drwxr-xr-x", 4_096];
    const owners = group === "" ? owner.padEnd(8) : `${owner.padEnd(8)} ${group.padEnd(8)}`;
    return `${mode}   1 ${owners} ${String(size).padStart(10)} ${unixTime(modifiedMs)} ${name}`;
  };
  const dots = (entries: readonly Listed[]): readonly Listed[] =>
    [".", ".."].map((name) => ({
      ...{ name, kind: "directory", sizeBytes: 0 },
      modifiedMs: entries[0]?.modifiedMs ?? Date.UTC(2026, 0, 1),
    }));
  return (entries) => [
    ...(total === undefined ? [] : [total]),
    ...[...(hasDots ? dots(entries) : []), ...entries].map(line),
  ];
}

/** As IIS prints it by default; `digits`: of the year. */
export function dosStyle(digits: 2 | 4 = 2): ListStyle {
  return (entries) =>
    entries.map(({ name, kind, sizeBytes, modifiedMs }) => {
      const { year, month, day, hour, minute } = partsOf(modifiedMs);
      const half = Number(hour) < 12 ? "AM" : "PM";
      const time = `${String(Number(hour) % 12 || 12).padStart(2, "0")}:${minute}${half}`;
      const size = kind === "file" ? String(sizeBytes).padStart(20) : "       <DIR>         ";
      return `${month}-${day}-${year.slice(-digits)}  ${time} ${size} ${name}`;
    });
}

/** The facts of MLSD and MLST (RFC 3659 §7). */
export function factsOf({ kind, sizeBytes, modifiedMs }: Listed): string {
  const modify = `modify=${formatTimeVal(modifiedMs)};`;
  return kind === "file" ? `type=file;size=${sizeBytes};${modify}` : `type=dir;${modify}`;
}

/** NetWare: rights in brackets. */
export const netwareStyle: ListStyle = (entries) => [
  "total 0",
  ...entries.map(({ name, kind, sizeBytes, modifiedMs }) => {
    const letter = kind === "file" ? "-" : "d";
    return `${letter} [RWCEAFMS] supervisor ${String(sizeBytes).padStart(18)}       ${unixTime(modifiedMs)}    ${name}`;
  }),
];

/** VMS: versions, blocks of 512 bytes; a long name has a line of its own. */
export const vmsStyle: ListStyle = (entries) => [
  "",
  "Directory DISK$USER:[TESTER]",
  "",
  ...entries.flatMap(({ name, kind, sizeBytes, modifiedMs }) => {
    const { year, monthName, day, hour, minute, second } = partsOf(modifiedMs);
    const shown = kind === "file" ? `${name.includes(".") ? name : `${name}.`};1` : `${name}.DIR;1`;
    const blocks = Math.ceil(sizeBytes / 512);
    const time = `${day}-${monthName.toUpperCase()}-${year} ${hour}:${minute}:${second}`;
    const rest = `${String(blocks).padStart(7)}/${String(blocks + 2).padEnd(7)} ${time}  [TESTER]  (RWED,RWED,RE,)`;
    return shown.length > 18 ? [shown, `${" ".repeat(19)}${rest}`] : [`${shown.padEnd(19)}${rest}`];
  }),
  "",
  `Total of ${entries.length} files, 0/0 blocks`,
];

/** IBM i with LISTFMT 0: owner, size, date, time, type, name. */
export const os400Style: ListStyle = (entries) =>
  entries.map(({ name, kind, sizeBytes, modifiedMs }) => {
    const { year, month, day, hour, minute, second } = partsOf(modifiedMs);
    const time = `${month}/${day}/${year.slice(2)} ${hour}:${minute}:${second}`;
    const [type, shown] = kind === "file" ? ["*STMF", name] : ["*DIR", `${name}/`];
    return `TESTER   ${String(sizeBytes).padStart(14)} ${time} ${type.padEnd(10)} ${shown}`;
  });

/** z/OS: data sets of a high-level qualifier, without a size in bytes. */
export const zosStyle: ListStyle = (entries) => [
  "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
  ...entries.map(({ name, kind, modifiedMs }) => {
    const { year, month, day } = partsOf(modifiedMs);
    return `WYOSPT 3420   ${year}/${month}/${day}  1    1  VB   32756 32760  ${kind === "file" ? "PS " : "PO "} ${name}`;
  }),
];

/** EPLF (D. J. Bernstein, https://cr.yp.to/ftp/list/eplf.html). */
export const eplfStyle: ListStyle = (entries) =>
  entries.map(({ name, kind, sizeBytes, modifiedMs }) => {
    const facts = kind === "file" ? `r,s${sizeBytes},` : "/,";
    return `+i8388621.48594,m${Math.floor(modifiedMs / 1_000)},${facts}\t${name}`;
  });

/** As some hand-held devices print it: no link count, no owner, numeric dates. */
export const bareStyle: ListStyle = (entries) =>
  entries.map(({ name, kind, sizeBytes, modifiedMs }) => {
    const mode = kind === "file" ? "-rw-rw-rw-" : "drwxrwxrwx";
    return `${mode} 1 root root ${String(sizeBytes).padStart(13)} ${unixTime(modifiedMs, "0")} ${name}`;
  });
