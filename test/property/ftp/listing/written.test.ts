import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseUnix } from "../../../../src/ftp/listing/format/unix.ts";
import { refusalOfName } from "../../../../src/ftp/pathname.ts";
import { formatTimeVal } from "../../../../src/ftp/time-val.ts";
import { decodeText, encodeText } from "../../../../src/shared/octets.ts";
import { NOW_MS, readAll } from "./read-all.ts";

/** Names as they are, and as nobody wants them: blanks at the ends, arrows, dates, bytes that are no UTF-8. */
const piece = fc.oneof(
  fc.constantFrom(" ", "  ", " -> ", "->", "/", "@", "*", ";", "=", ",", "\t", "\\", ".", "Nov 21 02:36 "),
  fc.constantFrom("\u00a0", "\u0085", "\u2028", "\ufeff", "名", "é", "[", "<DIR>", "5", "total 1", "+i,\t"),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.uint8Array({ maxLength: 3 }).map((octets) => decodeText(octets)),
);
const name = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  // Through bytes, so that pieces which become one character when joined are one.
  .map((pieces) => decodeText(encodeText(pieces.join(""))))
  .filter((text) => refusalOfName(text) === undefined);
const size = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 2 ** 49 }));
const modifiedAt = fc
  .integer({ min: Date.UTC(1970) / 60_000, max: NOW_MS / 60_000 })
  .map((at) => at * 60_000);
const KINDS = ["file", "directory", "link", "other"] as const;
const anEntry = fc.record({
  name,
  kind: fc.constantFrom(...KINDS),
  size,
  permissions: fc.integer({ min: 0, max: 0o7777 }),
  atMs: modifiedAt,
  target: name,
});
type AnEntry = typeof anEntry extends fc.Arbitrary<infer Value> ? Value : never;

const TYPES = { file: "file", directory: "dir", link: "OS.unix=symlink", other: "OS.unix=pipe" };
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
const two = (number: number) => String(number).padStart(2, "0");

test("a plain line of ls is read as the same line with a sign behind the mode, which is read word by word", () => {
  const line = fc.record({
    mode: fc.constantFrom("-rw-r--r--", "drwxr-xr-x", "-rwsr-xr-t", "-------r--", "d---------", "-rw-rw-rwT"),
    numbers: fc.array(fc.oneof(fc.integer({ min: 0, max: 32 }), fc.nat()), { minLength: 4, maxLength: 4 }),
    blanks: fc.array(fc.constantFrom(" ", "  ", "     "), { minLength: 4, maxLength: 4 }),
    month: fc.constantFrom(...MONTHS, "Mai", "Xyz", "Lis"),
    day: fc.integer({ min: 0, max: 39 }).map((day) => String(day).padStart(2, day % 2 === 0 ? " " : "0")),
    time: fc.oneof(
      fc.constantFrom("02:36", "24:00", "25:00", "23:60", "2025", " 1999", " 2024", "2025 ", " 0000"),
      fc.tuple(fc.nat(26), fc.nat(61)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`),
    ),
    name,
  });
  fc.assert(
    fc.property(line, ({ mode, numbers, blanks, month, day, time, name }) => {
      const between = numbers.map((number, at) => `${blanks[at] ?? ""}${number}`).join("");
      const rest = `${between} ${month} ${day} ${time} ${name}`;
      const nowMs = NOW_MS;
      expect(parseUnix(`${mode}${rest}`, nowMs)).toEqual(parseUnix(`${mode}.${rest}`, nowMs));
    }),
    { numRuns: 1_000 },
  );
});

describe("what is written is read", () => {
  test("MLSD", () => {
    fc.assert(
      fc.property(anEntry, ({ name, kind, size, permissions, atMs }) => {
        const type = TYPES[kind];
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
  const letter = { file: "-", directory: "d", link: "l", other: "p" }[kind];
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
