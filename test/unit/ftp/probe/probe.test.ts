import { describe, expect, test } from "vitest";
import { Client } from "../../../../src/ftp/session/client.ts";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import {
  type Connect,
  type Finding,
  probe,
  probeReadOnly,
  type ProbeResult,
} from "../../../../src/ftp/probe/probe.ts";
import {
  digestOfOctets,
  judgeAhead,
  judgeClock,
  judgeName,
  judgeTime,
  judgeZone,
  limitHints,
} from "../../../../src/ftp/probe/judge.ts";
import {
  type Script,
  type ScriptedServer,
  type Session,
  scriptedServer,
} from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const never = new AbortController().signal;
const soon = { connectMs: 1_000, replyMs: 300, stallMs: 1_000, idleMs: 60_000 };

function connectTo(server: ScriptedServer): Connect {
  const settings = settingsFor("alpha", server, { timeouts: soon });
  return (transcript, signal) => Client.connect(settings, transcript, signal);
}

/** What is found of a server with this script, and whether it is left as it was. */
async function probed(script: Script, examine = probe): Promise<ProbeResult> {
  await using server = await scriptedServer(script);
  server.files.set("theirs", Buffer.from("untouched"));
  const result = await examine(connectTo(server), "", () => NOW, "n0nce", never);
  expect([...server.files.keys()]).toEqual(["theirs"]);
  expect(result.left).toEqual([]);
  return result;
}

const refusal = "502 Command not implemented.";
const REFUSES_EVERYTHING: Script = Object.fromEntries(
  "FEAT SYST PWD CWD MKD PASV PORT SIZE MLST MLSD RETR STOR DELE RNFR RNTO NOOP *"
    .split(" ")
    .map((verb) => [verb, refusal]),
);

/** Answers a command only where it came alone; what is behind it in the same write is lost. */
function losesWhatIsBehind(script: Readonly<Record<string, string>>): Script {
  const busy = new WeakSet<Session>();
  const alone = (reply: string) => (session: Session) => {
    if (busy.has(session)) return;
    busy.add(session);
    setImmediate(() => {
      busy.delete(session);
      session.reply(reply);
    });
  };
  return Object.fromEntries(Object.entries(script).map(([verb, reply]) => [verb, alone(reply)]));
}

