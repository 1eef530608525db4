import fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { EntryKind, ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import { ListingError } from "../../../../src/ftp/listing/errors.ts";
import { MAX_LISTING_LINE } from "../../../../src/ftp/listing/lines.ts";
import { createListingReader } from "../../../../src/ftp/listing/list.ts";
import { refusalOfName } from "../../../../src/ftp/pathname.ts";
import { formatTimeVal } from "../../../../src/ftp/time-val.ts";
import { decodeText, encodeText } from "../../../../src/shared/octets.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 4, 32);
type Format = "mlsd" | "list";

function readAll(chunks: readonly Uint8Array[], format: Format, nowMs = NOW_MS) {
  const reader = createListingReader({ nowMs, format });
  const entries: ListingEntry[] = [];
  let error: unknown;
  try {
    for (const chunk of chunks) for (const entry of reader.push(Buffer.from(chunk))) entries.push(entry);
    for (const entry of reader.end()) entries.push(entry);
  } catch (thrown) {
    error = thrown;
  }
  return { entries, error, misread: reader.misread, sawDots: reader.sawDots };
}

/** Names as they are, and as nobody wants them: blanks at the ends, arrows, dates, octets that are no UTF-8. */
const piece = fc.oneof(
  fc.constantFrom(" ", "  ", " -> ", "->", "/", "@", "*", ";", "=", ",", "\t", "\\", ".", "Nov 21 02:36 "),
  fc.constantFrom("\u00a0", "\u0085", "\u2028", "\ufeff", "名", "é", "[", "<DIR>", "5", "total 1", "+i,\t"),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.uint8Array({ maxLength: 3 }).map((octets) => decodeText(octets)),
);
const name = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  // Through octets, so that pieces which become one character when joined are one.
  .map((pieces) => decodeText(encodeText(pieces.join(""))))
  .filter((text) => refusalOfName(text) === undefined);
const size = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 2 ** 49 }));
const modifiedAt = fc
  .integer({ min: Date.UTC(1970) / 60_000, max: NOW_MS / 60_000 })
  .map((at) => at * 60_000);
const kinds: readonly EntryKind[] = ["file", "directory", "link", "other"];
const anEntry = fc.record({
  name,
  kind: fc.constantFrom(...kinds),
  size,
  permissions: fc.integer({ min: 0, max: 0o7777 }),
  atMs: modifiedAt,
  target: name,
});
type AnEntry = typeof anEntry extends fc.Arbitrary<infer Value> ? Value : never;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
const two = (number: number) => String(number).padStart(2, "0");

describe("what is written is read", () => {
  test("MLSD", () => {
    fc.assert(
      fc.property(anEntry, ({ name, kind, size, permissions, atMs }) => {
        const type = { file: "file", directory: "dir", link: "OS.unix=symlink", other: "OS.unix=pipe" }[
          kind as "file"
        ];
        const facts = `Type=${type};Size=${size};Modify=${formatTimeVal(atMs)};UNIX.mode=0${permissions.toString(8)};`;
        expect(readAll([encodeText(`${facts} ${name}`)], "mlsd")).toMatchObject({
          entries: [
            {
              ...{ name, kind, permissions },
              ...(kind === "file" ? { sizeBytes: size } : {}),
              modified: { atMs, precision: "second", zone: "utc" },
            },
          ],
          misread: undefined,
        });
      }),
    );
  });

  test("unix", () => {
    fc.assert(
      fc.property(anEntry, (entry) => {
        const { name, kind, size, permissions, atMs, target } = entry;
        const { entries, misread } = readAll([encodeText(formatUnix(entry))], "list");
        expect(misread).toBeUndefined();
        const isRecent = NOW_MS - atMs < 180 * DAY_MS;
        expect(entries).toEqual([
          {
            ...{ name, kind, permissions, owner: "owner", group: "1000" },
            ...(kind === "file" ? { sizeBytes: size } : {}),
            ...(kind === "link" ? { linkTarget: target } : {}),
            modified: isRecent
              ? { atMs, precision: "minute", zone: "unknown" }
              : { atMs: Math.floor(atMs / DAY_MS) * DAY_MS, precision: "day", zone: "unknown" },
          },
        ]);
      }),
    );
  });

  test("DOS", () => {
    const written = anEntry.filter(({ kind }) => kind === "file" || kind === "directory");
    fc.assert(
      fc.property(written, ({ name, kind, size, atMs }) => {
        const at = new Date(atMs);
        const hour = at.getUTCHours();
        const day = `${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}-${two(at.getUTCFullYear() % 100)}`;
        const time = `${two(hour % 12 || 12)}:${two(at.getUTCMinutes())}${hour < 12 ? "AM" : "PM"}`;
        const mark = kind === "directory" ? "      <DIR>         " : String(size).padStart(20);
        const { entries, misread } = readAll([encodeText(`${day}  ${time} ${mark} ${name}`)], "list");
        expect(misread).toBeUndefined();
        expect(entries).toEqual([
          {
            ...{ name, kind },
            ...(kind === "file" ? { sizeBytes: size } : {}),
            modified: { atMs, precision: "minute", zone: "unknown" },
          },
        ]);
      }),
    );
  });
});

