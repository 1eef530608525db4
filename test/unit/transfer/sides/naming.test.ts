import { expect, test } from "vitest";
import { systemClock } from "../../../../src/shared/clock.ts";
import { FtpSide } from "../../../../src/transfer/sides/ftp-side.ts";
import { type Script, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;

/** A kind of server that takes commands ahead of replies: time and name go in one write. */
const VSFTPD: Script = { greeting: "220 (vsFTPd 3.0.5)", FEAT: ["211-Features", " SIZE", "211 End"] };

async function published(script: Script) {
  await using server = await scriptedServer({ ...VSFTPD, ...script }, { isInTurn: true });
  server.files.set("/temporary", Buffer.from("abc"));
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  const result = await side.publish({ temporary: "/temporary", path: "/file" }, () => {}, signal);
  await side.close();
  const asked = server.commands.filter((line) => /^RN/.test(line));
  return { ...result, asked, names: [...server.files.keys()] };
}

test("a file that is published gets its name with one RNFR and one RNTO", async () => {
  expect(await published({})).toEqual({
    isNamed: true,
    asked: ["RNFR /temporary", "RNTO /file"],
    names: ["/file"],
  });
});

test.each([
  ["another command's 250, as of MLST, in place of RNTO's", ["250-Listing", " type=file; /file", "250 End"]],
  ["another command's 213", ["213 3"]],
  ["a refusal", ["553 not allowed"]],
] as const)("%s gives a file no name", async (_what, RNTO) => {
  expect(await published({ RNTO })).toMatchObject({ isNamed: false, names: ["/temporary"] });
});

test("a second 250 in place of RNFR's 350 gives a file no name", async () => {
  expect(await published({ RNFR: "250 done" })).toMatchObject({ isNamed: false });
});
