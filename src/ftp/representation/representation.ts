import { blockReader, blockWriter } from "./block-mode.ts";
import { compressedReader, compressedWriter } from "./compressed-mode.ts";
import { type CodePage, fromEbcdic, toEbcdic } from "./ebcdic.ts";
import { recordStreamReader, recordStreamWriter, streamReader, streamWriter } from "./stream-mode.ts";
import { type Converter, fromNvtAscii, toNvtAscii } from "./text.ts";
import {
  data,
  END_OF_FILE,
  END_OF_RECORD,
  type TextToken,
  type TokenReader,
  type TokenWriter,
} from "./token.ts";

/** How a file is represented on a data connection (RFC 959 §3.1, §3.4); deflate, which is no mode of its own, goes around it. */
export interface Encoding {
  /** `I` stands for `L 8` as well. */
  readonly type: "A" | "E" | "I";
  readonly structure: "F" | "R";
  readonly mode: "S" | "B" | "C";
  readonly codePage: CodePage;
  /** Whether CR LF in received text stays as it is. */
  readonly keepsReturns: boolean;
}

/** What is shown for a restart marker that has come, with the bytes of the local file that lie before it. */
type OnMarker = (text: string, bytesBefore: number) => void;

/** A local file as it is sent. */
export function encoder(encoding: Encoding): Converter {
  const writer = writerOf(encoding);
  const convert = encoding.structure === "R" ? records(encoding) : fileOf(encoding);
  const written = (tokens: readonly TextToken[]) => Buffer.concat(tokens.map((token) => writer.write(token)));
  return {
    push: (octets) => written(convert(octets)),
    end: () => writer.write(END_OF_FILE),
  };
}

/** What was received as the local file that it becomes. */
export function decoder(encoding: Encoding, onMarker: OnMarker = () => {}): Converter {
  const reader = readerOf(encoding);
  const text = textOf(encoding);
  let bytes = 0;
  const taken = (tokens: readonly TextToken[]): Uint8Array => {
    const parts: Uint8Array[] = [];
    for (const token of tokens) {
      const part =
        token.kind === "data" ? text.push(token.octets) : token.kind === "end-of-record" ? LINE_END : NOTHING;
      parts.push(part);
      bytes += part.length;
      if (token.kind === "marker") onMarker(token.text, bytes);
    }
    return Buffer.concat(parts);
  };
  return {
    push: (octets) => taken(reader.push(octets)),
    end: () => Buffer.concat([taken(reader.end()), text.end()]),
  };
}

/** Text in records has no line ends, for records are its lines (RFC 959 §3.1.2.2). */
function textOf({ type, structure, codePage, keepsReturns }: Encoding): Converter {
  if (type === "A" && structure === "F") return fromNvtAscii(keepsReturns);
  return { push: (octets) => (type === "E" ? fromEbcdic(octets, codePage) : octets), end: () => NOTHING };
}

function fileOf({ type, codePage }: Encoding): (octets: Uint8Array) => readonly TextToken[] {
  const ascii = toNvtAscii();
  return (octets) => {
    if (octets.length === 0) return [];
    if (type === "A") return [data(ascii.push(octets))];
    return [data(type === "E" ? toEbcdic(octets, codePage) : octets)];
  };
}

/** Each line of the local file is a record; a last one without a line end is bytes without an end of record. */
function records({ type, codePage }: Encoding): (octets: Uint8Array) => readonly TextToken[] {
  return (octets) => {
    const tokens: TextToken[] = [];
    let from = 0;
    for (let end = octets.indexOf(LF); end !== -1; end = octets.indexOf(LF, from)) {
      tokens.push(...line(octets.subarray(from, end)), END_OF_RECORD);
      from = end + 1;
    }
    return [...tokens, ...line(octets.subarray(from))];
  };
  function line(octets: Uint8Array): readonly TextToken[] {
    if (octets.length === 0) return [];
    return [data(type === "E" ? toEbcdic(octets, codePage) : octets)];
  }
}

function writerOf({ mode, structure, type }: Encoding): TokenWriter {
  if (mode === "B") return blockWriter();
  if (mode === "C") return compressedWriter(fillerOf(type));
  return structure === "R" ? recordStreamWriter() : streamWriter();
}

function readerOf({ mode, structure, type }: Encoding): TokenReader {
  if (mode === "B") return blockReader();
  if (mode === "C") return compressedReader(fillerOf(type));
  return structure === "R" ? recordStreamReader() : streamReader();
}

/** Space in text, as its code has it; zero in all else (RFC 959 §3.4.3). */
function fillerOf(type: Encoding["type"]): number {
  return { A: 0x20, E: 0x40, I: 0x00 }[type];
}

const LF = 0x0a;
const LINE_END = Uint8Array.of(LF);
const NOTHING = new Uint8Array();
