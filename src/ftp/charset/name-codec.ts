import { decode as decodeBytes, encode as encodeTo } from "iconv-lite";
import { AppError } from "../../shared/errors.ts";
import { decodeText, encodeText, hasStrayBytes } from "../../shared/octets.ts";
import { UTF8 } from "./charsets.ts";

/** A name has a character that the server's character set lacks, so that it cannot be sent. */
export class CharsetError extends AppError {
  readonly code = "charset";
  readonly retry = "never";
}

/** How a server writes names: bytes to text and back. */
export interface NameCodec {
  /** As in {@link charsetCalled}. */
  readonly charset: string;
  /** Any bytes to text, so that {@link encode} gives the same bytes back; what is not valid as of `decodeText`. */
  readonly decode: (octets: Uint8Array) => string;
  /** @throws CharsetError for a character that the character set lacks */
  encode(text: string): Buffer;
  /** The first character that {@link encode} would refuse. */
  missing(text: string): string | undefined;
}

/** Names as bytes that are read as UTF-8: every text can be sent, and every byte comes back as it was. */
export const UTF8_NAMES: NameCodec = {
  charset: UTF8,
  decode: decodeText,
  encode: encodeText,
  missing: () => undefined,
};

const made = new Map<string, NameCodec>();

/** @param charset as of {@link charsetCalled}; absent: not set */
export function codecOf(charset: string = UTF8): NameCodec {
  if (charset === UTF8) return UTF8_NAMES;
  const codec = made.get(charset) ?? makeCodec(charset);
  made.set(charset, codec);
  return codec;
}

/** iconv-lite makes `?` or U+FFFD of what it cannot convert, so each conversion is done back and compared. */
function makeCodec(charset: string): NameCodec {
  const toText = (octets: Buffer) => decodeBytes(octets, charset, { stripBOM: false });
  const toOctets = (text: string) => encodeTo(text, charset, { addBOM: false });
  // Bytes that a code page does not define come as these, and go back as whatever byte is the last of them.
  const undefinedAs = charset.startsWith("iso-8859-") ? REPLACEMENT : CONTROLS_AND_REPLACEMENT;
  const isDefined = (text: string) => charset === "gb18030" || !undefinedAs.test(text);
  const isKept = (text: string) => isDefined(text) && toText(toOctets(text)) === text;
  const missing = (text: string): string | undefined => {
    const known = hasStrayBytes(text) ? text.replaceAll(new RegExp(STRAYS, "g"), "") : text;
    return ASCII.test(known) || isKept(known) ? undefined : ([...known].find((one) => !isKept(one)) ?? known);
  };
  const encode = (text: string): Buffer => {
    if (ASCII.test(text)) return Buffer.from(text, "latin1");
    const lacks = missing(text);
    if (lacks !== undefined)
      throw new CharsetError(
        `${JSON.stringify(text)} contains ${JSON.stringify(lacks)}, which ${charset} lacks`,
      );
    if (!hasStrayBytes(text)) return toOctets(text);
    const pieces = text.split(STRAYS);
    return Buffer.concat(pieces.map((piece, at) => (at % 2 === 1 ? encodeText(piece) : toOctets(piece))));
  };
  const decodeWord = (octets: Buffer): string => {
    const text = toText(octets);
    if (missing(text) === undefined && encode(text).equals(octets)) return text;
    return [...octets].map((octet) => String.fromCharCode(octet < 0x80 ? octet : 0xdc00 + octet)).join("");
  };
  const decode = (given: Uint8Array): string => {
    const octets = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const latin = octets.toString("latin1");
    if (ASCII.test(latin)) return latin;
    const text = toText(octets);
    if (missing(text) === undefined && encode(text).equals(octets)) return text;
    // Only the words are left undecoded that are not valid; no character of two bytes has a space in it.
    return latin.replaceAll(/[^ ]+/g, (word) => decodeWord(Buffer.from(word, "latin1")));
  };
  return { charset, decode, encode, missing };
}

const ASCII = /^[\x00-\x7f]*$/;
const REPLACEMENT = /\ufffd/;
const CONTROLS_AND_REPLACEMENT = /[\u0080-\u009f\ufffd]/;
const STRAYS = /((?<![\ud800-\udbff])[\udc80-\udcff]+)/;
