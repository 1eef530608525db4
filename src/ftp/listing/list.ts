import { decodeText, encodeText } from "../../shared/octets.ts";
import { refusalOfName } from "../pathname.ts";
import { parseDos } from "./format/dos.ts";
import type { ListingEntry } from "./entry.ts";
import { parseEplf } from "./format/eplf.ts";
import { ListingError, UnreadableLinesError } from "./errors.ts";
import { isRemark, roleOf } from "./frame.ts";
import { ListingLines } from "./lines.ts";
import { parseMlsd } from "./format/mlsd.ts";
import { nonstopDialectBelow } from "./format/nonstop.ts";
import { parseOs2 } from "./format/os2.ts";
import { parseOs400 } from "./format/os400.ts";
import { parseUnix } from "./format/unix.ts";
import { inTimeZone } from "./time-zone.ts";
import { isWrappedVmsName, parseVms } from "./format/vms.ts";
import { YearPadding } from "./year-padding.ts";
import { zosDialectBelow } from "./format/zos.ts";

/** Lines of one listing; one that goes on beyond is taken to be without end. */
export const MAX_LISTING_LINES = 10_000_000;

export interface ListingOptions {
  /** For times that are listed without a year: milliseconds since 1970. */
  readonly nowMs: number;
  /** `list`: LIST or STAT, in whatever form the server writes it. */
  readonly format: "mlsd" | "list";
  /** The absolute pathname of what is listed, where it is known; names may be listed below it. */
  readonly directory?: string;
  /** A line to text; default: as UTF-8. */
  readonly decode?: (octets: Uint8Array) => string;
  /** The IANA zone of times that the server does not tell the zone of; default: not known. */
  readonly timeZone?: string | undefined;
  /** Default {@link MAX_LISTING_LINES}. */
  readonly maxEntries?: number;
}

/** Lines of a listing that gave no entry. */
export interface LeftOut {
  readonly count: number;
  /** The first of them, and why. */
  readonly first: string;
}

/** A listing on its way in: octets to entries, in bounded memory. Entries are never called `.` or `..`. */
export interface ListingReader {
  /** Whether `.` and `..` were both listed. */
  readonly sawDots: boolean;
  /** Lines that may be entries, or entries whose names cannot be used: what else the directory holds is not known. */
  readonly misread: LeftOut | undefined;
  /** Lines that are surely no entries, beside entries that were read: error texts, footers. */
  readonly skipped: LeftOut | undefined;
  /** @throws ListingError for a line, or a listing, without end */
  push(chunk: Buffer): Iterable<ListingEntry>;
  /** The entry of a last line without a line end. */
  end(): Iterable<ListingEntry>;
  /**
   * @param where server and directory
   * @param shown a line as people may see it
   * @throws UnreadableLinesError if anything was misread
   */
  verify(where: string, shown?: (line: string) => string): void;
}

export function createListingReader(options: ListingOptions): ListingReader {
  return new Reader(options);
}

/**
 * The listing in a reply to STAT; each line may be set off by a space or the code. The first and the last line
 * are a header and a footer, where they are not entries themselves.
 */
export function listingInStatus({ lines }: { readonly lines: readonly string[] }): Buffer {
  const listed = lines
    .map((line) => line.replace(/^(?: |21\d-)/, ""))
    .filter((line, at) => (at > 0 && at < lines.length - 1) || isEntry(line));
  return encodeText(listed.map((line) => `${line}\r\n`).join(""));
}

/** What year a listed time is of does not matter here. */
function isEntry(line: string): boolean {
  return DIALECTS.some((dialect) => dialect(line, 0) !== undefined);
}

type Dialect = (line: string, nowMs: number) => ListingEntry | undefined;

/** In the order tried. */
const DIALECTS: readonly Dialect[] = [parseUnix, parseDos, parseEplf, parseVms, parseOs400, parseOs2];

class Reader implements ListingReader {
  readonly #options: ListingOptions;
  readonly #lines = new ListingLines();
  /** The one that fitted last is tried first. */
  #dialect: Dialect;
  /** A heading has announced its form; no other is tried. */
  #isHeaded = false;
  #count = 0;
  #wrapped = "";
  #seen = { self: false, parent: false };
  #hasEntry = false;
  /** The entry of the last line: the next line may be the rest of its name. */
  #last: { readonly entry: ListingEntry; readonly line: string } | undefined;
  /** The lines that follow are of another directory. */
  #isElsewhere = false;
  readonly #years: YearPadding;
  /** The directory that all names so far were listed with. */
  #prefix: string | undefined;
  #misread: LeftOut | undefined;
  #skipped: LeftOut | undefined;

  constructor(options: ListingOptions) {
    this.#options = options;
    this.#dialect = options.format === "mlsd" ? parseMlsd : parseUnix;
    this.#years = new YearPadding(options.nowMs);
  }

  get sawDots(): boolean {
    return this.#seen.self && this.#seen.parent;
  }

  get misread(): LeftOut | undefined {
    return this.#misread;
  }

  get skipped(): LeftOut | undefined {
    return this.#skipped;
  }

  *push(chunk: Buffer): Generator<ListingEntry> {
    yield* this.#read(this.#lines.push(chunk));
  }