describe("a server that is tried out", () => {
  test("and refuses everything can nothing, and is left alone", async () => {
    const result = await probed(REFUSES_EVERYTHING);
    expect(result).toMatchObject({
      family: "unknown",
      features: undefined,
      words: { greeting: "220 scripted", system: refusal },
      directory: { works: true },
      ahead: { several: { works: true }, beyond4096: { works: true } },
      digests: [],
      lost: [],
    });
    const findings: Finding[] = [
      ...Object.values(result.listings),
      ...Object.values(result.files),
      ...Object.values(result.times),
      ...Object.values(result.thirdPartyTls),
      result.clock,
      result.zone,
    ];
    expect(findings.filter(({ works }) => works === true)).toEqual([]);
    expect(result.listings.stat).toEqual({ works: false, because: `STAT: ${refusal}` });
    expect(result.times["MFMT"]?.works).toBe("not tried");
  });

  test("and loses commands written ahead costs a connection, and the trial goes on", async () => {
    const result = await probed(
      losesWhatIsBehind({ NOOP: "200 nothing", PWD: '257 "/"', TYPE: "200 type", SIZE: "550 no such file" }),
    );
    expect(result.ahead.several.works).toBe(false);
    expect(result.ahead.several.because).toMatch(
      /^4 commands, \d+ bytes, in one write: 1 reply, then no more/,
    );
    expect(result.ahead.beyond4096.works).toBe(false);
    expect(result.lost).toHaveLength(2);
    expect(result.files).toMatchObject({ store: { works: true }, replace: { works: true } });
  });

  test("and answers commands ahead in another order is found out", async () => {
    let asked = 0;
    const result = await probed({
      PWD: (session) => session.reply((asked += 1) > 2 ? "200 type" : '257 "/"'),
    });
    expect(result.ahead.several).toEqual({
      works: false,
      because: "4 commands, 25 bytes, in one write: reply 2 is 200 instead of 257",
    });
  });

  test("and closes over one question is asked the others on a new connection", async () => {
    const result = await probed({ MLSD: (session) => session.close(), STAT: (session) => session.close() });
    expect(result.listings.mlsd.works).toBe("unknown");
    expect(result.listings.mlsd.because).toMatch(/^connection lost: /);
    expect(result.lost.map((what) => what.split(":")[0])).toEqual(["MLSD", "STAT"]);
    expect(result.files).toMatchObject({ store: { works: true } });
  });

  test("and takes no file is tried no further with files", async () => {
    const result = await probed({ STOR: "553 Could not create file." });
    const files = result.files;
    expect(files.store).toEqual({ works: false, because: "STOR: 553 Could not create file." });
    expect(files.append).toEqual({
      works: "not tried",
      because: "no test file could be stored",
    });
    expect(result.lost).toEqual([]);
  });

  test("and alters octets is found out", async () => {
    const result = await probed({
      STOR: async (session, path) => {
        session.reply("150 go ahead");
        const octets = (await session.receive()).toString("latin1").replaceAll("\r\n", "\n");
        session.files.set(path, Buffer.from(octets, "latin1"));
        session.reply("226 done");
      },
    });
    expect(result.files).toMatchObject({
      store: { works: false, because: expect.stringContaining("stored 274 bytes, read back 273") },
    });
  });

  test("read-only is sent nothing that writes", async () => {
    await using server = await scriptedServer();
    const result = await probeReadOnly(connectTo(server), "", () => NOW, "n0nce", never);
    expect(server.commands.join("\n")).not.toMatch(
      /^(STOR|APPE|STOU|DELE|RNFR|RNTO|MKD|MFMT|MFF|SITE|MDTM \d)/m,
    );
    expect(result.files.store).toEqual({ works: "not tried", because: "read-only" });
    expect(result.listings.mlsd.works).toBe("unknown");
  });

  test("in a missing directory is reported as such, and not tried further", async () => {
    await using server = await scriptedServer();
    const result = await probe(connectTo(server), "/missing", () => NOW, "n0nce", never);
    expect(result.directory).toEqual({ works: false, because: "CWD: 550 no such directory" });
    expect(server.commands.join("\n")).not.toMatch(/STOR|LIST|NOOP/);
  });

  test.each(["550 Permission denied.", "202 superfluous here"])(
    "and does not delete has what is left named: %s",
    async (DELE) => {
      await using server = await scriptedServer({ DELE });
      const result = await probe(connectTo(server), "", () => NOW, "n0nce", never);
      expect(result.left).toContain(".fxpd-n0nce.probe");
      const held = [...server.files.keys()].map((name) => Buffer.from(name, "latin1").toString());
      expect(result.left.toSorted()).toEqual(held.toSorted());
    },
  );

  test("is left as it was when the trial is cancelled", async () => {
    const cancel = new AbortController();
    await using server = await scriptedServer({ APPE: () => cancel.abort() });
    const result = probe(connectTo(server), "", () => NOW, "n0nce", cancel.signal);
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
    expect(server.commands).toContain("STOR .fxpd-n0nce.probe");
    expect([...server.files.keys()]).toEqual([]);
  });

  test("and lets nobody in is an error", async () => {
    await using server = await scriptedServer({ PASS: "530 Login incorrect." });
    await expect(probe(connectTo(server), "", () => NOW, "n0nce", never)).rejects.toThrow(
      /530 Login incorrect/,
    );
  });
});

const file = (modified: ListingEntry["modified"]): ListingEntry => ({
  name: "a",
  kind: "file",
  ...(modified === undefined ? {} : { modified }),
});
const replies = (...codes: readonly number[]) => codes.map((code) => ({ code, lines: [""] }));

