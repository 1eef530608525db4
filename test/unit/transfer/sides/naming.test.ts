import { describe, expect, test } from "vitest";
import { waysOf } from "../../../../src/ftp/ways.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { FtpSide } from "../../../../src/transfer/sides/ftp-side.ts";
import { type Answer, type Script, scriptedServer } from "../../../support/scripted-server.ts";
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

test.each(["226 done", "213 File status", "350 next"])(
  "a file has its name, and no time, where its time cannot be read back: %s",
  async (MDTM) => {
    const FEAT = ["211-Features", " SIZE", " MDTM", " MFMT", "211 End"];
    await using server = await scriptedServer(
      { ...VSFTPD, FEAT, MFMT: "213 done", MDTM },
      { isInTurn: true },
    );
    server.files.set("/temporary", Buffer.from("abc"));
    const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
    const file = { temporary: "/temporary", path: "/file", modifiedMs: 0 };
    const published = await side.publish(file, () => {}, signal);
    await side.close();
    expect(published).toMatchObject({
      isNamed: true,
      timeFault: "alpha: MFMT got the reply 213 done, but the time was not set",
    });
  },
);

test("a second 250 in place of RNFR's 350 gives a file no name", async () => {
  expect(await published({ RNFR: "250 done" })).toMatchObject({ isNamed: false });
});

test.each<[string, (side: FtpSide) => Promise<unknown>, readonly string[]]>([
  ["a rename", (side) => side.move("/c", "/d", signal), ["RNFR /a", "RNTO /b", "RNFR /c", "RNTO /d"]],
  ["a question", (side) => side.facts("/c", signal), ["RNFR /a", "RNTO /b", "MLST /c"]],
])(
  "between RNFR and its RNTO goes no command of %s that begins meanwhile",
  async (_what, meanwhile, commands) => {
    let begun: Promise<unknown> | undefined;
    const RNFR: Script["RNFR"] = (session, path) => {
      begun ??= meanwhile(side);
      session.reply(session.rename(path, "") ? "350 to what" : "550 no such file");
    };
    await using server = await scriptedServer({ RNFR });
    for (const name of ["/a", "/c"]) server.files.set(name, Buffer.from("abc"));
    const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
    await side.move("/a", "/b", signal);
    await begun;
    await side.close();
    const said = server.commands.filter((line) => /^(RN|MLST)/.test(line));
    // Last of all, whether the first rename was done.
    expect(said.slice(0, commands.length)).toEqual(commands);
  },
);

test("what waits behind a rename goes on where the name is refused, and fails where the connection is lost", async () => {
  await using server = await scriptedServer({ RNTO: (session) => session.close() });
  server.files.set("/a", Buffer.from("abc"));
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  const [refused, found] = await Promise.allSettled([
    side.move("/gone", "/b", signal),
    side.facts("/a", signal),
  ]);
  expect([refused.status, found]).toEqual(["rejected", { status: "fulfilled", value: expect.anything() }]);
  const [lost, unanswered] = await Promise.allSettled([
    side.move("/a", "/b", signal),
    side.facts("/a", signal),
  ]);
  expect([lost.status, unanswered.status]).toEqual(["rejected", "rejected"]);
  await side.close();
});

/** 202 completes a command that was superfluous (RFC 959 §4.2.2): nothing was changed. */
test.each([
  ["202 superfluous here", false],
  ["350 next?", false],
  ["200 done", true],
  ["250 done", true],
])("permissions that are answered %j are reported as set: %s", async (SITE, isSet) => {
  await using server = await scriptedServer({ SITE });
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  const refusal = await side.setPermissions("/a", 0o640, signal);
  await side.close();
  expect(server.commands).toContain("SITE CHMOD 640 /a");
  expect(refusal === undefined).toBe(isSet);
  if (!isSet) expect(refusal).toContain(SITE);
});

