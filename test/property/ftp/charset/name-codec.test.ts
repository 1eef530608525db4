import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { charsetCalled, charsetNames, UTF8 } from "../../../../src/ftp/charset/charsets.ts";
import { codecOf } from "../../../../src/ftp/charset/name-codec.ts";

const CHARSETS = [...new Set(charsetNames().map((name) => charsetCalled(name) ?? name))];
const OTHERS = CHARSETS.filter((name) => name !== UTF8);

describe.each(OTHERS)("names in %s", (charset) => {
  const codec = codecOf(charset);

  test("ASCII is ASCII, so that commands, listings and paths can be read", () => {
    const ascii = Array.from({ length: 0x80 }, (_, octet) => String.fromCharCode(octet)).join("");
    expect(codec.decode(Buffer.from(ascii))).toBe(ascii);
    for (const one of ascii) expect(codec.encode(one)).toEqual(Buffer.from(one));
  });

  test("a slash or a line end is never a part of a character", () => {
    for (let first = 0x80; first <= 0xff; first += 1)
      for (const second of [0x2f, 0x0a, 0x0d, 0x00, 0x20]) {
        const text = codec.decode(Buffer.of(first, second));
        expect(text.endsWith(String.fromCharCode(second)), `${first} ${second}`).toBe(true);
      }
  });

  test("any bytes come back as they were, so no two names become one", () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc.array(fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.constantFrom(0x20, 0x41, 0x5c)), {
        maxLength: 12,
      }),
    );
    fc.assert(
      fc.property(octets, (given) => {
        const bytes = Buffer.from(given);
        expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  test("text comes back as it was, or is refused with a character that is lacking", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
        const lacks = codec.missing(text);
        if (lacks !== undefined) {
          expect(text).toContain(lacks);
          expect(() => codec.encode(text)).toThrow(`which ${charset} lacks`);
        } else expect(codec.decode(codec.encode(text))).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});
