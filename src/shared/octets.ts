import { isUtf8 } from "node:buffer";

/**
 * Text that came as bytes and can go back as the same bytes.
 *
 * Names on a server are bytes; most are UTF-8, some are not (RFC 2640 §2). An byte that is no part of
 * valid UTF-8 becomes one lone surrogate, U+DC80 … U+DCFF, which no valid UTF-8 decodes to. So every byte
 * string has exactly one text and comes back unchanged, and JSON shows the stray byte as `\udcXX`.
 */
export function decodeText(octets: Uint8Array): string {
  const buffer = Buffer.isBuffer(octets)
    ? octets
    : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  let text = "";
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      text += String.fromCharCode(STRAY + (buffer[at] ?? 0));
      at += 1;
    } else {
      text += buffer.toString("utf8", at, at + length);
      at += length;
    }
  }
  return text;
}

/** Whether a text has bytes in it that are no valid text. */
export function hasStrayBytes(text: string): boolean {
  return STRAYS.test(text) && /(?<![\ud800-\udbff])[\udc80-\udcff]/.test(text);
}

/**
 * A text that UTF-8 keeps apart from every other, for digests, and for keys and fields of Redis: there, stray bytes would
 * all become U+FFFD, and `B\xe4r` and `B\xf6r` be one name. No pathname has a NUL, so no other text begins like these.
 */
export function distinctInUtf8(text: string): string {
  return hasStrayBytes(text) ? `\0${JSON.stringify(text)}` : text;
}

/** The inverse of {@link distinctInUtf8}; undefined for what that never gives. */
export function fromDistinct(text: string): string | undefined {
  if (!text.startsWith("\0")) return text;
  try {
    const read: unknown = JSON.parse(text.slice(1));
    return typeof read === "string" ? read : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes of a text: the exact inverse of {@link decodeText}. */
export function encodeText(text: string): Buffer {
  if (!STRAYS.test(text)) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  for (const piece of text.match(/(?<![\ud800-\udbff])[\udc80-\udcff]|[^]/gu) ?? []) {
    const unit = piece.charCodeAt(0);
    const isStray = piece.length === 1 && unit >= STRAY + 0x80 && unit <= STRAY + 0xff;
    parts.push(isStray ? Buffer.of(unit - STRAY) : Buffer.from(piece, "utf8"));
  }
  return Buffer.concat(parts);
}

const STRAY = 0xdc00;
/** A stray byte, or the second half of a character beyond U+FFFF. */
const STRAYS = /[\udc80-\udcff]/;

/** Bytes of the valid UTF-8 sequence that begins here; 0 where none does (RFC 3629 §4). */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length > 0 && at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length)) ? length : 0;
}
