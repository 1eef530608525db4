import { ListingError } from "./errors.ts";

/** Octets in one line of a listing: a name and a link target of 4096 octets each, and plenty of facts. */
export const MAX_LISTING_LINE = 16_384;

/** Octets to lines, which end in CRLF or LF. Any cut of the same octets gives the same lines. */
export class ListingLines {
  #tail: Buffer = Buffer.alloc(0);

  /** @throws ListingError, after the lines before it, for a line that is too long */
  *push(chunk: Buffer): Generator<Buffer> {
    const octets = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    let from = 0;
    for (let end = octets.indexOf(LF); end !== -1; end = octets.indexOf(LF, from)) {
      yield withoutCr(octets.subarray(from, end));
      from = end + 1;
    }
    this.#tail = Buffer.from(limited(octets.subarray(from))); // a copy: the chunk need not outlive this call
  }

  /** The last line, where no line end followed it. */
  *end(): Generator<Buffer> {
    if (this.#tail.length > 0) yield withoutCr(this.#tail);
    this.#tail = Buffer.alloc(0);
  }
}

function withoutCr(line: Buffer): Buffer {
  return limited(line).at(-1) === CR ? line.subarray(0, -1) : line;
}

/** The CR counts, or the limit would depend on where the octets were cut. */
function limited(line: Buffer): Buffer {
  if (line.length > MAX_LISTING_LINE)
    throw new ListingError(`listing line longer than ${MAX_LISTING_LINE} bytes`);
  return line;
}

const LF = 0x0a;
const CR = 0x0d;
