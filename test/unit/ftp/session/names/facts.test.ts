import { describe, expect, test } from "vitest";
import { Client } from "../../../../../src/ftp/session/client.ts";
import { listDirectory } from "../../../../../src/ftp/session/directory.ts";
import { makeDirectories } from "../../../../../src/ftp/session/make-directories.ts";
import { fetchFacts } from "../../../../../src/ftp/session/names/facts.ts";
import { ReplyError } from "../../../../../src/ftp/errors.ts";
import { scriptedServer } from "../../../../support/scripted-server.ts";
import { settingsFor } from "../../../../support/settings.ts";

const signal = new AbortController().signal;
const WITH_MLST = ["211-Features", " SIZE", " MDTM", " MLST type*;size*;modify*;", "211 End"];
const WITHOUT = ["211-Features", " SIZE", "211 End"];
const AT_MS = Date.UTC(2026, 10, 21);

/** What a server says to each of the questions about `/pub/it`; what is left out it does not know. */
interface Says {
  readonly MLST?: string | readonly string[];
  readonly SIZE?: string;
  readonly MDTM?: string;
  /** To `CWD /pub/it`. */
  readonly CWD?: string;
  /** What the listing of `/pub` holds; absent: it is refused. */
  readonly LIST?: readonly string[];
  readonly FEAT?: readonly string[];
}

async function facts({ MLST, SIZE = "502 no", MDTM = "502 no", CWD = "550 no", LIST, FEAT }: Says) {
  const features = FEAT ?? (MLST === undefined ? WITHOUT : WITH_MLST);
  await using server = await scriptedServer({
    ...{ FEAT: features, MLST: MLST ?? "502 no", SIZE, MDTM, MLSD: "502 no", STAT: "502 no" },
    CWD: (session, path) => session.reply(path === "/pub/it" ? CWD : "250 there"),
    LIST: async (session) => {
      if (LIST === undefined) return session.reply("450 not now");
      session.reply("150 here it comes");
      const dots = [".", ".."].map((name) => `drwxr-xr-x 2 o g 512 Nov 21 02:36 ${name}`);
      await session.send(Buffer.from([...dots, ...LIST].map((line) => `${line}\r\n`).join("")));
      session.reply("226 done");
    },
  });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  return await fetchFacts(client, "/pub/it", Date.UTC(2026, 10, 28), signal);
}

const time = { atMs: AT_MS, precision: "second", zone: "utc" } as const;
const NONE = "550 none";

const LISTED = "-rw-r--r-- 1 o g 7 Nov 21 02:36 it";

