import { describe, expect, test } from "vitest";
import { ListingError, UnreadableLinesError } from "../../../../src/ftp/listing/errors.ts";
import { ListingLines, MAX_LISTING_LINE } from "../../../../src/ftp/listing/lines.ts";
import { createListingReader, listingInStatus } from "../../../../src/ftp/listing/list.ts";
import { decodeText } from "../../../../src/shared/octets.ts";
import { NOW_MS, readListing } from "./read.ts";

const unix = (name: string) => `-rw-r--r-- 1 o g 5 Nov 21 02:36 ${name}`;
const namesIn = (listing: string | Buffer, format: "mlsd" | "list" = "list") =>
  readListing(listing, format).entries.map(({ name }) => name);

describe("lines", () => {
  const linesIn = (...chunks: readonly string[]) => {
    const lines = new ListingLines();
    const whole = chunks.flatMap((chunk) => [...lines.push(Buffer.from(chunk))]);
    return [...whole, ...lines.end()].map(String);
  };

  test.each([
    [["a\r\nb\r\n"], ["a", "b"]],
    [["a\nb\n"], ["a", "b"]],
    [["a\r\n\r\nb"], ["a", "", "b"]],
    [
      ["a\r", "\nb"],
      ["a", "b"],
    ],
    [["a\rb\r\n"], ["a\rb"]],
    [["a\r\r\n"], ["a\r"]],
    [["a\r"], ["a"]],
    [[""], []],
    [["", "a", "", "b\n", ""], ["ab"]],
  ])("%j", (chunks, lines) => {
    expect(linesIn(...chunks)).toEqual(lines);
  });

  test("a line has an end, wherever it was cut", () => {
    const longest = "x".repeat(MAX_LISTING_LINE);
    expect(linesIn(`${longest}\nb`)).toEqual([longest, "b"]);
    for (const chunks of [[`${longest}x`], [longest, "x"], [`${longest}x\n`], [longest, "\r", "\n"]])
      expect(() => linesIn(...chunks)).toThrow(ListingError);
  });

  test("what has been pushed may be overwritten afterwards", () => {
    const lines = new ListingLines();
    const chunk = Buffer.from("abc");
    expect([...lines.push(chunk)]).toEqual([]);
    chunk.fill("x");
    expect([...lines.end()].map(String)).toEqual(["abc"]);
  });
});