/** As vsftpd writes it; the size of a link is the length of its target. */
function formatUnix({ name, kind, size, permissions, atMs, target }: AnEntry): string {
  const at = new Date(atMs);
  const letter = { file: "-", directory: "d", link: "l", other: "p" }[kind as "file"];
  const length = kind === "link" ? encodeText(target).length : size;
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  const last = NOW_MS - atMs < 180 * DAY_MS ? clock : ` ${at.getUTCFullYear()}`;
  const time = `${MONTHS[at.getUTCMonth()]} ${two(at.getUTCDate())} ${last}`;
  const text = kind === "link" ? `${name} -> ${target}` : name;
  return `${letter}${letters(permissions)}    1 owner    1000     ${String(length).padStart(8)} ${time} ${text}`;
}

function letters(permissions: number): string {
  const marks = [..."rwxrwxrwx"].map((letter, at) => (permissions & (0o400 >> at) ? letter : "-"));
  for (const [bit, at, mark] of [
    [0o4000, 2, "s"],
    [0o2000, 5, "s"],
    [0o1000, 8, "t"],
  ] as const) {
    if (permissions & bit) marks[at] = marks[at] === "x" ? mark : mark.toUpperCase();
  }
  return marks.join("");
}

/** Octets that come near to a listing. */
const almost = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "-rw-r--r-- 1 o g 5 Nov 21 02:36 ",
        "drwxr-xr-x ",
        "l",
        " -> ",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\0",
      ),
      fc.constantFrom(
        "11-21-26  02:36AM ",
        "<DIR>          ",
        "+i1,r,s5,\t",
        "A.B;1",
        " 21-NOV-2026 ",
        "total 1",
      ),
      fc.constantFrom(
        "type=file;",
        "type=cdir;",
        "size=5;",
        "modify=20261121023607;",
        " .",
        " ..",
        "/",
        "../",
      ),
      fc.constantFrom(
        "d [RWCEAFMS] o 5 Nov 21 02:36    ",
        "2026年 11月 21日 ",
        "Nov 21 02:36:07 2026 ",
        "8, 1 ",
      ),
      fc.string({ maxLength: 6 }),
      fc.uint8Array({ maxLength: 6 }).map((octets) => decodeText(octets)),
    ),
    { maxLength: 20 },
  )
  .map((pieces) => encodeText(pieces.join("")));
