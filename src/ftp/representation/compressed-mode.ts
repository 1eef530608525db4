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

// Compressed mode (RFC 959 §3.4.3): 0nnnnnnn and n bytes as they are; 10nnnnnn and a byte n times; 11nnnnnn, n fillers;
// 00000000 and a descriptor as in block mode, which is about the bytes that follow.

const MAX_PLAIN = 127;
const MAX_RUN = 63;
/** A shorter run costs as much as it saves. */
const WORTH = 3;

/** @param filler the byte that a file has most of: space for text, zero for image (RFC 959 §3.4.3) */
export const compressedWriter = (filler: number): TokenWriter => ({
  write(token) {
    switch (token.kind) {
      case "data":
        return compress(token.octets, filler);
      case "end-of-record":
        return Buffer.of(0, DESCRIPTOR.endOfRecord);
      case "end-of-file":
        return Buffer.of(0, DESCRIPTOR.endOfFile);
      case "marker":
        return Buffer.concat([
          Buffer.of(0, DESCRIPTOR.marker),
          plain(encodeText(token.text).subarray(0, MAX_PLAIN)),
        ]);
      case "suspect":
        return Buffer.of(0, DESCRIPTOR.suspect);
    }
  },
});

function compress(octets: Uint8Array, filler: number): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < octets.length; ) {
    const length = runAt(octets, at);
    if (length < WORTH) {
      at += length;
      continue;
    }
    parts.push(...plains(octets.subarray(from, at)));
    const octet = octets[at] ?? 0;
    parts.push(octet === filler ? Buffer.of(0xc0 | length) : Buffer.of(0x80 | length, octet));
    at += length;
    from = at;
  }
  return Buffer.concat([...parts, ...plains(octets.subarray(from))]);
}

function runAt(octets: Uint8Array, at: number): number {
  let length = 1;
  while (length < MAX_RUN && at + length < octets.length && octets[at + length] === octets[at]) length += 1;
  return length;
}

function plains(octets: Uint8Array): readonly Buffer[] {
  const count = Math.ceil(octets.length / MAX_PLAIN);
  return Array.from({ length: count }, (_, index) =>
    plain(octets.subarray(index * MAX_PLAIN, (index + 1) * MAX_PLAIN)),
  );
}

function plain(octets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(octets.length), octets]);
}

export function compressedReader(filler: number): TokenReader {
  let rest = Buffer.alloc(0);
  let isOver = false;
  let isMarker = false;
  return {
    push(octets) {
      const all = Buffer.concat([rest, octets]);
      const tokens: TextToken[] = [];
      let at = 0;
      for (let piece = pieceAt(all, at, filler); piece !== undefined; piece = pieceAt(all, at, filler)) {
        if (isOver) throw new ProtocolError("bytes after the end of the file in compressed mode");
        at += piece.length;
        if (piece.octets === undefined) {
          isMarker = (piece.descriptor & DESCRIPTOR.marker) !== 0;
          tokens.push(...tokensOf(piece.descriptor));
          isOver = (piece.descriptor & DESCRIPTOR.endOfFile) !== 0;
        } else if (isMarker) {
          tokens.push({ kind: "marker", text: decodeText(piece.octets) });
          isMarker = false;
        } else tokens.push(data(piece.octets));
      }
      rest = Buffer.from(all.subarray(at));
      return tokens;
    },
    end() {
      if (rest.length > 0)
        throw new ProtocolError("the connection ended in the middle of a compressed string");
      if (!isOver) throw new ProtocolError("the connection ended before the end of the file was marked");
      return [];
    },
  };
}

type Piece =
  | { readonly length: number; readonly octets: Uint8Array }
  | { readonly length: number; readonly octets: undefined; readonly descriptor: number };

/** The string or the descriptor that begins here; undefined where not all of it has come. */
function pieceAt(all: Buffer, at: number, filler: number): Piece | undefined {
  const head = all[at];
  if (head === undefined) return undefined;
  if (head >= 0xc0) return { length: 1, octets: new Uint8Array(head & MAX_RUN).fill(filler) };
  const next = all[at + 1];
  if (head >= 0x80)
    return next === undefined ? undefined : { length: 2, octets: new Uint8Array(head & MAX_RUN).fill(next) };
  if (head === 0) return next === undefined ? undefined : { length: 2, octets: undefined, descriptor: next };
  const end = at + 1 + head;
  return all.length < end
    ? undefined
    : { length: 1 + head, octets: Uint8Array.from(all.subarray(at + 1, end)) };
}

function tokensOf(descriptor: number): readonly TextToken[] {
  if ((descriptor & 0x0f) !== 0)
    throw new ProtocolError(`unknown descriptor ${descriptor} in compressed mode`);
  return [
    ...((descriptor & DESCRIPTOR.suspect) === 0 ? [] : [{ kind: "suspect" } as const]),
    ...((descriptor & DESCRIPTOR.endOfRecord) === 0 ? [] : [END_OF_RECORD]),
    ...((descriptor & DESCRIPTOR.endOfFile) === 0 ? [] : [END_OF_FILE]),
  ];
}
