import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ListingError } from "../../../../src/ftp/listing/errors.ts";
import { decodeText, encodeText } from "../../../../src/shared/octets.ts";
import { readAll } from "./read-all.ts";

/** What listings are made of. */
const PIECES = [
  ..."\r\n/\0\t;, ",
  ..." .| ..|../|\r\n|l| -> |8, 1 |total 1|drwxr-xr-x |-rw-r--r-- 1 o g 5 Nov 21 02:36 ".split("|"),
  ..."d [RWCEAFMS] o 5 Nov 21 02:36    |2026年 11月 21日 |Nov 21 02:36:07 2026 |+i1,r,s5,\t".split("|"),
  ..."11-21-26  02:36AM |<DIR>          |<JUNCTION>     | [x]|A.B;1| 21-NOV-2026 ".split("|"),
  ..."type=file;|type=cdir;|size=5;|modify=20261121023607;|UNIX.mode=0644;".split("|"),
];

/** Bytes that come near to a listing. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }).map((any) => decodeText(any)) },
);
const almost = fc.array(piece, { maxLength: 20 }).map((pieces) => encodeText(pieces.join("")));
const octets = fc.oneof(
  almost,
  fc.uint8Array({ maxLength: 200 }).map((any) => Buffer.from(any)),
);
const format = fc.constantFrom<"mlsd" | "list">("mlsd", "list");

const FILLINGS = [
  ..." 1a-.;=,\t[é月",
  ..." -> |A;|A;1 |1-|1.|1 |1,|Nov | [|<DIR>|02:36 |2026-11-21 |11-21-26 | 21-NOV-2026|type=|s5,|x=y;".split(
    "|",
  ),
];

const STARTS = [
  "",
  ..." |+|-rw-r--r-- |-rw-r--r-- 1 o g 5 Nov 21 02:36 |lrwxrwxrwx 1 o g 5 Nov 21 02:36 |d [".split("|"),
  ..."11-21-26 |11-21-26  02:36AM |11-21-26  02:36AM <JUNCTION> |A.B;1 |A.B;1 21-NOV-2026 ".split("|"),
  ..."type=|type=OS.unix=slink:|modify=2026".split("|"),
];

describe("whatever a server sends", () => {
  test("any cut of the same octets gives the same", () => {
    fc.assert(
      fc.property(octets, format, fc.array(fc.nat(64), { maxLength: 20 }), (sent, format, lengths) => {
        const chunks: Buffer[] = [];
        let from = 0;
        for (const length of lengths) {
          chunks.push(sent.subarray(from, from + length));
          from += length;
        }
        expect(readAll([...chunks, sent.subarray(from)], format)).toEqual(readAll([sent], format));
      }),
      { numRuns: 1_000 },
    );
  });

  test("it is entries with possible names, or misread, and never another error", () => {
    fc.assert(
      fc.property(octets, format, fc.integer({ min: -8e14, max: 8e14 }), (sent, format, nowMs) => {
        const { entries, error } = readAll([sent], format, nowMs);
        expect(error === undefined || error instanceof ListingError).toBe(true);
        for (const entry of entries) {
          expect(entry.name).not.toMatch(/^\.{0,2}$|[/\0\r\n]/);
          expect(entry.sizeBytes ?? 0).toSatisfy((size: number) => Number.isSafeInteger(size) && size >= 0);
          expect(entry.permissions ?? 0).toSatisfy((bits: number) => bits >= 0 && bits <= 0o7777);
          expect(entry.modified?.atMs ?? 0).toSatisfy(Number.isInteger);
          expect(Object.values(entry)).not.toContain(undefined);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("no line passes without an entry, a misread or a known reason", () => {
    const frame = /^[ \t]*$|^total|^Directory|Total of|%DIRECT|:$| 0$|^[-= \t|+]+$/i;
    fc.assert(
      fc.property(octets, (sent) => {
        const lines = decodeText(sent).split("\n");
        fc.pre(
          !lines.some((line) => frame.test(line.replace(/\r$/, "")) || /^[^ \t;]+;\d+[ \t]*\r?$/.test(line)),
        );
        const { entries, misread, skipped } = readAll([sent], "list");
        fc.pre(!/another directory|line break/.test(misread?.first ?? ""));
        const dots = lines.filter((line) => /(^|[ \t])\.\.?\/?\r?$/.test(line)).length;
        expect(entries.length + (misread?.count ?? 0) + (skipped?.count ?? 0) + dots).toBeGreaterThanOrEqual(
          lines.length,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  /** A form that goes back and forth over one such line would need more than all of them get here. */
  test.each(FILLINGS)(
    "a line of nothing but %j takes no time",
    (filling) => {
      const fill = filling.repeat(Math.floor(16_000 / Buffer.byteLength(filling)));
      for (const start of STARTS) {
        for (const end of ["", "x", " x", "]", "\t", ";", "; x"]) {
          const line = Buffer.from(`${start}${fill}${end}\n`);
          for (const format of ["mlsd", "list"] as const) {
            expect(readAll([line, line, line], format).error).toBeUndefined();
          }
        }
      }
    },
    20_000,
  );
});