const octets = fc.oneof(
  almost,
  fc.uint8Array({ maxLength: 200 }).map((any) => Buffer.from(any)),
);
const format = fc.constantFrom<Format>("mlsd", "list");

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
    const frame = /^ *$|^total|^Directory|Total of|%DIRECT/i;
    fc.assert(
      fc.property(octets, (sent) => {
        const lines = decodeText(sent).split("\n");
        fc.pre(
          !lines.some((line) => frame.test(line.replace(/\r$/, "")) || /^[^ \t;]+;\d+[ \t]*\r?$/.test(line)),
        );
        const { entries, misread } = readAll([sent], "list");
        const dots = lines.filter((line) => /(^|[ \t])\.\.?\/?\r?$/.test(line)).length;
        expect(entries.length + (misread?.count ?? 0) + dots).toBeGreaterThanOrEqual(lines.length);
      }),
      { numRuns: 1_000 },
    );
  });

  /** Each would take minutes with a form that goes back and forth. */
  test.each([
    " ",
    "1",
    "a",
    "-",
    ";",
    "=",
    ",",
    "\t",
    " -> ",
    "A;",
    "A;1 ",
    "1-",
    "1.",
    "1 ",
    "Nov ",
    "é",
    "月",
    "[",
    " [",
    "<DIR>",
    "02:36 ",
    "2026-11-21 ",
    "11-21-26 ",
    " 21-NOV-2026",
    "type=",
    "s5,",
    "x=y;",
    "x;",
  ])(
    "a line of nothing but %j takes no time",
    (filling) => {
      const fill = filling.repeat(Math.floor(16_000 / Buffer.byteLength(filling)));
      const starts = [
        "",
        " ",
        "-rw-r--r-- 1 o g 5 Nov 21 02:36 ",
        "-rw-r--r-- ",
        "lrwxrwxrwx 1 o g 5 Nov 21 02:36 ",
        "d [",
        "11-21-26  02:36AM ",
        "11-21-26  02:36AM <JUNCTION> ",
        "11-21-26 ",
        "+",
        "A.B;1 ",
        "A.B;1 21-NOV-2026 ",
        "type=",
        "type=OS.unix=slink:",
        "modify=2026",
      ];
      for (const start of starts) {
        for (const end of ["", "x", " x", "]", "\t", ";", "; x"]) {
          const line = Buffer.from(`${start}${fill}${end}\n`).subarray(-MAX_LISTING_LINE);
          for (const format of ["mlsd", "list"] as const) {
            const { error } = readAll(
              Array.from({ length: 5 }, () => line),
              format,
            );
            expect(error).toBeUndefined();
          }
        }
      }
    },
    20_000,
  );
});

describe("a million entries", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heapUsed = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };

  test.each([
    [
      "mlsd",
      (at: number) =>
        `type=file;size=${at};modify=20261120023607;UNIX.mode=0644;unique=fe00g20e${at}; an entry ${at}`,
    ],
    ["list", (at: number) => `-rw-r--r--    1 0        0        ${at} Nov 20 02:36 an entry ${at}`],
    ["list", (at: number) => `11-20-26  02:36AM ${String(at).padStart(20)} an entry ${at}`],
  ] as const)("pass through in the memory of a few: %s %#", (format, line) => {
    const [batches, each] = [1_000, 1_000];
    const reader = createListingReader({ nowMs: NOW_MS, format });
    const before = heapUsed();
    let [entries, bytes, most] = [0, 0, 0];
    for (let batch = 0; batch < batches; batch += 1) {
      const lines = Array.from({ length: each }, (_, at) => `${line(batch * each + at)}\r\n`);
      for (const { sizeBytes = 0 } of reader.push(Buffer.from(lines.join("")))) {
        entries += 1;
        bytes += sizeBytes;
      }
      if (batch % 100 === 99) most = Math.max(most, heapUsed() - before);
    }
    expect([...reader.end()]).toEqual([]);
    expect({ entries, bytes }).toEqual({ entries: 1_000_000, bytes: 499_999_500_000 });
    expect(reader.misread).toBeUndefined();
    expect(most).toBeLessThan(20_000_000);
  });
});
