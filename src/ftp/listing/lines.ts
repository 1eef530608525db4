import { ListingError } from "./errors.ts";

/** Octets in one line of a listing: the longest name there is, escaped four times over. */
export const MAX_LISTING_LINE = 16_384;

/** Octets to lines that end in CRLF or LF. Any cut of the same octets gives the same lines. */
export class ListingLines {
  #tail: Buffer = Buffer.alloc(0);

  /** @throws ListingError for a line without end */
  *push(chunk: Buffer): Generator<Buffer> {
    let rest = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    for (let end = rest.indexOf(LF); end !== -1; end = rest.indexOf(LF)) {
      yield whole(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    if (rest.length > MAX_LISTING_LINE) throw tooLong();
    this.#tail = Buffer.from(rest);
  }

  /** The last line, where no line end followed it. */
  *end(): Generator<Buffer> {
    if (this.#tail.length > 0) yield whole(this.#tail);
    this.#tail = Buffer.alloc(0);
  }
}

function whole(line: Buffer): Buffer {
  if (line.length > MAX_LISTING_LINE) throw tooLong();
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}

function tooLong(): ListingError {
  return new ListingError(`line over ${MAX_LISTING_LINE} octets`);
}

const LF = 0x0a;
const CR = 0x0d;
