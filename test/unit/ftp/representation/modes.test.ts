import { describe, expect, test } from "vitest";
import { blockReader, blockWriter } from "../../../../src/ftp/representation/block-mode.ts";
import { compressedReader, compressedWriter } from "../../../../src/ftp/representation/compressed-mode.ts";
import { fromEbcdic, toEbcdic } from "../../../../src/ftp/representation/ebcdic.ts";
import { decoder } from "../../../../src/ftp/representation/representation.ts";
import { recordStreamReader, recordStreamWriter } from "../../../../src/ftp/representation/stream-mode.ts";
import { fromNvtAscii, toNvtAscii } from "../../../../src/ftp/representation/text.ts";
import { data, END_OF_FILE, END_OF_RECORD } from "../../../../src/ftp/representation/token.ts";

const text = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");
const bytes = (string: string) => Buffer.from(string, "latin1");

describe("NVT-ASCII", () => {
  test.each([
    ["a\nb\n", "a\r\nb\r\n"],
    ["no end", "no end"],
    ["lone\rCR", "lone\rCR"],
    ["dos\r\n", "dos\r\r\n"],
  ])("%j goes out as %j, as the BSD client sends it", (here, there) => {
    expect(text(toNvtAscii().push(bytes(here)))).toBe(there);
  });

  test.each([
    ["a\r\nb\r\n", "a\nb\n"],
    ["a\r\0b", "a\rb"],
    ["a\rb", "a\rb"],
    ["a\r\r\n", "a\r\n"],
    ["a\nb", "a\nb"],
    ["end\r", "end\r"],
  ])("%j comes in as %j", (there, here) => {
    const convert = fromNvtAscii(false);
    expect(text(Buffer.concat([convert.push(bytes(there)), convert.end()]))).toBe(here);
  });

  test("carriage returns stay where that is wanted", () => {
    expect(text(fromNvtAscii(true).push(bytes("a\r\nb\r\n")))).toBe("a\r\nb\r\n");
  });
});

describe("EBCDIC", () => {
  test("line ends are NL, letters and digits those of the code page", () => {
    expect([...toEbcdic(bytes("Az09 \n"), "1047")]).toEqual([0xc1, 0xa9, 0xf0, 0xf9, 0x40, 0x15]);
  });

  test("code pages 1047 and 037 differ in brackets, circumflex and three others", () => {
    expect([...toEbcdic(bytes("[]^"), "1047")]).toEqual([0xad, 0xbd, 0x5f]);
    expect([...toEbcdic(bytes("[]^"), "037")]).toEqual([0xba, 0xbb, 0xb0]);
    const all = Uint8Array.from({ length: 256 }, (_, octet) => octet);
    const [one, other] = [fromEbcdic(all, "1047"), fromEbcdic(all, "037")];
    expect([...all].filter((octet) => one[octet] !== other[octet])).toEqual([
      0x5f, 0xad, 0xb0, 0xba, 0xbb, 0xbd,
    ]);
  });

  test.each(["1047", "037"] as const)("every byte comes back from code page %s", (page) => {
    const all = Uint8Array.from({ length: 256 }, (_, octet) => octet);
    expect(fromEbcdic(toEbcdic(all, page), page)).toEqual(all);
  });
});

describe("block mode", () => {
  test("a block has a descriptor, the number of its bytes, and these", () => {
    const writer = blockWriter();
    expect([...writer.write(data(bytes("abc")))]).toEqual([0, 0, 3, 97, 98, 99]);
    expect([...writer.write(END_OF_RECORD)]).toEqual([128, 0, 0]);
    expect([...writer.write(END_OF_FILE)]).toEqual([64, 0, 0]);
  });

  test("one block may end a record and the file, behind its bytes", () => {
    expect(blockReader().push(Buffer.of(192, 0, 1, 97))).toEqual([
      data(Uint8Array.of(97)),
      END_OF_RECORD,
      END_OF_FILE,
    ]);
  });

  test("a restart marker is reported with the number of bytes before it", () => {
    const markers: unknown[] = [];
    const encoding = { type: "I", structure: "F", mode: "B", codePage: "1047", keepsReturns: false } as const;
    const decode = decoder(encoding, (...marker) => markers.push(marker));
    decode.push(Buffer.of(0, 0, 2, 1, 2, 16, 0, 2, 0x34, 0x32, 64, 0, 0));
    expect(markers).toEqual([["42", 2]]);
  });

  test("bytes after the end of the file, and descriptors that there are not, are refused", () => {
    expect(() => blockReader().push(Buffer.of(64, 0, 0, 0, 0, 0))).toThrow("after the end");
    expect(() => blockReader().push(Buffer.of(1, 0, 0))).toThrow("descriptor");
  });
});

describe("compressed mode", () => {
  test("runs, fillers and other bytes are written as RFC 959 §3.4.3 has them", () => {
    const wire = compressedWriter(0x20).write(data(bytes("abxxxx     ")));
    expect([...wire]).toEqual([2, 97, 98, 0x84, 0x78, 0xc5]);
  });

  test("strings of another's making are read", () => {
    const reader = compressedReader(0x20);
    const tokens = reader.push(Buffer.of(1, 97, 0x83, 98, 0xc2, 0, 128, 0, 64));
    expect(tokens).toEqual([
      { kind: "data", octets: Uint8Array.of(97) },
      { kind: "data", octets: Uint8Array.of(98, 98, 98) },
      { kind: "data", octets: Uint8Array.of(0x20, 0x20) },
      END_OF_RECORD,
      END_OF_FILE,
    ]);
    expect(() => reader.end()).not.toThrow();
  });
});

describe("records in stream mode", () => {
  test("ends are escaped, and so is the escape", () => {
    const writer = recordStreamWriter();
    expect([...writer.write(data(Uint8Array.of(1, 255, 2)))]).toEqual([1, 255, 255, 2]);
    expect([...writer.write(END_OF_RECORD)]).toEqual([255, 1]);
    expect([...writer.write(END_OF_FILE)]).toEqual([255, 2]);
  });

  test("one code may end a record and the file", () => {
    expect(recordStreamReader().push(Buffer.of(97, 255, 3))).toEqual([
      { kind: "data", octets: Uint8Array.of(97) },
      END_OF_RECORD,
      END_OF_FILE,
    ]);
    expect(() => recordStreamReader().push(Buffer.of(255, 9))).toThrow("unknown code");
  });
});
