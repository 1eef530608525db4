import { describe, expect, test } from "vitest";
import { readListing } from "./read.ts";

type Sample = readonly [lines: string | Buffer, entries: readonly string[]];

/** In Shift_JIS: the characters that dates are written with. */
const SHIFT_JIS = { 月: "8c8e", 日: "93fa", 年: "944e", 時: "8e9e", 分: "95aa" } as const;

function inShiftJis(line: string): Buffer {
  const bytes = [...line].map((one) =>
    one in SHIFT_JIS ? Buffer.from(SHIFT_JIS[one as keyof typeof SHIFT_JIS], "hex") : Buffer.from(one),
  );
  return Buffer.concat(bytes);
}

/**
 * Forms of which the parsers of other clients keep samples: FileZilla (`tests/dirparsertest.cpp`), FluentFTP
 * (`ParserTests.cs`), FFFTP (`common.h`, which lists what servers in Japan write). Names and numbers are our own.
 */
const FORMS: Readonly<Record<string, readonly Sample[]>> = {
  "ls with numbers that touch": [
    ["drwxr-xr-x123  owner group  1024 Nov  6   14:21 pub", ["directory pub 2026-11-06T14:21"]],
    ["-rwxrwx---132  owner         12 Nov  6   1996 t.txt", ["file t.txt 12 1996-11-06"]],
    ["-r--r--r-- 0125039 12 Nov 11 2005 t.txt", ["file t.txt 12 2005-11-11"]],
  ],
  "ls with the day in other places": [
    ["-r-xr-xr-x 2 owner group 4512 01-jun-99 t file", ["file t file 4512 1999-06-01"]],
    ["-r-xr-xr-x 2 owner group 4512 21-Oct-2025 17:12 t", ["file t 4512 2025-10-21T17:12"]],
    ["dr-xr-xr-x 2 root other 2235 26. Juli, 20:10 d", ["directory d 2026-07-26T20:10"]],
    ["-r-xr-xr-x 2 root other 2235 2.   Okt.  2003 t", ["file t 2235 2003-10-02"]],
    ["-r-xr-xr-x 2 root other 2235 1999/10/12 17:12 t", ["file t 2235 1999-10-12T17:12"]],
    ["-rwxrwxrwx SEQ    17408 96/12/06 10:11:27 INIT_CONFIG", ["file INIT_CONFIG 17408 1996-12-06T10:11:27"]],
    [
      "drwxrwxrwx   1 0        0               0 29 Jul 02:27 2014 Invoices",
      ["directory 2014 Invoices 2026-07-29T02:27"],
    ],
    ["-rw-------   1 9999 0 3 Apr   4 24:00 midnight", ["file midnight 3 2026-04-05T00:00"]],
  ],
  "ls in Japan, China and Korea": [
    ["drwxr-xr-x 15  owner group  1024 11月 6日 14時21分 d", ["directory d 2026-11-06T14:21"]],
    ["-rwxrwx---  5  owner group    12 11月12日 1996年 t", ["file t 12 1996-11-12"]],
    ["-rwxrwx---  5  owner          12 11月12日 14:21 t", ["file t 12 2026-11-12T14:21"]],
    ["drwxr-xr-x 15  owner group  512  2001 6月 18 audit", ["directory audit 2001-06-18"]],
    ["-rw-r--r-- 1 10 20 2001 6月 18 02:36 t", ["file t 2001 2026-06-18T02:36"]],
    ["drwxr-xr-x   5 root     sys          512 2005년  1월  6일 d", ["directory d 2005-01-06"]],
    [inShiftJis("-rw-r--r-- 1 root sys 8473  4月 18日 2003年 t"), ["file t 8473 2003-04-18"]],
    [inShiftJis("-rw-r--r-- 1 root sys 8473 11月12日 14時21分 t"), ["file t 8473 2026-11-12T14:21"]],
  ],
  "DOS and Windows": [
    [
      "97-10-14  03:34p     <DIR>   Linux\r\n100-10-14 03:34p        12 t.txt",
      ["directory Linux 1997-10-14T15:34", "file t.txt 12 2000-10-14T15:34"],
    ],
    [
      "10-14-97  03:34p     <DIR>   Linux\r\n10-14-100 03:34p        12 t.txt",
      ["directory Linux 1997-10-14T15:34", "file t.txt 12 2000-10-14T15:34"],
    ],
    [
      "1998/07/30 15:39:02     <DIR>    Linux\r\n1998/07/30 15:42:19     11623 t.txt",
      ["directory Linux 1998-07-30T15:39:02", "file t.txt 11623 1998-07-30T15:42:19"],
    ],
    [
      "02-05-2013 09:45AM <DIR> TEST\r\n01-28-2013 03:54PM 2847 DATA.TXT",
      ["directory TEST 2013-02-05T09:45", "file DATA.TXT 2847 2013-01-28T15:54"],
    ],
    ["2002-09-02  19:06                9,730 t.txt", ["file t.txt 9730 2002-09-02T19:06"]],
  ],
  "OS/2": [
    [
      "36611      A    04-23-103  10:57  t.txt\r\n    0 DIR       02-11-103  16:15  pub",
      ["file t.txt 36611 2003-04-23T10:57", "directory pub 2003-02-11T16:15"],
    ],
    [" 1123 DIR  A    10-05-100  23:38  pub", ["directory pub 2000-10-05T23:38"]],
    [
      "   345      A          12-02-98   10:59  VirtualDevice.java",
      ["file VirtualDevice.java 345 1998-12-02T10:59"],
    ],
  ],
  NetWare: [
    [
      "d [R----F--] supervisor            512       Jan 16 18:53    login",
      ["directory login 2026-01-16T18:53"],
    ],
    [
      "- [R----F--] rhesus             214059       Oct 20 15:27    cx.exe",
      ["file cx.exe 214059 2026-10-20T15:27"],
    ],
    ["- [RWCEAFMS] NFAUUser              192 May 04  2001 a file", ["file a file 192 2001-05-04"]],
  ],
  EPLF: [
    ["+i8388621.48594,m825718503,r,s280,\tdjb.html", ["file djb.html 280 1996-03-01T22:15:03"]],
    ["+i8388621.50690,m824255907,/,\t514", ["directory 514 1996-02-13T23:58:27"]],
    ["+up644,r,s5,m825718503,\ta name", ["file a name 5 1996-03-01T22:15:03"]],
  ],
  OpenVMS: [
    [
      "CIM_ALL.MEM;5        2/4     21-APR-1998 11:01:17  [CIM,MIZOTE]\r\n(RWED,RWED,RE,)\r\nMAIL.DIR;1         104/248   18-SEP-2001 16:19:39  [CIM,MIZOTE]\r\n(RWE,RWE,,)",
      ["file CIM_ALL.MEM 1998-04-21T11:01:17", "directory MAIL 2001-09-18T16:19:39"],
    ],
    ["A.TXT;1 2KB 23-SEP-2005 14:57:07.27", ["file A.TXT 2005-09-23T14:57:07"]],
    ["A.TXT;1   [SUMMARY]    1/3     2-AUG-2006 13:05  (RWE,RWE,RE,)", ["file A.TXT 2006-08-02T13:05"]],
    ["A.TXT;1    2/8    15-JAN-2000    [IV2_XXX]   (RWED,RWED,RE,)", ["file A.TXT 2000-01-15"]],
    [
      "A.TXT;1\r\n170774/170775     24-APR-2003 08:16:15  [FTP_CLIENT,SCOT]      (RWED,RWED,RE,)",
      ["file A.TXT 2003-04-24T08:16:15"],
    ],
  ],
  "OS/400": [
    ["QSYS        18944 96/09/20 00:35:10 *DIR     QOpenSys/", ["directory QOpenSys 1996-09-20T00:35:10"]],
    ["QSECOFR         0 98/05/15 16:01:15 *STMF    WWWTEST.BAK", ["file WWWTEST.BAK 0 1998-05-15T16:01:15"]],
    // 18 September 2006, or 6 September 2018.
    ["QSECOFR         5 18/09/06 16:01:15 *STMF    A.BAK", ["file A.BAK 5"]],
    ["QPGMR           36864 18.09.06 14:21:26 *FILE      A.FILE", ["directory A.FILE 2006-09-18T14:21:26"]],
    [
      "CFT             36864 28/11/15 15:19:30 *FILE AMANDA3.FILE",
      ["directory AMANDA3.FILE 2015-11-28T15:19:30"],
    ],
  ],
  "HP NonStop": [
    [
      'File         Code             EOF  Last Modification    Owner  RWEP\r\nEMSACSTM      101             146  18-Sep-00 09:03:37 170,175 "nunu"\r\nTACLCSTM   O  101             101  4-Mar-01  23:50:06 255,255 "oooo"',
      ["file EMSACSTM 146 2000-09-18T09:03:37", "file TACLCSTM 101 2001-03-04T23:50:06"],
    ],
  ],
  "z/OS": [
    [
      "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\nYNSABG 3390   2020/01/03  1   15  VB   32756 32760  PS  $.ADATA.XAA\r\nYNSABH 3390   2022/02/18  1+++++  VBS  32767 27966  PS  $.BDATA.XBB\r\nNRP004 3390   **NONE**    1   15  NONE     0     0  PO  A.B\r\nTSO004 3390   VSAM C.D\r\nV43525 Tape                                             E.F\r\nMigrated\t\t\t\tG.H\r\nWYOSPT 3420   2003/05/21  1 3 U 6447    6447  PO-E I.J",
      [
        "file $.ADATA.XAA",
        "file $.BDATA.XBB",
        "directory A.B",
        "other C.D",
        "unknown E.F",
        "unknown G.H",
        "directory I.J",
      ],
    ],
    [
      " Name     VV.MM   Created       Changed      Size  Init   Mod   Id\r\n$2CPF1    01.01 2001/10/18 2001/10/18 11:58    29    29     0 QFX3076\r\n BARE",
      ["file $2CPF1 2001-10-18T11:58", "file BARE"],
    ],
    [
      " Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode\r\nEAGKCPT   000058   000009          00 FO             RN RU            31    ANY\r\nEAGRTPRC  005F48   000011 EAGRTALT 00 FO             RN RU            31    ANY",
      ["file EAGKCPT", "file EAGRTPRC"],
    ],
  ],
};

