import { decodeText } from "../../shared/octets.ts";
import { refusalOfName } from "../pathname.ts";
import { parseDos } from "./dos.ts";
import type { ListingEntry } from "./entry.ts";
import { parseEplf } from "./eplf.ts";
import { ListingError } from "./errors.ts";
import { ListingLines } from "./lines.ts";
import { parseMlsd } from "./mlsd.ts";
import { parseUnix } from "./unix.ts";
import { isVmsFrame, isWrappedVmsName, parseVms } from "./vms.ts";

/** Entries of one directory; a listing that goes on beyond is without end. */
export const MAX_ENTRIES = 10_000_000;

export interface ListingOptions {
  /** For times that are listed without a year: milliseconds since 1970. */
  readonly nowMs: number;
  /** `list`: LIST or STAT, in whatever form the server writes it. */
  readonly format: "mlsd" | "list";
}

/** A listing on its way in: octets to entries, in bounded memory. */
export interface ListingReader {
  /** Whether `.` and `..` were both listed. */
  readonly sawDots: boolean;
  /** @throws ListingError for a listing without end */
  push(chunk: Buffer): Iterable<ListingEntry>;
  /** The entry of a last line without a line end. */
  end(): Iterable<ListingEntry>;
  /** @throws ListingError if there was a line that is no entry, or a name that no directory can have */
  verify(where: string): void;
}

export function createListingReader(options: ListingOptions): ListingReader {
  return new Reader(options);
}

type Dialect = (line: string, nowMs: number) => ListingEntry | undefined;

/** In the order tried; the one that fitted last is tried first. */
const DIALECTS: readonly Dialect[] = [parseUnix, parseDos, parseEplf, parseVms];

class Reader implements ListingReader {
  readonly #options: ListingOptions;
  readonly #lines = new ListingLines();
  #dialect: Dialect = parseUnix;
  #count = 0;
  #wrapped = "";
  #dots = { self: false, parent: false };
  #fault: string | undefined;

  constructor(options: ListingOptions) {
    this.#options = options;
  }

  get sawDots(): boolean {
    return this.#dots.self && this.#dots.parent;
  }

  *push(chunk: Buffer): Generator<ListingEntry> {
    for (const line of this.#lines.push(chunk)) yield* this.#read(decodeText(line));
  }

  *end(): Generator<ListingEntry> {
    for (const line of this.#lines.end()) yield* this.#read(decodeText(line));
    if (this.#wrapped !== "") this.#fault ??= this.#wrapped;
  }

  verify(where: string): void {
    if (this.#fault !== undefined) {
      throw new ListingError(
        `${where}: cannot make sense of this in its listing: ${JSON.stringify(this.#fault.slice(0, 200))}`,
      );
    }
  }

  *#read(text: string): Generator<ListingEntry> {
    const line = this.#wrapped + text;
    if (this.#options.format === "list" && isWrappedVmsName(line)) {
      this.#wrapped = `${line.trimEnd()} `;
      return;
    }
    this.#wrapped = "";
    const entry = this.#options.format === "mlsd" ? parseMlsd(line) : this.#parse(line);
    if (entry === "self") return;
    if (entry === undefined) {
      if (!isFrame(line)) this.#fault ??= line;
      return;
    }
    if (entry.name === "." || entry.name === "..") {
      this.#dots[entry.name === "." ? "self" : "parent"] = true;
      return;
    }
    const refusal = refusalOfName(entry.name);
    if (refusal !== undefined) {
      this.#fault ??= `${entry.name} (a name that ${refusal})`;
      return;
    }
    this.#count += 1;
    if (this.#count > MAX_ENTRIES) throw new ListingError(`listing over ${MAX_ENTRIES} entries`);
    yield entry;
  }

  #parse(line: string): ListingEntry | undefined {
    const { nowMs } = this.#options;
    const known = this.#dialect(line, nowMs);
    if (known !== undefined) return known;
    for (const dialect of DIALECTS) {
      const entry = dialect === this.#dialect ? undefined : dialect(line, nowMs);
      if (entry === undefined) continue;
      this.#dialect = dialect;
      return entry;
    }
    return undefined;
  }
}

/** Lines that stand around entries and say nothing of them. */
function isFrame(line: string): boolean {
  return (
    /^\s*$/.test(line) ||
    /^(total|insgesamt|razem|totale?|合計|总用量|總計|итого) \d+/i.test(line) ||
    isVmsFrame(line)
  );
}
