import { describe, expect, test } from "vitest";
import { fixture, readEntry, readListing } from "../read.ts";

const utc = (year: number, month: number, ...rest: number[]) => Date.UTC(year, month - 1, ...rest);

/** The entry of `-rw-r--r-- 1 owner group 5 <time> name`, if it is one. */
function timeOf(time: string) {
  const { entries } = readListing(`-rw-r--r-- 1 owner group 5 ${time} name`);
  expect(entries.map(({ name }) => name)).toEqual(entries.length === 0 ? [] : ["name"]);
  return entries[0]?.modified;
}

describe("times", () => {
  test.each([
    ["Nov 21 02:36", utc(2026, 11, 21, 2, 36), "minute"],
    ["Nov  1 02:36", utc(2026, 11, 1, 2, 36), "minute"],
    ["Nov  1 24:00", utc(2026, 11, 2), "minute"],
    ["Nov 21  2025", utc(2025, 11, 21), "day"],
    ["21 Nov 02:36", utc(2026, 11, 21, 2, 36), "minute"],
    ["01 nov 2004", utc(2004, 11, 1), "day"],
    ["Nov 21 02:36:07 2025", utc(2025, 11, 21, 2, 36, 7), "second"],
    ["Oct 08, 2002 09:47", utc(2002, 10, 8, 9, 47), "minute"],
    ["2026-11-21 02:36", utc(2026, 11, 21, 2, 36), "minute"],
    ["1999/10/12 17:12", utc(1999, 10, 12, 17, 12), "minute"],
    ["21.11.2026 02:36", utc(2026, 11, 21, 2, 36), "minute"],
    ["24-04-2003 17:12", utc(2003, 4, 24, 17, 12), "minute"],
    ["11-21 02:36", utc(2026, 11, 21, 2, 36), "minute"],
    ["09-26 2000", utc(2000, 9, 26), "day"],
    ["26. Juli, 20:10", utc(2026, 7, 26, 20, 10), "minute"],
    ["2.   Okt.  2003", utc(2003, 10, 2), "day"],
    ["21 févr. 2025", utc(2025, 2, 21), "day"],
    ["szept 26 20:10", utc(2026, 9, 26, 20, 10), "minute"],
    ["11月 21 02:36", utc(2026, 11, 21, 2, 36), "minute"],
    ["4月 18日 2003年", utc(2003, 4, 18), "day"],
    ["2005년  1월  6일", utc(2005, 1, 6), "day"],
  ])("%s", (text, atMs, precision) => {
    expect(timeOf(text)).toEqual({ atMs, precision, zone: "unknown" });
  });

  test.each([
    ["2026-11-21 02:36:07.123456789 +0000", utc(2026, 11, 21, 2, 36, 7)],
    ["2026-11-21 02:36:07 +0130", utc(2026, 11, 21, 1, 6, 7)],
    ["2026-11-21 02:36:07.000000000 -0800", utc(2026, 11, 21, 10, 36, 7)],
  ])("%s is in UTC", (text, atMs) => {
    expect(timeOf(text)).toEqual({ atMs, precision: "second", zone: "utc" });
  });

  test.each([
    "Foo 21 02:36",
    "Nov 32 02:36",
    "Nov 21 25:36",
    "Feb 30 2025",
    "Feb 29 2025",
    "2026-13-01 02:36",
  ])("%s is no time", (text) => {
    expect(timeOf(text)).toBeUndefined();
  });

  test("a year that is left out is the last that puts the time no more than a day ahead", () => {
    const modifiedOf = (time: string) => readEntry(`-rw-r--r-- 1 o g 5 ${time} x`)?.modified?.atMs;
    // Now is 2026-11-21 04:32.
    expect(modifiedOf("Nov 22 04:31")).toBe(utc(2026, 11, 22, 4, 31));
    expect(modifiedOf("Nov 22 04:33")).toBe(utc(2025, 11, 22, 4, 33));
    expect(modifiedOf("Dec 31 23:59")).toBe(utc(2025, 12, 31, 23, 59));
    expect(modifiedOf("Feb 29 12:00")).toBe(utc(2024, 2, 29, 12));
  });
});