test.each([
  ["202 superfluous here", false],
  ["200 done", true],
])("a symbolic link that is answered %j is reported as made: %s", async (SITE, isMade) => {
  await using server = await scriptedServer({ SITE });
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  const [{ status, reason }] = (await Promise.allSettled([side.makeLink("/link", "/a", signal)])) as [
    { status: string; reason?: unknown },
  ];
  await side.close();
  expect(server.commands).toContain("SITE SYMLINK /a /link");
  expect(status).toBe(isMade ? "fulfilled" : "rejected");
  if (!isMade) expect(String(reason)).toContain(SITE);
});

test("a time that is answered 202 is not reported as set, although one was set that way before", async () => {
  let [reply, time] = ["213 set", ""];
  await using server = await scriptedServer({
    FEAT: ["211-Features", " MFMT", " MDTM", " SIZE", "211 End"],
    MFMT: (session, argument) => {
      if (reply.startsWith("213")) time = argument.slice(0, 14);
      session.reply(reply);
    },
    MDTM: (session, argument) => session.reply(argument.startsWith("/") ? `213 ${time}` : "550 no such file"),
  });
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  expect(await side.setModified("/a", Date.UTC(2020, 1, 2), signal)).toBeUndefined();
  reply = "202 superfluous here";
  expect(await side.setModified("/b", Date.UTC(2021, 1, 2), signal)).toBeDefined();
  await side.close();
});

describe("a server of an unknown kind that says that it has renamed something", () => {
  const rename = async (script: Script, names: readonly (readonly [string, string])[]) => {
    await using server = await scriptedServer(script);
    for (const [from] of names) server.files.set(from, Buffer.from("abc"));
    const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
    try {
      for (const [from, to] of names) await side.move(from, to, signal);
    } finally {
      await side.close();
    }
    return server.commands.filter((line) => /^(RN|MLST)/.test(line));
  };

  test.each(["250 done", "226 done", "200 fine"])("and does nothing is an error: %s", async (RNTO) => {
    await expect(rename({ RNTO }, [["/a", "/b"]])).rejects.toThrow(
      `alpha: /a: the server said that it was renamed (${RNTO}), but it still has its old name`,
    );
  });

  test("is believed once it was seen to do it", async () => {
    const names = [
      ["/a", "/b"],
      ["/c", "/d"],
    ] as const;
    expect(await rename({}, names)).toEqual(["RNFR /a", "RNTO /b", "MLST /a", "RNFR /c", "RNTO /d"]);
  });

  const unheard = Object.fromEntries(
    ["PASV", "EPSV", "PORT", "EPRT", "STAT"].map((verb) => [verb, "500 no"]),
  );
  test.each<[string, Script]>([
    ["it refuses to list", { LIST: "550 denied" }],
    ["it opens no data connection", unheard],
  ])("is asked again as long as it has not answered: %s", async (_, script) => {
    const unknown = Object.fromEntries(["FEAT", "SIZE", "MDTM"].map((verb) => [verb, "500 what?"]));
    const CWD: Answer = (session, path) => session.reply(path === "/" ? "250 there" : "550 denied");
    await using server = await scriptedServer({ ...unknown, CWD, ...script });
    server.files.set("/a", Buffer.from("abc"));
    const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
    await side.move("/a", "/b", signal);
    expect(server.files.has("/b")).toBe(true);
    expect(waysOf(side.host).renamesBy(250)).toBe(false);
    await side.close();
  });

  test("has not shown thereby that it takes temporary names", async () => {
    await using server = await scriptedServer({});
    server.files.set("/a", Buffer.from("abc"));
    const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
    await side.move("/a", "/b", signal);
    expect([waysOf(side.host).renamesBy(250), waysOf(side.host).hasRenamed()]).toEqual([true, false]);
    await side.close();
  });

  test("is not asked where the two names may be one to it", async () => {
    expect(await rename({}, [["/a", "/A"]])).toEqual(["RNFR /a", "RNTO /A"]);
  });
});
