import { Transform } from "node:stream";
import type { Converter } from "../../representation/text.ts";

/** A stream that converts what passes; the chunks that it is given are its own only until it has taken them. */
export function converting(converter: Converter): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      attempt(() => converter.push(chunk), done);
    },
    flush(done) {
      attempt(() => converter.end(), done);
    },
  });
}

function attempt(convert: () => Uint8Array, done: (error: Error | null, octets?: Uint8Array) => void): void {
  try {
    done(null, convert());
  } catch (error) {
    done(error as Error);
  }
}
