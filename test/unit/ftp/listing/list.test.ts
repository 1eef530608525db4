import { describe, expect, test } from "vitest";
import { ListingError } from "../../../../src/ftp/listing/errors.ts";
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

  test("what is no entry is counted, and the first is kept; entries go on", () => {
    const { entries, misread } = readListing([unix("a"), "oops\u0007", "", unix("b"), "again"].join("\n"));
    expect(entries.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(misread).toEqual({ count: 2, first: '"oops\\u0007" is no entry' });
  });

  test("`total` is passed over only where ls writes it: further on it may be the end of a name", () => {
    expect(readListing(`total 1\n${unix("a")}`).misread).toBeUndefined();
    expect(readListing(`${unix("a")}\ntotal 1`).misread?.count).toBe(1);
    expect(readListing("total 1", "mlsd").misread?.count).toBe(1);
  });

  test.each([
    ["../x", 'the name "../x" leaves the directory'],
    ["/etc/passwd", 'the name "/etc/passwd" leaves the directory'],
    ["a/", 'the name "a/" leaves the directory'],
    ["a\0b", 'the name "a\\u0000b" has a CR, LF or NUL in it'],
    ["a\rb", 'the name "a\\rb" has a CR, LF or NUL in it'],
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
    expect([...reader.push(Buffer.from(`${unix("a")}\n`))]).toHaveLength(1);
    expect(() => reader.verify("beta: pub")).not.toThrow();
    expect([...reader.push(Buffer.from("oops\n"))]).toEqual([]);
    expect(() => reader.verify("beta: pub")).toThrow(
      new ListingError('beta: pub: a line of the listing cannot be read: "oops" is no entry'),
    );
    expect([...reader.push(Buffer.from("oops\n"))]).toEqual([]);
    expect(() => reader.verify("beta: pub")).toThrow("beta: pub: 2 lines of the listing cannot be read");
  });

  test.each(["entries", "lines that are none"])("a listing without end is ended: %s", (what) => {
    const reader = createListingReader({ nowMs: NOW_MS, format: "list", maxEntries: 3 });
    const line = Buffer.from(what === "entries" ? `${unix("x")}\n` : "\n");
    for (let count = 1; count <= 3; count += 1) expect([...reader.push(line)].length).toBeLessThanOrEqual(1);
    expect(() => [...reader.push(line)]).toThrow("listing over 3 lines");
  });
});

test.each([
  ["plain", ["Status follows:", unix("a"), unix(" b"), "End of status"]],
  ["set off by a space", ["Status of .:", ` ${unix("a")}`, ` ${unix(" b")}`, "End of status"]],
  ["with the code on each line", ["STAT", `213-${unix("a")}`, `213-${unix(" b")}`, "End."]],
])("the listing in a reply to STAT, %s", (_, lines) => {
  expect(namesIn(listingInStatus({ lines }))).toEqual(["a", " b"]);
});

test("a reply to STAT of one line has no listing in it", () => {
  expect(listingInStatus({ lines: ["No such file"] })).toHaveLength(0);
});
