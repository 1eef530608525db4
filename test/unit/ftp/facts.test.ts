import { describe, expect, test } from "vitest";
import { Client } from "../../../src/ftp/client.ts";
import { factsOf } from "../../../src/ftp/directory.ts";
import { ReplyError } from "../../../src/ftp/errors.ts";
import { scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;
const WITH_MLST = ["211-Features", " SIZE", " MDTM", " MLST type*;size*;modify*;", "211 End"];
const WITHOUT = ["211-Features", " SIZE", "211 End"];
const AT_MS = Date.UTC(2026, 10, 21);

/** What a server says to each of the four questions; what is left out it does not know. */
interface Says {
  readonly MLST?: string | readonly string[];
  readonly SIZE?: string;
  readonly MDTM?: string;
  readonly CWD?: string;
}

async function facts({ MLST, SIZE = "502 no", MDTM = "502 no", CWD = "502 no" }: Says) {
  const FEAT = MLST === undefined ? WITHOUT : WITH_MLST;
  await using server = await scriptedServer({ FEAT, MLST: MLST ?? "502 no", SIZE, MDTM, CWD });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  return await factsOf(client, "/it", signal);
}

const time = { atMs: AT_MS, precision: "second", zone: "utc" } as const;
const NONE = "550 none";

describe("what a server tells of one object", () => {
  test.each<[string, Says, object | undefined]>([
    ["MLST: a file", { MLST: ["250-", " type=file;size=5; it", "250 End"] }, { kind: "file", sizeBytes: 5 }],
    ["MLST: none", { MLST: NONE }, undefined],
    ["MLST unknown, SIZE: none, no directory", { MLST: "500 what", SIZE: NONE, CWD: NONE }, undefined],
    ["MLST unknown, a directory", { MLST: "502 no", SIZE: NONE, CWD: "250 in" }, { kind: "directory" }],
    ["MLST unknown, a size", { MLST: "504 no", SIZE: "213 5" }, { kind: "file", sizeBytes: 5 }],
    [
      "a size and a time",
      { SIZE: "213 5", MDTM: "213 20261121000000" },
      { kind: "file", sizeBytes: 5, modified: time },
    ],
    ["a size only", { SIZE: "213 5", MDTM: "450 busy" }, { kind: "file", sizeBytes: 5 }],
    [
      "no size, as ProFTPD says of directories",
      { SIZE: "550 not a regular file", CWD: "250 in" },
      { kind: "directory" },
    ],
    ["no size, and no directory", { SIZE: NONE, CWD: NONE }, undefined],
    ["no SIZE, a directory", { CWD: "250 in" }, { kind: "directory" }],
    ["no SIZE, no MDTM, and no directory", { CWD: NONE }, undefined],
    ["no SIZE, no time, and no directory", { MDTM: NONE, CWD: NONE }, undefined],
    ["no SIZE, but a time", { MDTM: "213 20261121000000", CWD: NONE }, { kind: "file", modified: time }],
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

  test.each<[Says, RegExp]>([
    [{ MLST: "450 Server busy", SIZE: NONE, CWD: NONE }, /MLST \/it: 450 Server busy/],
    [{ MLST: "451 Local error", SIZE: NONE, CWD: NONE }, /MLST \/it: 451/],
    [{ MLST: "530 Log in first", SIZE: NONE, CWD: NONE }, /MLST \/it: 530/],
    [{ MLST: "501 Not this name", SIZE: NONE, CWD: NONE }, /MLST \/it: 501/],
    [{ MLST: "421 Closing", SIZE: NONE, CWD: NONE }, /MLST \/it: 421/],
    [{ MLST: "500 what", SIZE: "450 Server busy", CWD: NONE }, /SIZE \/it: 450 Server busy/],
    [{ SIZE: "450 Server busy", CWD: NONE }, /SIZE \/it: 450 Server busy/],
    [{ SIZE: "530 Log in first", CWD: NONE }, /SIZE \/it: 530/],
    [{ SIZE: "553 Not this name", CWD: NONE }, /SIZE \/it: 553/],
    [{ SIZE: NONE, CWD: "450 Server busy" }, /CWD \/it: 450 Server busy/],
    [{ SIZE: NONE, CWD: "530 Log in first" }, /CWD \/it: 530/],
    [{ MDTM: "450 Server busy", CWD: NONE }, /MDTM \/it: 450 Server busy/],
  ])("%o says nothing of what is there", async (says, reason) => {
    const asked = facts(says);
    await expect(asked).rejects.toThrow(reason);
    await expect(asked).rejects.toBeInstanceOf(ReplyError);
  });
});
