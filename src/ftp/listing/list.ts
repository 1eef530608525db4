import { decodeText, encodeText } from "../../shared/octets.ts";
import { refusalOfName } from "../pathname.ts";
import { parseDos } from "./dos.ts";
import type { ListingEntry } from "./entry.ts";
import { parseEplf } from "./eplf.ts";
import { ListingError } from "./errors.ts";
import { ListingLines } from "./lines.ts";
import { parseMlsd } from "./mlsd.ts";
import { parseUnix } from "./unix.ts";
import { isVmsFrame, isWrappedVmsName, parseVms } from "./vms.ts";

/** Lines of one listing; one that goes on beyond is taken to be without end. */
export const MAX_ENTRIES = 10_000_000;

export interface ListingOptions {
  /** For times that are listed without a year: milliseconds since 1970. */
  readonly nowMs: number;
  /** `list`: LIST or STAT, in whatever form the server writes it. */
  readonly format: "mlsd" | "list";
  /** Default {@link MAX_ENTRIES}. */
  readonly maxEntries?: number;
}

/** Lines that are no entry, or an entry that no directory can have: what the directory holds is not known. */
export interface Misread {
  readonly count: number;
  /** The first of them, and why. */
  readonly first: string;
}

/** A listing on its way in: octets to entries, in bounded memory. Entries are never called `.` or `..`. */
export interface ListingReader {
  /** Whether `.` and `..` were both listed. */
  readonly sawDots: boolean;
  readonly misread: Misread | undefined;
  /** @throws ListingError for a line, or a listing, without end */
  push(chunk: Buffer): Iterable<ListingEntry>;
  /** The entry of a last line without a line end. */
  end(): Iterable<ListingEntry>;
  /**
   * @param where server and directory
   * @param shown a line as people may see it
   * @throws ListingError if anything was misread
   */
  verify(where: string, shown?: (line: string) => string): void;
}

export function createListingReader(options: ListingOptions): ListingReader {
  return new Reader(options);
}

/** The listing in a reply to STAT, between its header and its footer; each line may be set off by a space or the code. */
export function listingInStatus({ lines }: { readonly lines: readonly string[] }): Buffer {
  const listed = lines.slice(1, -1).map((line) => line.replace(/^(?: |21\d-)/, ""));
  return encodeText(listed.map((line) => `${line}\r\n`).join(""));
}

type Dialect = (line: string, nowMs: number) => ListingEntry | undefined;

/** In the order tried. */
const DIALECTS: readonly Dialect[] = [parseUnix, parseDos, parseEplf, parseVms];

class Reader implements ListingReader {
  readonly #options: ListingOptions;
  readonly #lines = new ListingLines();
  /** The one that fitted last is tried first. */
  #dialect: Dialect;
  #count = 0;
  #wrapped = "";
  #seen = { self: false, parent: false };
  #misread: Misread | undefined;

  constructor(options: ListingOptions) {
    this.#options = options;
    this.#dialect = options.format === "mlsd" ? parseMlsd : parseUnix;
  }

  get sawDots(): boolean {
    return this.#seen.self && this.#seen.parent;
  }

  get misread(): Misread | undefined {
    return this.#misread;
  }

  *push(chunk: Buffer): Generator<ListingEntry> {
    yield* this.#read(this.#lines.push(chunk));
  }

  *end(): Generator<ListingEntry> {
    yield* this.#read(this.#lines.end());
    if (this.#wrapped !== "") this.#miss(`${quote(this.#wrapped)} is no entry`);
  }

  verify(where: string, shown = (text: string) => text): void {
    if (this.#misread === undefined) return;
    const { count, first } = this.#misread;
    const lines = count === 1 ? "a line" : `${count} lines`;
    throw new ListingError(`${where}: ${lines} of the listing cannot be read: ${shown(first)}`);
  }

  *#read(lines: Iterable<Buffer>): Generator<ListingEntry> {
    const { maxEntries = MAX_ENTRIES } = this.#options;
    for (const line of lines) {
      this.#count += 1;
      if (this.#count > maxEntries) throw new ListingError(`listing over ${maxEntries} lines`);
      const entry = this.#entryIn(decodeText(line));
      if (entry !== undefined) yield entry;
    }
  }

  #entryIn(line: string): ListingEntry | undefined {
    const text = this.#wrapped + line;
    this.#wrapped = "";
    const entry = this.#parse(text);
    if (entry === undefined) {
      if (this.#options.format === "list" && isWrappedVmsName(text)) this.#wrapped = `${text} `;
      else if (!this.#isFrame(text)) this.#miss(`${quote(text)} is no entry`);
      return undefined;
    }
    if (entry.name === ".") this.#seen.self = true;
    else if (entry.name === "..") this.#seen.parent = true;
    else {
      const refusal = refusalOfName(entry.name);
      if (refusal === undefined) return entry;
      this.#miss(`the name ${quote(entry.name)} ${refusal}`);
    }
    return undefined;
  }

  #parse(line: string): ListingEntry | undefined {
    const { nowMs, format } = this.#options;
    const entry = this.#dialect(line, nowMs);
    if (entry !== undefined || format === "mlsd") return entry;
    for (const dialect of DIALECTS) {
      const other = dialect === this.#dialect ? undefined : dialect(line, nowMs);
      if (other === undefined) continue;
      this.#dialect = dialect;
      return other;
    }
    return undefined;
  }

  /** Whether the line stands around the entries and says nothing of them. */
  #isFrame(line: string): boolean {
    if (this.#options.format === "mlsd") return line === "";
    return /^ *$/.test(line) || (this.#count === 1 && TOTAL.test(line)) || isVmsFrame(line);
  }

  #miss(why: string): void {
    const { count, first } = this.#misread ?? { count: 0, first: why };
    this.#misread = { count: count + 1, first };
  }
}

/** What `ls -l` says first, in the languages it is known to speak. */
const TOTAL =
  /^(?:total[et]?|totaal|insgesamt|summa|yhteensä|razem|suma|celkem|összesen|toplam|итого|всего|合計|合计|总用量|總計|总计|합계) \d+(?:[.,]\d+)?[kKMGT]?$/i;

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
