import { decodeText, encodeText } from "../../shared/octets.ts";
import { ProtocolError } from "../protocol-error.ts";
import {
  data,
  DESCRIPTOR,
  END_OF_FILE,
  END_OF_RECORD,
  type TextToken,
  type TokenReader,
  type TokenWriter,
} from "./token.ts";

const HEADER = 3;
const MAX_BLOCK = 0xffff;

/** Block mode: each block has a descriptor and the number of its bytes before it (RFC 959 §3.4.2). */
export const blockWriter = (): TokenWriter => ({
  write(token) {
    switch (token.kind) {
      case "data":
        return Buffer.concat(cut(token.octets).map((octets) => block(0, octets)));
      case "end-of-record":
        return block(DESCRIPTOR.endOfRecord, new Uint8Array());
      case "end-of-file":
        return block(DESCRIPTOR.endOfFile, new Uint8Array());
      case "marker":
        return block(DESCRIPTOR.marker, encodeText(token.text));
      case "suspect":
        return block(DESCRIPTOR.suspect, new Uint8Array());
    }
  },
});

function cut(octets: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(octets.length / MAX_BLOCK);
  return Array.from({ length: count }, (_, index) =>
    octets.subarray(index * MAX_BLOCK, (index + 1) * MAX_BLOCK),
  );
}

function block(descriptor: number, octets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(descriptor, octets.length >> 8, octets.length & 0xff), octets]);
}

export function blockReader(): TokenReader {
  let rest = Buffer.alloc(0);
  let isOver = false;
  return {
    push(octets) {
      const all = Buffer.concat([rest, octets]);
      const tokens: TextToken[] = [];
      let at = 0;
      while (all.length - at >= HEADER) {
        if (isOver) throw new ProtocolError("a block after the end of the file");
        const descriptor = all[at] ?? 0;
        const end = at + HEADER + all.readUInt16BE(at + 1);
        if (all.length < end) break;
        tokens.push(...tokensOf(descriptor, all.subarray(at + HEADER, end)));
        isOver = (descriptor & DESCRIPTOR.endOfFile) !== 0;
        at = end;
      }
      rest = Buffer.from(all.subarray(at));
      return tokens;
    },
    end() {
      if (rest.length > 0) throw new ProtocolError("the connection ended in the middle of a block");
      if (!isOver) throw new ProtocolError("the connection ended before the block that ends the file");
      return [];
    },
  };
}

function tokensOf(descriptor: number, octets: Uint8Array): readonly TextToken[] {
  if ((descriptor & 0x0f) !== 0) throw new ProtocolError(`unknown descriptor ${descriptor} in block mode`);
  const tokens: TextToken[] = [];
  if ((descriptor & DESCRIPTOR.marker) !== 0) return [{ kind: "marker", text: decodeText(octets) }];
  if ((descriptor & DESCRIPTOR.suspect) !== 0) tokens.push({ kind: "suspect" });
  if (octets.length > 0) tokens.push(data(Uint8Array.from(octets)));
  if ((descriptor & DESCRIPTOR.endOfRecord) !== 0) tokens.push(END_OF_RECORD);
  if ((descriptor & DESCRIPTOR.endOfFile) !== 0) tokens.push(END_OF_FILE);
  return tokens;
}