describe("lines", () => {
  test.each([
    [
      "dr-xr-xr-x   2 root     other        512 Apr  8  1994 x",
      { kind: "directory", owner: "root", group: "other" },
    ],
    ["dr-xr-xr-x   2 root                  512 Apr  8  1994 x", { kind: "directory", owner: "root" }],
    ["-r--r--r-- 1 12 Nov 11 2005 x", { kind: "file", sizeBytes: 12 }],
    ["-r--r--r-- 12 Nov 11 2005 x", { kind: "file", sizeBytes: 12 }],
    ["-rw-r--r-- 1 1000 1000 5 Nov 11 2005 x", { sizeBytes: 5, owner: "1000", group: "1000" }],
    ["-rw-r--r-- 1 DOMAIN\\who Domain Users 531 Jan 29 03:26 x", { sizeBytes: 531 }],
    ["-rw-r--r-- 1 o g 33.5k Oct 5 21:22 x", { kind: "file" }],
    ["-rw-r--r-- 1 o g -1718293 Oct 5 21:22 x", { kind: "file" }],
    ["-rw-r--r-- 1 o g 99999999999999999999 Oct 5 21:22 x", { kind: "file" }],
    ["crw-rw---- 1 root tty 8, 1 Oct 5 21:22 x", { kind: "other", owner: "root", group: "tty" }],
    ["brw-rw---- 1 root disk 8,1 Oct 5 21:22 x", { kind: "other", owner: "root", group: "disk" }],
    ["srwxrwxrwx+ 1 o g 0 Oct 5 21:22 x", { kind: "other", permissions: 0o777 }],
    ["-rw-r--r--. 1 o g 5 Oct 5 21:22 x", { permissions: 0o644 }],
    ["-rw-r--r--@ 1 o g 5 Oct 5 21:22 x", { permissions: 0o644 }],
    ["-rwSr-lr-T 1 o g 5 Oct 5 21:22 x", { permissions: 0o5644 }],
    ["-rwsr-sr-t 1 o g 5 Oct 5 21:22 x", { permissions: 0o7755 }],
  ])("%s", (line, expected) => {
    const entry = readEntry(line);
    expect(entry).toMatchObject({ name: "x", ...expected });
    for (const field of ["sizeBytes", "owner", "group"]) {
      if (!(field in expected) && !line.includes(" 5 ")) expect(entry).not.toHaveProperty(field);
    }
  });

  test.each([
    " leading",
    "   three",
    "trailing ",
    "a  b",
    "a -> b",
    "star*",
    "at@",
    "pipe|",
    "Nov 21 02:36 x",
    "\u00a0nbsp\u0085",
    "\ttab",
    "5 Nov 21 02:36 x",
  ])("the name %j is all behind one space", (name) => {
    expect(readEntry(`-rw-r--r-- 1 o g 5 Nov 21 02:36 ${name}`)?.name).toBe(name);
  });

  test("a name may begin like a year, a zone or a clock", () => {
    expect(readEntry("drwxrwxrwx 1 0 0 0 29 Jul 02:27 2014 Invoices")?.name).toBe("2014 Invoices");
    expect(readEntry("-rw-r--r-- 1 0 0 0 2026-11-21 02:36 +0100 x")?.name).toBe("+0100 x");
    expect(readEntry("-rw-r--r-- 1 0 0 0 Nov 21 2025 02:36 x")?.name).toBe("02:36 x");
  });

  test("a slash is from ls -F, and only directories have one", () => {
    expect(readEntry("drwxr-xr-x 1 o g 5 Nov 21 02:36 x/")).toMatchObject({ name: "x", kind: "directory" });
    expect(readListing("-rw-r--r-- 1 o g 5 Nov 21 02:36 x/").misread?.count).toBe(1);
  });

  test.each([
    ["x -> y", 1, "x", "y"],
    ["x -> ", 0, "x", ""],
    ["x", 9, "x", undefined],
    ["x -> y", 999, "x", "y"],
    // With more than one arrow the size says how long the target is, in bytes.
    ["a -> b -> c", 1, "a -> b", "c"],
    ["a -> b -> c", 6, "a", "b -> c"],
    ["ä -> ö -> ü", 2, "ä -> ö", "ü"],
    ["a -> -> b", 4, "a", "-> b"],
  ])("the link %s of size %d", (text, size, name, linkTarget) => {
    const entry = readEntry(`lrwxrwxrwx 1 o g ${size} Nov 21 02:36 ${text}`);
    expect(entry).toMatchObject({ name, kind: "link" });
    expect(entry?.linkTarget).toBe(linkTarget);
  });

  test("a link of which nobody can tell the name is not guessed at", () => {
    const { entries, misread } = readListing("lrwxrwxrwx 1 o g 4096 Nov 21 02:36 a -> b -> c");
    expect(entries).toEqual([]);
    expect(misread?.count).toBe(1);
  });

  test.each(["", "total 12", "total 1,5M", "insgesamt 0", "合計 4"])("%j before the first entry", (line) => {
    const { entries, misread } = readListing(`${line}\r\n-rw-r--r-- 1 o g 5 Nov 21 02:36 x\r\n`);
    expect({ names: entries.map(({ name }) => name), misread }).toEqual({ names: ["x"], misread: undefined });
  });

  test.each([
    "total 12 files",
    "README 12",
    "ls: x: Permission denied",
    "-rw-r--r-- 1 o g 5 Nov 21 02:36",
    "-rw-r--r-- 1 o g five Nov 21 02:36 x",
    "drwxr-xr-x 3 o g 512 no-date",
    "?????????? ? ? ? ? ? x",
  ])("%j is not passed over", (line) => {
    expect(readListing(line)).toMatchObject({ entries: [], misread: { count: 1 } });
  });
});

test("NetWare pads before the name as well", () => {
  const { entries, misread } = readListing(fixture("netware-documented-list"));
  expect(misread).toBeUndefined();
  expect(entries).toEqual([
    {
      name: "directory",
      kind: "directory",
      owner: "supervisor",
      modified: { atMs: utc(2026, 11, 20, 2, 36), precision: "minute", zone: "unknown" },
    },
    {
      name: "plain",
      kind: "file",
      sizeBytes: 214_059,
      owner: "rhesus",
      modified: { atMs: utc(2003, 11, 20), precision: "day", zone: "unknown" },
    },
  ]);
});

test("the forks that NetPresenz adds up are no size", () => {
  const modified = { atMs: utc(2003, 11, 20), precision: "day", zone: "unknown" };
  expect(readListing(fixture("netpresenz-documented-list")).entries).toEqual([
    { name: "forks.sit", kind: "file", permissions: 0o004, modified },
    expect.objectContaining({ name: "directory", kind: "directory", permissions: 0o775 }),
  ]);
});