describe("the reader", () => {
  test("an empty listing is a listing of nothing", () => {
    for (const format of ["mlsd", "list"] as const)
      expect(readListing("", format)).toEqual({ entries: [], misread: undefined, sawDots: false });
  });

  test("the last entry needs no line end", () => {
    expect(namesIn(`${unix("a")}\n${unix("b")}`)).toEqual(["a", "b"]);
  });

  test("a name that is no UTF-8 keeps its octets", () => {
    const name = decodeText(Buffer.from([0x69, 0xff, 0x85, 0xa0]));
    expect(namesIn(Buffer.concat([Buffer.from(unix("")), Buffer.from([0x69, 0xff, 0x85, 0xa0])]))).toEqual([
      name,
    ]);
  });

  test("`.` and `..` are no entries, but it is known that they were there", () => {
    expect(readListing([".", "..", ".x"].map(unix).join("\n"))).toMatchObject({
      entries: [{ name: ".x" }],
      sawDots: true,
    });
    expect(readListing([".", "...", ".x"].map(unix).join("\n")).sawDots).toBe(false);
  });

  test("another dialect may take over", () => {
    const lines = [
      "11-20-26  02:36AM 5 dos",
      "+r,\teplf",
      unix("unix"),
      "VMS.;1 1 20-NOV-2026",
      "+/,\teplf 2",
    ];
    expect(namesIn(lines.join("\n"))).toEqual(["dos", "eplf", "unix", "VMS.", "eplf 2"]);
  });

  test("what may be an entry is counted, and the first is kept; the other entries are read", () => {
    const odd = "-rw-r--r-- 1 o g 5 yesterday x";
    const { entries, misread } = readListing([unix("a"), odd, "", unix("b"), odd].join("\n"));
    expect(entries.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(misread).toEqual({ count: 2, first: `"${odd}" is not a listing entry` });
  });

  test.each([
    "Gesamtsumme der Dateien 4352",
    "Summe 17",
    "total -1718",
    ".:",
    "/pub/incoming:",
    "Name Size Date",
    "ls: secret: Permission denied",
    "Welcome to the archive!",
  ])("a line above the entries that is surely none of them does not hide them: %s", (line) => {
    const { entries, misread } = readListing([line, unix("a"), unix("b")].join("\n"));
    expect({ names: entries.map(({ name }) => name), misread }).toEqual({
      names: ["a", "b"],
      misread: undefined,
    });
  });

  test.each(["2 files, 10 bytes", "----------", "ls: reading directory .: Input/output error"])(
    "a remark below the entries is no part of a name: %s",
    (line) => {
      const { entries, misread, skipped } = readListing([unix("a"), unix("b"), line].join("\n"));
      expect(entries.map(({ name }) => name)).toEqual(["a", "b"]);
      expect({ misread, count: skipped?.count }).toEqual({ misread: undefined, count: 1 });
    },
  );

  test("a blank line before the total is passed over", () => {
    expect(readListing(`\r\ntotal 1\r\n${unix("a")}\r\n`).misread).toBeUndefined();
  });

  test.each([
    ["a line feed", `${unix("a")}\n${unix("bad")}\nname\n${unix("c")}\n`, "list"],
    ["two line feeds", `${unix("a")}\n${unix("bad")}\nname\nx\n${unix("c")}\n`, "list"],
    ["a line feed, listed last", `${unix("a")}\n${unix("c")}\n${unix("bad")}\nname\n`, "list"],
    ["a carriage return", `${unix("a")}\n${unix("bad\rname")}\n${unix("c")}\n`, "list"],
    ["a line feed, by MLSD", "type=file; a\r\ntype=file; bad\nname\r\ntype=file; c\r\n", "mlsd"],
  ] as const)("a name with %s is left out by name, and all others are read", (_, listing, format) => {
    const { entries, misread } = readListing(listing, format);
    expect(entries.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(misread?.first).toContain("bad");
  });

  test("entries below the heading of another directory are not in this one", () => {
    const { entries, misread } = readListing([unix("a"), "", "./sub:", unix("b")].join("\n"));
    expect(entries.map(({ name }) => name)).toEqual(["a"]);
    expect(misread?.count).toBe(1);
  });

  test("names listed with the pathname of the directory are names in it", () => {
    const reader = createListingReader({ nowMs: NOW_MS, format: "mlsd", directory: "/pub" });
    const lines = ["type=file; /pub/a", "type=file; /pub/b", "type=file; /etc/c"];
    const entries = [
      ...reader.push(Buffer.from(lines.map((line) => `${line}\r\n`).join(""))),
      ...reader.end(),
    ];
    expect(entries.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(reader.misread?.first).toContain("/etc/c");
  });

  test("`total` is passed over only where ls writes it: further on it may be the end of a name", () => {
    expect(readListing(`total 1\n${unix("a")}`).misread).toBeUndefined();
    expect(readListing(`${unix("a")}\ntotal 1`).misread?.count).toBe(1);
    expect(readListing("total 1", "mlsd").misread?.count).toBe(1);
  });

  test.each([
    ["../x", 'the name "../x" leads out of the directory'],
    ["/etc/passwd", 'the name "/etc/passwd" leads out of the directory'],
    ["a/", 'the name "a/" leads out of the directory'],
    ["a\0b", 'the name "a\\u0000b" contains CR, LF or NUL'],
    ["a\rb", 'the name "a\\rb" contains CR, LF or NUL'],
    ["", 'the name "" is empty'],
  ])("the name %j is refused", (name, first) => {
    for (const [line, format] of [
      [unix(name), "list"],
      [`11-20-26  02:36AM 5 ${name}`, "list"],
      [`+r,\t${name}`, "list"],
      [`type=file; ${name}`, "mlsd"],
    ] as const) {
      expect(readListing(line, format)).toMatchObject({ entries: [], misread: { count: 1, first } });
    }
  });

  test("a sample of what was misread is short", () => {
    const { misread } = readListing("x".repeat(MAX_LISTING_LINE));
    expect(misread?.first.length).toBeLessThan(300);
  });

  test("verifying says where, how many and what", () => {
    const reader = createListingReader({ nowMs: NOW_MS, format: "list" });
    expect([...reader.push(Buffer.from(`${unix("a")}\n${unix("b")}\n`))]).toHaveLength(1);
    expect(() => reader.verify("beta: pub")).not.toThrow();
    expect([...reader.push(Buffer.from("-rw-r--r-- oops\n"))]).toEqual([]);
    expect(() => reader.verify("beta: pub")).toThrow(
      new UnreadableLinesError(
        'beta: pub: a line of the listing cannot be parsed: "-rw-r--r-- oops" is not a listing entry',
      ),
    );
    expect([...reader.push(Buffer.from("-rw-r--r-- oops\n"))]).toEqual([]);
    expect(() => reader.verify("beta: pub")).toThrow("beta: pub: 2 lines of the listing cannot be parsed");
  });

  test.each(["entries", "lines that are none"])("a listing without end is ended: %s", (what) => {
    const reader = createListingReader({ nowMs: NOW_MS, format: "list", maxEntries: 3 });
    const line = Buffer.from(what === "entries" ? `${unix("x")}\n` : "\n");
    for (let count = 1; count <= 3; count += 1) expect([...reader.push(line)].length).toBeLessThanOrEqual(1);
    expect(() => [...reader.push(line)]).toThrow("listing longer than 3 lines");
  });
});

test.each([
  ["plain", ["Status follows:", unix("a"), unix(" b"), "End of status"]],
  ["set off by a space", ["Status of .:", ` ${unix("a")}`, ` ${unix(" b")}`, "End of status"]],
  ["with the code on each line", ["STAT", `213-${unix("a")}`, `213-${unix(" b")}`, "End."]],
])("the listing in a reply to STAT, %s", (_, lines) => {
  expect(namesIn(listingInStatus({ lines }))).toEqual(["a", " b"]);
});

test("entries on the first and the last line of a reply to STAT are entries", () => {
  expect(namesIn(listingInStatus({ lines: [unix("a"), ` ${unix("b")}`, unix("c")] }))).toEqual([
    "a",
    "b",
    "c",
  ]);
});

test("a reply to STAT of one line has no listing in it", () => {
  expect(listingInStatus({ lines: ["No such file"] })).toHaveLength(0);
});
