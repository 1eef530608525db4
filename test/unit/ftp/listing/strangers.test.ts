import { describe, expect, test } from "vitest";
import { decodeText } from "../../../../src/shared/octets.ts";
import { readEntry, readListing } from "./read.ts";

const at = (iso: string) => Date.parse(`${iso}Z`);
const named = (listing: string) => {
  const { entries, misread } = readListing(listing);
  expect(misread).toBeUndefined();
  return Object.fromEntries(entries.map(({ name, ...entry }) => [name, entry]));
};

describe("ls of machines that are not GNU", () => {
  test("a year padded on the right, as AIX lists, is no blank in front of the names", () => {
    const { entries, sawDots } = readListing(
      [
        "drwxr-xr-x   2 root     system          512 Nov 21 2025  .",
        "drwxr-xr-x   2 root     system          512 Nov 21 2025  ..",
        "-rw-r--r--   1 root     system            5 Nov 21 2025  old",
        "-rw-r--r--   1 root     system            5 Nov 21 02:36 new",
      ].join("\n"),
    );
    expect({ names: entries.map(({ name }) => name).sort(), sawDots }).toEqual({
      names: ["new", "old"],
      sawDots: true,
    });
  });

  test("a name that begins with a blank keeps it where other years are not padded on the right", () => {
    const { entries } = readListing(
      ["-rw-r--r-- 1 o g 5 Nov 21 2025  led", "-rw-r--r-- 1 o g 5 Nov 21 2025 plain"].join("\n"),
    );
    expect(entries.map(({ name }) => name)).toEqual([" led", "plain"]);
    expect(readEntry("-rw-r--r-- 1 o g 5 Nov 21  2025  led")?.name).toBe(" led");
  });

  test.each([
    ["drwxrwx 2 o g 512 Nov 21 02:36 x", "directory"],
    ["-rw-rw- 1 o g 5 Nov 21 02:36 x", "file"],
    ["rw-r--r-- 1 o g 5 Nov 21 02:36 x", "unknown"],
    ["rw-****** 1 o g 5 Nov 21 02:36 x", "unknown"],
    ["-rw-r--r--* 1 o g 5 Nov 21 02:36 x", "file"],
    ["drwxr-xr-x+ 1 o Domain Users of the Northern Archive 5 Nov 21 02:36 x", "directory"],
    ["-rw-r--r-- 1 o g 5 11 21 02:36 x", "file"],
    ["-rw-r--r-- 1 o g 5 11 21 2025 x", "file"],
    ["-rw-r--r-- 1 10 20 5 Nov 21 2025 11 21 02:36 x", "file"],
  ])("%s", (line, kind) => {
    expect(readEntry(line)).toMatchObject({ kind });
  });

  test.each([
    [[0xee, 0xcf, 0xd1], "koi8-r, ноя"],
    [[0xed, 0xee, 0xff], "windows-1251, ноя"],
    [[0x64, 0xe9, 0x63], "iso-8859-1, déc"],
    [[0x4d, 0xe4, 0x72, 0x7a], "iso-8859-1, März"],
    [[0x31, 0x31, 0xd4, 0xc2], "gbk, 11月"],
    [[0x31, 0x31, 0x8c, 0x8e], "shift_jis, 11月"],
  ] as const)("a month in another character set: %j %s", (bytes, _) => {
    const line = Buffer.concat([
      Buffer.from("-rw-r--r-- 1 o g 5 "),
      Buffer.from(bytes),
      Buffer.from(" 21 2025 x"),
    ]);
    expect(readListing(line).entries).toHaveLength(1);
  });

  test.each(["kas", "lis", "Δεκ", "груд.", "studenoga", "Ağu"])(
    "a month in another language: %s",
    (month) => {
      expect(readListing(`-rw-r--r-- 1 o g 5 ${month} 21 2025 x`).entries).toHaveLength(1);
    },
  );

  test("a word that is a month in no language is not taken for one", () => {
    expect(readListing("-rw-r--r-- 1 o g 5 foo 21 2025 x").misread?.count).toBe(1);
  });

  test("an hour 00 with AM is the first of the day", () => {
    expect(readEntry("11-20-26  00:34AM 5 x")?.modified?.atMs).toBe(at("2026-11-20T00:34"));
  });
});

