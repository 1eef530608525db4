import { encodeText } from "../../shared/octets.ts";
import type { Converter } from "../representation/text.ts";
import type { NameCodec } from "./name-codec.ts";

/** Lines in a server's character set as lines in UTF-8; a line is converted when all of it has come. */
export function linesInUtf8(names: NameCodec): Converter {
  let tail = Buffer.alloc(0);
  const converted = (octets: Uint8Array) => encodeText(names.decode(octets));
  return {
    push(octets) {
      const all = Buffer.concat([tail, octets]);
      const end = all.lastIndexOf(LF) + 1;
      tail = all.subarray(end);
      return converted(all.subarray(0, end));
    },
    end: () => converted(tail),
  };
}

const LF = 0x0a;
