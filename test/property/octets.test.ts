import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeText, distinctInUtf8, encodeText, fromDistinct } from "../../src/shared/octets.ts";

test("any octets come back unchanged", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
      expect([...encodeText(decodeText(octets))]).toEqual([...octets]);
    }),
  );
});

test("octets that almost are UTF-8 come back unchanged", () => {
  const nearly = fc
    .array(
      fc.constantFrom(
        0x41,
        0x80,
        0xbf,
        0xc2,
        0xc3,
        0xe0,
        0xed,
        0xa0,
        0xef,
        0xbb,
        0xf0,
        0x9f,
        0xf4,
        0xf5,
        0xff,
      ),
    )
    .map((octets) => Uint8Array.from(octets));
  fc.assert(
    fc.property(nearly, (octets) => {
      expect([...encodeText(decodeText(octets))]).toEqual([...octets]);
    }),
  );
});

test("valid UTF-8 is read as such, and a stray octet stays visible", () => {
  expect(decodeText(Buffer.from("naïve 名前 😀"))).toBe("naïve 名前 😀");
  expect(decodeText(Buffer.from([0xef, 0xbb, 0xbf, 0x41]))).toBe("\ufeffA");
  expect(JSON.stringify(decodeText(Buffer.from([0x63, 0xe9])))).toBe('"c\\udce9"');
});

test("what differs in bytes differs in UTF-8, as digests and Redis have it, and comes back unchanged", () => {
  const name = fc
    .uint8Array({ maxLength: 4 })
    .map((octets) => decodeText(octets.filter((octet) => octet !== 0)));
  const inUtf8 = (text: string) => Buffer.from(distinctInUtf8(text)).toString("hex");
  fc.assert(
    fc.property(name, name, (one, two) => {
      expect(inUtf8(one) === inUtf8(two)).toBe(one === two);
      expect(fromDistinct(Buffer.from(distinctInUtf8(one)).toString())).toBe(one);
    }),
  );
});

test.each(["\0", "\0{", "\0[1]", "\0null"])("%j is no text that was made distinct", (text) => {
  expect(fromDistinct(text)).toBeUndefined();
});