const MLSD: readonly Sample[] = [
  [
    "size=1365694195;type=file;modify=20090722092510;\tadsl TV 2009",
    ["file adsl TV 2009 1365694195 2009-07-22T09:25:10"],
  ],
  ["type=file no semicolon", ["file no semicolon"]],
  ["Type=file; \t leading\r\nType=file; trailing\t ", ["file \t leading", "file trailing\t "]],
  ["type=OS.UNIX=symlink; a link", ["link a link"]],
  ["Type=OS.unix=chr-13/29;Perm=;Unique=keVO1+5G4; device", ["other device"]],
  ["Type=file;mOdIfY=19681105165215;size=1234; before 1970", ["file before 1970 1234 1968-11-05T16:52:15"]],
];

const shown = (lines: string | Buffer, format: "list" | "mlsd") => {
  const { entries, misread, skipped } = readListing(lines, format);
  expect({ misread, skipped }).toEqual({});
  return entries.map(({ kind, name, sizeBytes, modified }) => {
    const time = modified && new Date(modified.atMs).toISOString().slice(0, 19);
    const asListed = modified?.precision === "day" ? time?.slice(0, 10) : time?.replace(/(T..:..):00$/, "$1");
    return [kind, name, sizeBytes, asListed].filter((part) => part !== undefined).join(" ");
  });
};

describe.each(Object.entries(FORMS))("%s", (_, samples) => {
  test.each(samples)("%j", (lines, entries) => {
    expect(shown(lines, "list")).toEqual(entries);
  });
});

describe("MLSD", () => {
  test.each(MLSD)("%j", (lines, entries) => {
    expect(shown(lines, "mlsd")).toEqual(entries);
  });
});