describe("z/OS", () => {
  test("data sets: sequential, partitioned, migrated, on tape", () => {
    const listing = [
      "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
      "WPTA01 3390   2004/04/23  1    1  FB     128  6144  PS  INCOMING.RPTBM023.D061704",
      "WPTA01 3390   2004/04/23  1    1  FB      80  6144  PO-E SOURCE.COBOL",
      "Migrated                                                OLD.DATA",
      "WPTA02 3390   **NONE**    1   15  VB   27994 27998  VSAM KEYED",
    ].join("\r\n");
    expect(named(listing)).toEqual({
      "INCOMING.RPTBM023.D061704": { kind: "file" },
      "SOURCE.COBOL": { kind: "directory" },
      "OLD.DATA": { kind: "unknown" },
      KEYED: { kind: "other" },
    });
  });

  test("members, with and without statistics", () => {
    const listing = [
      " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
      " MEMBER1   01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001",
      " MEMBER2",
    ].join("\r\n");
    expect(named(listing)).toEqual({
      MEMBER1: {
        kind: "file",
        modified: { atMs: at("2002-10-11T09:37"), precision: "minute", zone: "unknown" },
      },
      MEMBER2: { kind: "file" },
    });
  });

  test("load modules and jobs", () => {
    expect(
      Object.keys(
        named(
          " Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode\r\n" +
            " PGM1     000DC8   002A12                   00 FO             RN            31    ANY\r\n",
        ),
      ),
    ).toEqual(["PGM1"]);
    expect(
      named(
        "JOBNAME  JOBID    OWNER    STATUS CLASS\r\nMYJOB    JOB01234 USER     OUTPUT A        RC=0000 3 spool files\r\n",
      ),
    ).toEqual({ JOB01234: { kind: "file", owner: "USER" } });
  });

  test("a line below the heading that is no data set is not passed over", () => {
    const { misread, skipped } = readListing(
      "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\nWPTA01 3390 2004/04/23 1 1 FB 128 6144 XX A.B\r\n",
    );
    expect((misread?.count ?? 0) + (skipped?.count ?? 0)).toBe(1);
    expect(misread?.count).toBe(1);
  });
});

test("OS/400: directories, stream files, members; a date that can be read in two ways is no time", () => {
  const listing = [
    "QSYS           77824 12/23/25 15:09:55 *DIR       etc/",
    "QPGMR           1234 03/04/24 14:07:34 *STMF      report.txt",
    "PEP                                    *MEM       A.FILE/A.MBR",
  ].join("\r\n");
  const { entries, misread } = readListing(listing);
  expect(entries).toEqual([
    {
      name: "etc",
      kind: "directory",
      owner: "QSYS",
      modified: { atMs: at("2025-12-23T15:09:55"), precision: "second", zone: "unknown" },
    },
    { name: "report.txt", kind: "file", owner: "QPGMR", sizeBytes: 1234 },
  ]);
  // A member is one directory further down.
  expect(misread?.count).toBe(1);
});

test("OS/2", () => {
  expect(
    named(
      "                 0           DIR   11-21-25   02:36  docs\r\n              1234      A          11-21-25   02:36  a b.txt\r\n",
    ),
  ).toEqual({
    docs: {
      kind: "directory",
      modified: { atMs: at("2025-11-21T02:36"), precision: "minute", zone: "unknown" },
    },
    "a b.txt": {
      kind: "file",
      sizeBytes: 1234,
      modified: { atMs: at("2025-11-21T02:36"), precision: "minute", zone: "unknown" },
    },
  });
});

test("NonStop", () => {
  const listing = [
    "File         Code             EOF  Last Modification    Owner  RWEP",
    'README         101            7196 18-Mar-98 15:09:12 255, 21 "nnnn"',
  ].join("\r\n");
  expect(named(listing)).toEqual({
    README: {
      kind: "file",
      sizeBytes: 7196,
      modified: { atMs: at("1998-03-18T15:09:12"), precision: "second", zone: "unknown" },
    },
  });
});

test("a listing in no form that is known is unreadable, and not empty", () => {
  for (const listing of ["alpha\r\nbeta\r\n", decodeText(Buffer.from("#1 alpha 12 kB\r\n"))])
    expect(readListing(listing)).toMatchObject({
      entries: [],
      misread: { count: listing.split("\r\n").length - 1 },
    });
});
