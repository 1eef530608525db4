import { describe, expect, test } from "vitest";
import { moveOne } from "../../../support/pair.ts";
import { type Script, scriptedPair } from "../../../support/scripted-server.ts";

const CONTENT = Buffer.from("all of it");
const LISTED_MS = Date.UTC(2026, 10, 21);
const listed = {
  kind: "file",
  sizeBytes: CONTENT.length,
  modified: { atMs: LISTED_MS, precision: "second", zone: "utc" },
} as const;
/** It takes questions behind a transfer command: SIZE and MDTM then say more in one turn than MLST. */
const PROFTPD: Script = { greeting: "220 ProFTPD 1.3.8 Server" };
const FEAT = ["211-Features", " SIZE", " MDTM", " MFMT", " MLST type*;size*;modify*;", "211 End"];

/** Moves one file whose listing said when it was modified. @returns the time that the target was given */
async function timeGiven(source: Script): Promise<string | undefined> {
  await using both = await scriptedPair(
    { ...PROFTPD, FEAT, ...source },
    {
      ...PROFTPD,
      FEAT,
      MFMT: (session, argument) => session.reply(`213 Modify=${argument}`),
      MDTM: "213 20261121000000",
    },
    CONTENT,
  );
  await moveOne({ ...both, from: "file", to: "file", listed, policy: { fxp: "never", preserveTimes: true } });
  expect(both.target.files.get("/file")).toEqual(CONTENT);
  return /^MFMT (\d+) /.exec(both.target.commands.find((line) => line.startsWith("MFMT")) ?? "")?.[1];
}

describe("a source that has not changed", () => {
  test.each([
    ["has a fraction of a second that its listing leaves out", "213 20261121000000.750"],
    ["is in another zone than its listing", "213 20261120220000"],
  ])("is copied although its time by MDTM %s", async (_, MDTM) => {
    expect(await timeGiven({ MDTM })).toBe("20261121000000");
  });
});

test("a source whose time is another one by both is refused", async () => {
  const MLST: Script["MLST"] = (session, path) =>
    session.reply(
      "250-Listing",
      ` type=file;size=${CONTENT.length};modify=20261121000007; ${path}`,
      "250 End",
    );
  await expect(timeGiven({ MDTM: "213 20261121000007", MLST })).rejects.toThrow(
    "source: file: changed while it was being copied",
  );
});
