import { describe, expect, test } from "vitest";
import { fixture, readEntry, readListing } from "./read.ts";

const local = (precision: string, ...fields: [number, number, ...number[]]) => ({
  atMs: Date.UTC(fields[0], fields[1] - 1, ...fields.slice(2)),
  precision,
  zone: "unknown",
});

test("IIS, as it lists by default", () => {
  const modified = local("minute", 2026, 11, 20, 2, 36);
  const { entries, misread } = readListing(fixture("iis-documented-list"));
  expect(misread).toBeUndefined();
  expect(entries).toEqual([
    { name: "directory", kind: "directory", modified },
    { name: " leading directory", kind: "directory", modified },
    { name: " leading space", kind: "file", sizeBytes: 14, modified: local("minute", 2026, 11, 20, 12, 5) },
    { name: "large", kind: "file", sizeBytes: 5_368_709_120, modified: local("minute", 2003, 2, 4, 0, 7) },
    { name: "trailing space ", kind: "file", sizeBytes: 15, modified: local("minute", 2026, 11, 20, 14, 36) },
  ]);
});

test("dir of Windows, with links and thousands set apart", () => {
  const { entries, misread, sawDots } = readListing(fixture("windows-documented-dir"));
  expect(misread).toBeUndefined();
  expect(sawDots).toBe(true);
  expect(entries.map(({ modified: _, ...entry }) => entry)).toEqual([
    { name: "directory", kind: "directory" },
    { name: "junction", kind: "link", linkTarget: "C:\\inet\\pub" },
    { name: "link to directory", kind: "link", linkTarget: "directory" },
    { name: "link", kind: "link", linkTarget: "plain" },
    { name: "large", kind: "file", sizeBytes: 5_368_709_120 },
    { name: "plain", kind: "file", sizeBytes: 5 },
  ]);
});

test.each([
  ["04-27-00  12:09PM", [2000, 4, 27, 12, 9]],
  ["04-06-00  12:00AM", [2000, 4, 6, 0, 0]],
  ["04/06/1999  03:47 PM", [1999, 4, 6, 15, 47]],
  ["27/04/2000  15:47", [2000, 4, 27, 15, 47]],
  ["27.04.2000  15:47", [2000, 4, 27, 15, 47]],
  ["06.04.70  15:47", [1970, 4, 6, 15, 47]],
  ["2002-09-02  18:48", [2002, 9, 2, 18, 48]],
])("the DOS date %s", (text, fields) => {
  expect(readEntry(`${text} 5 x`)?.modified).toEqual(local("minute", ...(fields as [number, number])));
});

test.each([
  "13-13-26  02:36AM 5 x",
  "11-20-26  13:36PM 5 x",
  "11-20-26  02:36AM <DISK> x",
  "11-20-26  02:36AM 5",
  "11-20-26  02:36AM <JUNCTION> a [b] [c]",
])("%s is no DOS line", (line) => {
  expect(readListing(line)).toMatchObject({ entries: [], misread: { count: 1 } });
});

test("OpenVMS: versions and blocks go, wrapped names are joined, fields may change places", () => {
  const { entries, misread } = readListing(fixture("openvms-documented-list"));
  expect(misread).toBeUndefined();
  const modified = local("second", 2026, 11, 20, 2, 36, 7);
  expect(entries).toEqual([
    { name: "DIRECTORY", kind: "directory", modified },
    { name: "LOGIN.COM", kind: "file", modified },
    { name: "LOGIN.COM", kind: "file", modified: local("second", 2003, 2, 4, 5, 6, 7) },
    { name: "A_NAME_TOO_LONG_FOR_ITS_COLUMN_OF_NINETEEN.TXT", kind: "file", modified },
    { name: "OTHER_ORDER.TXT", kind: "file", modified: local("minute", 2026, 11, 20, 2, 36) },
    { name: "NO_TIME.", kind: "file", modified: local("day", 2003, 2, 4) },
  ]);
});