describe("what a server tells of one object", () => {
  test.each<[string, Says, object | undefined]>([
    ["MLST: a file", { MLST: ["250-", " type=file;size=5; it", "250 End"] }, { kind: "file", sizeBytes: 5 }],
    ["MLST: none", { MLST: NONE }, undefined],
    ["MLST unknown, SIZE: none, no directory", { MLST: "500 what", SIZE: NONE, CWD: NONE }, undefined],
    ["MLST unknown, a directory", { MLST: "502 no", SIZE: NONE, CWD: "250 in" }, { kind: "directory" }],
    ["MLST unknown, a size", { MLST: "504 no", SIZE: "213 5" }, { kind: "file", sizeBytes: 5 }],
    ["MLST busy, a size", { MLST: "450 Server busy", SIZE: "213 5" }, { kind: "file", sizeBytes: 5 }],
    [
      "a size and a time",
      { SIZE: "213 5", MDTM: "213 20261121000000" },
      { kind: "file", sizeBytes: 5, modified: time },
    ],
    ["a size only", { SIZE: "213 5", MDTM: "450 busy" }, { kind: "file", sizeBytes: 5 }],
    ["a size, but of a directory", { SIZE: "213 4096", CWD: "250 in" }, { kind: "directory" }],
    [
      "a size and a time, but of a directory",
      { SIZE: "213 4096", MDTM: "213 20261121000000", CWD: "250 in" },
      { kind: "directory" },
    ],
    [
      "no size, as ProFTPD says of directories",
      { SIZE: "550 not a regular file", CWD: "250 in" },
      { kind: "directory" },
    ],
    ["no size, and no directory", { SIZE: NONE, CWD: NONE }, undefined],
    ["no SIZE, a directory", { CWD: "250 in" }, { kind: "directory" }],
    [
      "no SIZE, and a directory with a time",
      { MDTM: "213 20261121000000", CWD: "250 in" },
      { kind: "directory" },
    ],
  ])("%s", async (_, says, expected) => {
    const found = await facts(says);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  const OLD = { FEAT: ["211-Features", " REST STREAM", "211 End"] };
  test.each<[string, Says]>([
    ["knows none of the commands", { ...OLD, SIZE: "500 what", MDTM: "500 what" }],
    ["says 550 to a command that it never said it has", { ...OLD, SIZE: "550 not allowed", MDTM: "550 no" }],
    ["is busy when it is asked", { SIZE: "450 Server busy" }],
    ["says 450 to what is not there", { SIZE: "450 No such file", MDTM: "450 No such file" }],
    ["tells no number of an empty file", { SIZE: "213 File status", MDTM: "213 File status" }],
    ["does not want to hear of the name", { SIZE: "553 Not this name" }],
    ["has no CWD for it either", { ...OLD, CWD: "502 no" }],
    ["says 550 to SIZE for another reason", { SIZE: "550 Operation not permitted" }],
    [
      "says 550 to MLST and SIZE for another reason",
      { MLST: "550 not permitted", SIZE: "550 not permitted" },
    ],
  ])("the listing decides where a server %s", async (_, says) => {
    expect(await facts({ ...says, LIST: [LISTED] })).toMatchObject({ kind: "file", sizeBytes: 7 });
    expect(await facts({ ...says, LIST: [] })).toBeUndefined();
    // That a question was refused is no answer to it.
    await expect(facts(says)).rejects.toBeInstanceOf(ReplyError);
  });

  test("a time without a size is filled up from the listing", async () => {
    expect(await facts({ ...OLD, MDTM: "213 20261121000000", LIST: [LISTED] })).toMatchObject({
      sizeBytes: 7,
      modified: time,
    });
  });

  test.each<[Says, RegExp]>([
    [{ MLST: "530 Log in first", SIZE: NONE }, /MLST \/pub\/it: 530/],
    [{ MLST: "421 Closing", SIZE: NONE }, /MLST \/pub\/it: 421/],
    [{ SIZE: "530 Log in first" }, /SIZE \/pub\/it: 530/],
    [{ SIZE: NONE, CWD: "530 Log in first" }, /CWD \/pub\/it: 530/],
  ])("%o is about us, and says nothing of what is there", async (says, reason) => {
    const asked = facts({ ...says, LIST: [LISTED] });
    await expect(asked).rejects.toThrow(reason);
    await expect(asked).rejects.toBeInstanceOf(ReplyError);
  });
});

describe("a server without SIZE, MDTM and CWD", () => {
  const listings: Readonly<Record<string, readonly string[]>> = {
    "": ["drwxr-xr-x 2 o g 512 Nov 21 02:36 pub", "-rw-r--r-- 1 o g 7 Nov 21 02:36 file"],
    "/pub": ["drwxr-xr-x 2 o g 512 Nov 21 02:36 sub", "-rw-r--r-- 1 o g 7 Nov 21 02:36 it"],
    "/pub/sub": [],
    // As servers do: a file is listed by its name as well, and what is not there may be listed as empty.
    "/file": ["-rw-r--r-- 1 o g 7 Nov 21 02:36 /file"],
    "/none": [],
  };
  async function serverWithout() {
    return scriptedServer({
      ...{ FEAT: "500 no", SIZE: "500 no", MDTM: "500 no", CWD: "500 'CWD': command not understood." },
      LIST: async (session, path) => {
        const lines = listings[path];
        if (lines === undefined) return session.reply("550 no such file or directory");
        session.reply("150 here it comes");
        await session.send(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
        session.reply("226 done");
      },
      MKD: (session, path) => session.reply(listings[path] === undefined ? `257 "${path}"` : "550 exists"),
    });
  }

  test.each<[string, object | undefined]>([
    ["/file", { kind: "file", sizeBytes: 7 }],
    ["/pub", { kind: "directory" }],
    ["/pub/it", { kind: "file", sizeBytes: 7 }],
    ["/pub/sub", { kind: "directory" }],
    ["/none", undefined],
    ["/none/below", undefined],
    ["/pub/none/below", undefined],
    ["/file/below", undefined],
  ])("tells by the listings of directories by their names what %s is", async (path, expected) => {
    await using server = await serverWithout();
    await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
    const found = await fetchFacts(client, path, Date.UTC(2026, 10, 28), signal);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  test("lists a directory by its name, and nothing else", async () => {
    await using server = await serverWithout();
    await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
    const list = async (directory: string) => {
      const names: string[] = [];
      for await (const { name } of listDirectory(client, directory, AT_MS, signal)) names.push(name);
      return names;
    };
    expect(await list("/")).toEqual(["pub", "file"]);
    expect(await list("/pub")).toEqual(["sub", "it"]);
    for (const path of ["/file", "/none", "/pub*", "/-a"])
      await expect(list(path)).rejects.toThrow(/CWD .*500/);
  });

  test("has the directories made that are not there, and no others", async () => {
    await using server = await serverWithout();
    await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
    await makeDirectories(client, "/pub/sub/new", AT_MS, signal);
    expect(server.commands.filter((line) => line.startsWith("MKD"))).toEqual(["MKD /pub/sub/new"]);
    await expect(makeDirectories(client, "/file", AT_MS, signal)).rejects.toThrow(/MKD \/file: 550/);
  });
});

test("a file that appears between two questions has its size, although the first one was asked too early", async () => {
  let asked = 0;
  await using server = await scriptedServer({
    ...{ FEAT: WITHOUT, MLST: "502 no", MDTM: "213 20261121000000" },
    SIZE: (session) => session.reply(asked++ === 0 ? NONE : "213 5"),
    CWD: (session, path) => session.reply(path === "/pub/it" ? NONE : "250 there"),
  });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  const found = await fetchFacts(client, "/pub/it", Date.UTC(2026, 10, 28), signal);
  expect(found).toEqual({ kind: "file", sizeBytes: 5, modified: time });
});

test.each([
  ["451 a file vanished while it was listed", { command: { verb: "LIST" }, retry: "later" }],
  ["550 no", { command: { verb: "SIZE" }, retry: "never" }],
])(
  "a server without SIZE whose listing says %s: the question may be asked again, or not",
  async (says, error) => {
    await using server = await scriptedServer({
      ...{ FEAT: WITHOUT, MLST: "502 no", MLSD: "502 no", STAT: "502 no", SIZE: "502 no", MDTM: "502 no" },
      CWD: (session, path) => session.reply(path === "/pub/it" ? NONE : "250 there"),
      LIST: says,
    });
    await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
    await expect(fetchFacts(client, "/pub/it", 0, signal)).rejects.toMatchObject(error);
  },
);
