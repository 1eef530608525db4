import { ProtocolError } from "../protocol-error.ts";
import {
  data,
  END_OF_FILE,
  END_OF_RECORD,
  type TextToken,
  type TokenReader,
  type TokenWriter,
} from "./token.ts";

const ESCAPE = 0xff;
const EOR = 1;
const EOF = 2;

/** Stream mode of a file: bytes as they are, the end is the end of the connection (RFC 959 §3.4.1). */
export const streamWriter = (): TokenWriter => ({
  write: (token) => (token.kind === "data" ? token.octets : NOTHING),
});

export const streamReader = (): TokenReader => ({
  push: (octets) => (octets.length === 0 ? [] : [data(octets)]),
  end: () => [END_OF_FILE],
});

/** Stream mode of records: an escape byte of all ones goes before the code of an end, and before itself. */
export const recordStreamWriter = (): TokenWriter => ({
  write(token) {
    if (token.kind === "end-of-record") return Uint8Array.of(ESCAPE, EOR);
    if (token.kind === "end-of-file") return Uint8Array.of(ESCAPE, EOF);
    if (token.kind !== "data") return NOTHING;
    return token.octets.includes(ESCAPE)
      ? Uint8Array.from([...token.octets].flatMap((octet) => (octet === ESCAPE ? [ESCAPE, ESCAPE] : [octet])))
      : token.octets;
  },
});

export function recordStreamReader(): TokenReader {
  let isEscaped = false;
  let isOver = false;
  return {
    push(octets) {
      const tokens: TextToken[] = [];
      let from = 0;
      for (let at = 0; at < octets.length; at += 1) {
        const octet = octets[at] ?? 0;
        if (isOver) throw new ProtocolError("bytes after the end of the file in record structure");
        if (isEscaped) {
          isEscaped = false;
          from = at + 1;
          // A byte of all ones stands for itself.
          if (octet === ESCAPE) tokens.push(data(Uint8Array.from(octets.subarray(at, at + 1))));
          else isOver = ended(octet, tokens);
        } else if (octet === ESCAPE) {
          if (at > from) tokens.push(data(Uint8Array.from(octets.subarray(from, at))));
          isEscaped = true;
          from = at + 1;
        }
      }
      if (!isEscaped && from < octets.length) tokens.push(data(Uint8Array.from(octets.subarray(from))));
      return tokens;
    },
    end() {
      if (isEscaped) throw new ProtocolError("the connection ended in the middle of an escape sequence");
      // RFC 959 §3.4.1 lets the end of the connection mean the end of the file.
      return isOver ? [] : [END_OF_FILE];
    },
  };
}

/** @returns whether that was the end of the file */
function ended(code: number, tokens: TextToken[]): boolean {
  if (code < EOR || code > (EOR | EOF)) throw new ProtocolError(`unknown code ${code} in record structure`);
  if ((code & EOR) !== 0) tokens.push(END_OF_RECORD);
  if ((code & EOF) !== 0) tokens.push(END_OF_FILE);
  return (code & EOF) !== 0;
}

const NOTHING = new Uint8Array();
