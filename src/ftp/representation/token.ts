/** What a transfer mode carries: bytes, and the ends of records and of the file (RFC 959 §3.4). */
export type TextToken =
  | { readonly kind: "data"; readonly octets: Uint8Array }
  | { readonly kind: "end-of-record" }
  | { readonly kind: "end-of-file" }
  /** A restart marker: printable text of whoever sent it (RFC 959 §3.5). */
  | { readonly kind: "marker"; readonly text: string }
  /** The sender suspects errors in what follows. */
  | { readonly kind: "suspect" };

export const data = (octets: Uint8Array): TextToken => ({ kind: "data", octets });
export const END_OF_RECORD: TextToken = { kind: "end-of-record" };
export const END_OF_FILE: TextToken = { kind: "end-of-file" };

/** Descriptor codes of block and compressed mode (RFC 959 §3.4.2). */
export const DESCRIPTOR = { endOfRecord: 128, endOfFile: 64, suspect: 32, marker: 16 } as const;

/** Bytes to tokens; any cut of the same bytes gives the same data, records and ends. */
export interface TokenReader {
  /** @throws ProtocolError for bytes that the mode does not have */
  push(octets: Uint8Array): readonly TextToken[];
  /** After the last byte. @throws ProtocolError where the mode marks its end and that did not come */
  end(): readonly TextToken[];
}

/** Tokens to bytes. */
export interface TokenWriter {
  write(token: TextToken): Uint8Array;
}