describe("what was seen is judged", () => {
  test.each([
    [NOW, 0, true],
    [NOW - 1_000, -1_000, false],
    [NOW + 90_000, 90_000, false],
  ])(
    "a file stored half a second after noon and dated %d: the clock is %d ms off",
    (modified, skewMs, works) => {
      expect(judgeClock(modified, NOW + 500, NOW + 500)).toMatchObject({ works, skewMs, precisionMs: 1_000 });
    },
  );

  test("a clock is known no better than the time that storing took", () => {
    expect(judgeClock(NOW + 3_000, NOW, NOW + 6_000)).toMatchObject({ skewMs: 0, precisionMs: 7_000 });
  });

  test("a clock that is hours off is perhaps no clock but a zone", () => {
    expect(judgeClock(NOW + 7_200_000, NOW, NOW).because).toMatch(/MDTM may report local time/);
  });

  test.each([
    [0, 0],
    [-3_600_000, -60],
    [20_700_000, 345],
  ])("LIST that is %d ms from MDTM is in a zone of %d min", (apartMs, offsetMinutes) => {
    const atMs = Math.floor((NOW + apartMs) / 60_000) * 60_000;
    const found = judgeZone(file({ atMs, precision: "minute", zone: "unknown" }), NOW + 42_000);
    expect(found).toMatchObject({ works: true, offsetMinutes });
  });

  test.each([
    ["day", 0],
    ["minute", 400_000],
  ] as const)("a time to the %s, %d ms off, tells no zone", (precision, apartMs) => {
    const found = judgeZone(file({ atMs: NOW + apartMs, precision, zone: "unknown" }), NOW);
    expect(found.works).toBe("unknown");
    expect(found.offsetMinutes).toBeUndefined();
  });

  test("a time that is set in the server's own zone is not set", () => {
    expect(judgeTime(NOW, NOW + 400, "213")).toMatchObject({ works: true });
    expect(judgeTime(NOW, NOW - 3_600_000, "213").because).toMatch(/off by −60 min/);
    expect(judgeTime(NOW, NOW + 12_345_000, "213")).toMatchObject({ works: false });
  });

  test("a name that is listed decomposed is another name", () => {
    const listed = (name: string) => ({
      command: "LIST",
      count: 1,
      sawDots: true,
      ours: [{ ...file(undefined), name }],
    });
    expect(judgeName("x.\u00e4", listed("x.\u00e4"), []).works).toBe(true);
    expect(judgeName("x.\u00e4", listed("x.a\u0308"), [])).toMatchObject({ works: false });
    expect(judgeName("x.\u00e4", listed("x.probe"), ["x.probe"]).works).toBe("unknown");
  });

  test("replies that are missing or of another command are distinguished", () => {
    expect(judgeAhead(replies(200, 257), replies(200, 257), 10).works).toBe(true);
    expect(judgeAhead(replies(200, 257), replies(200), 10).because).toMatch(/1 reply, then no more/);
    expect(judgeAhead(replies(200, 257), replies(257), 10).because).toMatch(/reply 1 is 257 instead of 200/);
  });

  test.each([
    ["230-You are user number 3 of 50 allowed. / Have fun", [{ present: 3, allowed: 50 }]],
    ["220 Welcome (12/200) users", [{ present: 12, allowed: 200 }]],
    ["530 Sorry, the maximum number of clients is connected", [{}]],
    ["220 You will be disconnected after 15 minutes of inactivity.", [{}]],
    ["220 ProFTPD 1.3.8 Server ready. / 12 of the finest files", []],
  ])("%s", (words, hints) => {
    const found = limitHints([words]);
    expect(found).toHaveLength(hints.length);
    for (const [index, hint] of hints.entries()) expect(found[index]).toMatchObject(hint);
  });

  test("digests are those that the world computes", () => {
    expect(digestOfOctets("CRC32", Buffer.from("123456789"))).toBe("cbf43926");
    expect(digestOfOctets("SHA-1", Buffer.from("abc"))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
    expect(digestOfOctets("WHIRLPOOL", Buffer.from("abc"))).toBeUndefined();
  });
});