test("a wrapped VMS name without the rest of its entry is missed", () => {
  expect(readListing("LONG.TXT;1\r\n")).toMatchObject({ entries: [], misread: { count: 1 } });
  expect(readListing("LONG.TXT;1\r\nnonsense\r\n")).toMatchObject({ entries: [], misread: { count: 1 } });
});

test("EPLF", () => {
  const modified = { atMs: 1_795_142_167_000, precision: "second", zone: "utc" };
  const { entries, misread } = readListing(fixture("eplf-documented-list"));
  expect(misread).toBeUndefined();
  expect(entries).toEqual([
    { name: "directory", kind: "directory", modified, unique: "8388621.29609" },
    {
      name: " plain name",
      kind: "file",
      sizeBytes: 280,
      modified,
      permissions: 0o644,
      unique: "8388621.44468",
    },
    { name: "no size", kind: "file", unique: "8388621.44469" },
    { name: "neither", kind: "unknown", modified },
  ]);
});

describe("MLSD", () => {
  const modified = { atMs: Date.UTC(2008, 10, 5, 16, 52, 15), precision: "second", zone: "utc" };
  test.each([
    ["Type=file;mOdIfY=20081105165215;sIZE=1234; x", { name: "x", kind: "file", sizeBytes: 1234, modified }],
    ["type=file x", { name: "x", kind: "file" }],
    ["size=5;type=file x", { name: "x", kind: "file", sizeBytes: 5 }],
    // DrFTPD.
    ["type=file,size=5,modify=20081105165215 x", { name: "x", kind: "file", sizeBytes: 5, modified }],
    ["type=file;size=5;  x ", { name: " x ", kind: "file", sizeBytes: 5 }],
    [" x", { name: "x", kind: "unknown" }],
    ["type=file;size=;modify=;unique=;UNIX.mode=; x", { name: "x", kind: "file" }],
    ["type=file;size=9007199254740993; x", { name: "x", kind: "file" }],
    ["type=file;size=-1;modify=2008;UNIX.mode=rw; x", { name: "x", kind: "file" }],
    ["type=dir;size=4096;UNIX.mode=040755; x", { name: "x", kind: "directory", permissions: 0o755 }],
    ["type=file;modify=1081105165215; x", { name: "x", kind: "file" }],
    ["type=file;modify=191081105165215; x", { name: "x", kind: "file", modified }],
    ["type=OS.unix=slink:/a b; x", { name: "x", kind: "link", linkTarget: "/a b" }],
    ["type=OS.unix=slink:a b;size=3; x y", { name: "x y", kind: "link", linkTarget: "a b" }],
    ["type=OS.unix=slink:a b; c; x", undefined],
    ["type=OS.unix=slink:/a b x", undefined],
    ["type=OS.unix=slink:/target; x", { name: "x", kind: "link", linkTarget: "/target" }],
    ["type=OS.UNIX=symlink;size=9; x", { name: "x", kind: "link" }],
    ["type=OS.unix=slink; x", { name: "x", kind: "link" }],
    ["type=OS.unix=chr-13/29; x", { name: "x", kind: "other" }],
    [
      "unique=aB;UNIX.uid=0;UNIX.gid=7; x",
      { name: "x", kind: "unknown", unique: "aB", owner: "0", group: "7" },
    ],
    ["type=file", undefined],
    ["total 12", undefined],
    ["type=file;novalue; x", undefined],
    ["-rw-r--r-- 1 o g 5 Nov 21 02:36 x", undefined],
  ])("%s", (line, expected) => {
    const { entries, misread } = readListing(line, "mlsd");
    expect(entries).toEqual(expected === undefined ? [] : [expected]);
    expect(misread?.count).toBe(expected === undefined ? 1 : undefined);
  });

  test("the listed directory and its parents are no entries, whatever their names", () => {
    const lines = [
      "type=cdir; /pub",
      "type=pdir; /",
      "type=pdir; ..",
      "Type=CDir; .",
      "type=dir; .",
      "type=file; ..",
    ];
    expect(readListing(lines.join("\r\n"), "mlsd")).toEqual({
      entries: [],
      misread: undefined,
      sawDots: true,
    });
  });
});