  *end(): Generator<ListingEntry> {
    yield* this.#read(this.#lines.end());
    if (this.#wrapped !== "") this.#miss(`${quote(this.#wrapped)} is not a listing entry`);
    yield* this.#release();
    for (const entry of this.#years.end()) yield* this.#usable(entry);
    // Of a listing in which nothing could be read, nothing says that the rest is no entry either.
    if (!this.#hasEntry && !this.#seen.self && this.#skipped !== undefined) {
      this.#miss(this.#skipped.first, this.#skipped.count);
      this.#skipped = undefined;
    }
  }

  verify(where: string, shown = (text: string) => text): void {
    if (this.#misread === undefined) return;
    const { count, first } = this.#misread;
    const lines = count === 1 ? "a line" : `${count} lines`;
    throw new UnreadableLinesError(`${where}: ${lines} of the listing cannot be parsed: ${shown(first)}`);
  }

  *#read(lines: Iterable<Buffer>): Generator<ListingEntry> {
    const { maxEntries = MAX_LISTING_LINES, decode = decodeText } = this.#options;
    for (const line of lines) {
      this.#count += 1;
      if (this.#count > maxEntries) throw new ListingError(`listing longer than ${maxEntries} lines`);
      yield* this.#take(decode(line));
    }
  }

  *#take(line: string): Generator<ListingEntry> {
    const text = this.#wrapped + line;
    this.#wrapped = "";
    if (this.#isElsewhere) return;
    const entry = this.#parse(text);
    if (entry === undefined) {
      this.#takeOther(text);
      return;
    }
    yield* this.#release();
    this.#hasEntry = true;
    this.#last = { entry, line: text };
  }

  /** A line that no dialect reads. */
  #takeOther(text: string): void {
    const { format } = this.#options;
    if (format === "list" && isWrappedVmsName(text)) {
      this.#wrapped = `${text} `;
      return;
    }
    const role = format === "mlsd" && text !== "" ? "text" : roleOf(text, !this.#hasEntry);
    if (role === "frame") {
      this.#announce(text);
    } else if (role === "possible-entry" || this.#isHeaded) {
      this.#miss(`${quote(text)} is not a listing entry`);
    } else if (role === "other-directory") {
      this.#isElsewhere = true;
      this.#miss(`${quote(text)} starts the listing of another directory`);
    } else if (this.#last !== undefined && !isRemark(text)) {
      this.#joinName(text);
    } else if (!this.#announce(text)) {
      this.#skip(text);
    }
  }

  /** A heading that says in which form all that follows is written. */
  #announce(heading: string): boolean {
    if (this.#options.format === "mlsd" || this.#hasEntry) return false;
    const dialect = zosDialectBelow(heading) ?? nonstopDialectBelow(heading);
    if (dialect === undefined) return false;
    this.#dialect = dialect;
    this.#isHeaded = true;
    return true;
  }

  /** The line is the rest of the name before it, which so has a line break in it and cannot be sent. */
  #joinName(rest: string): void {
    const name = this.#last?.entry.name ?? "";
    this.#last = undefined;
    this.#miss(`the name ${quote(`${name}\n${rest}`)} contains a line break`);
  }

  *#release(): Generator<ListingEntry> {
    const last = this.#last;
    if (last === undefined) return;
    this.#last = undefined;
    const entries = this.#dialect === parseUnix ? this.#years.push(last.entry, last.line) : [last.entry];
    for (const entry of entries) yield* this.#usable(entry);
  }

  *#usable(listed: ListingEntry): Generator<ListingEntry> {
    const entry = this.#withoutPath(listed);
    if (entry.name === ".") this.#seen.self = true;
    else if (entry.name === "..") this.#seen.parent = true;
    else {
      const refusal = refusalOfName(entry.name);
      if (refusal === undefined) yield inTimeZone(entry, this.#options.timeZone);
      else this.#miss(`the name ${quote(entry.name)} ${refusal}`);
    }
  }

  /** Some servers list whole pathnames: believed as long as all are of one directory. */
  #withoutPath(entry: ListingEntry): ListingEntry {
    const at = entry.name.lastIndexOf("/");
    if (at === -1) return entry;
    const prefix = entry.name.slice(0, at + 1);
    if (!this.#isPrefix(prefix)) return entry;
    this.#prefix = prefix;
    return { ...entry, name: entry.name.slice(at + 1) };
  }

  #isPrefix(prefix: string): boolean {
    if (this.#prefix !== undefined) return prefix === this.#prefix;
    const { directory } = this.#options;
    if (prefix === "./") return true;
    return directory !== undefined && slashed(directory) === prefix;
  }

  #parse(line: string): ListingEntry | undefined {
    const { nowMs, format } = this.#options;
    const entry = this.#dialect(line, nowMs);
    if (entry !== undefined || format === "mlsd" || this.#isHeaded) return entry;
    for (const dialect of DIALECTS) {
      const other = dialect === this.#dialect ? undefined : dialect(line, nowMs);
      if (other === undefined) continue;
      this.#dialect = dialect;
      return other;
    }
    return undefined;
  }

  #miss(why: string, lines = 1): void {
    this.#misread = { count: (this.#misread?.count ?? 0) + lines, first: this.#misread?.first ?? why };
  }

  #skip(line: string): void {
    const why = `${quote(line)} is not a listing entry`;
    this.#skipped = { count: (this.#skipped?.count ?? 0) + 1, first: this.#skipped?.first ?? why };
  }
}

function slashed(directory: string): string {
  return directory.endsWith("/") ? directory : `${directory}/`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
