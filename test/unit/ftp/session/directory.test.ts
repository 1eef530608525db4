import { describe, expect, test } from "vitest";
import { Client } from "../../../../src/ftp/session/client.ts";
import { listDirectory } from "../../../../src/ftp/session/directory.ts";
import { ConnectionError, ReplyError } from "../../../../src/ftp/errors.ts";
import { port } from "../../../../src/ftp/session/verbs.ts";
import { type Answer, type Script, type Session, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";
import {
  signal,
  NOW_MS,
  soon,
  DOTS,
  file,
  WITHOUT_FACTS,
  send,
  listing,
  list,
  listOnce,
} from "../../../support/listing-scene.ts";

describe("LIST -a", () => {
  test("is believed with . and .. in it", async () => {
    const { names, error, asked } = await listOnce({ LIST: listing({ "-a": [...DOTS, file(".hidden")] }) });
    expect({ names, error }).toEqual({ names: [".hidden"], error: undefined });
    expect(asked).toEqual(["LIST -a"]);
  });

  test("is believed where they come last", async () => {
    const { names } = await listOnce({ LIST: listing({ "-a": [file("a"), file("b"), ...DOTS] }) });
    expect(names).toEqual(["a", "b"]);
  });

  test.each([
    ["lists nothing", []],
    ["lists a file of that name", [file("-a")]],
    ["says 550", "550 -a: No such file or directory"],
    ["says 450", "450 -a: No such file or directory"],
    ["says 501", "501 Syntax error in parameters or arguments."],
    ["says 504", "504 Command not implemented for that parameter."],
    ["says 500", "500 'LIST -a': command not understood."],
  ])("on a server that takes -a for a name and %s is LIST, from then on", async (_, answer) => {
    const [first, second] = await list({ LIST: listing({ "-a": answer, "": [file("a"), file("b")] }) }, [
      "/one",
      "/two",
    ]);
    expect(first).toEqual({
      names: ["a", "b"],
      error: undefined,
      asked: ["CWD /one", "LIST -a", "LIST"],
    });
    expect(second).toEqual({ names: ["a", "b"], error: undefined, asked: ["CWD /two", "LIST"] });
  });
});

describe("ways to list", () => {
  const mlst = { FEAT: ["211-Features", " MLST type*;size*;", "211 End"] };

  test("MLSD comes first where there is one", async () => {
    const facts = listing({ "": ["type=cdir; /", "type=file;size=5; a", "type=dir; b"] });
    expect(await listOnce({ ...mlst, MLSD: facts })).toEqual({
      names: ["a", "b"],
      error: undefined,
      asked: ["MLSD"],
    });
  });

  test.each(["500 MLSD not understood", "502 Command not implemented.", "501 what?", "504 not so"])(
    "MLSD that is refused with %s is LIST, from then on",
    async (refusal) => {
      const script = { ...mlst, MLSD: refusal, LIST: listing({ "-a": [...DOTS, file("a")] }) };
      const [first, second] = await list(script, ["/one", "/two"]);
      expect(first).toEqual({ names: ["a"], error: undefined, asked: ["CWD /one", "MLSD", "LIST -a"] });
      expect(second).toEqual({ names: ["a"], error: undefined, asked: ["CWD /two", "LIST -a"] });
    },
  );

  test.each(["450 busy", "550 Permission denied", "530 Please login", "421 Timeout."])(
    "MLSD that is refused with %s is an error, and no other way is tried",
    async (refusal) => {
      const { names, error, asked } = await listOnce({ ...mlst, MLSD: refusal });
      expect(error).toBeInstanceOf(ReplyError);
      expect({ names, asked }).toEqual({ names: [], asked: ["MLSD"] });
    },
  );
});

describe("data connections", () => {
  const epsv = { FEAT: ["211-Features", " EPSV", "211 End"] };
  const dotted = listing({ "-a": [...DOTS, file("a")] });

  test.each(["500 EPSV not understood", "502 Command not implemented.", "522 Use PASV"])(
    "EPSV that is refused with %s is PASV, from then on",
    async (refusal) => {
      const [first, second] = await list({ ...epsv, EPSV: refusal, LIST: dotted }, ["/one", "/two"]);
      expect(first).toEqual({ names: ["a"], error: undefined, asked: ["CWD /one", "EPSV", "LIST -a"] });
      expect(second?.asked).toEqual(["CWD /two", "LIST -a"]);
    },
  );

  test("without any passive form, the server connects to us", async () => {
    const script = { ...epsv, EPSV: "500 no", PASV: "502 no", LIST: dotted };
    // A scripted server connects from the address of this machine, not from its own.
    const [first, second] = await list(script, ["/one", "/two"], { dataAddresses: ["127.0.0.1"] });
    expect(first).toEqual({
      names: ["a"],
      error: undefined,
      asked: ["CWD /one", "EPSV", "PORT", "LIST -a"],
    });
    expect(second?.asked).toEqual(["CWD /two", "PORT", "LIST -a"]);
  });

  const closed: Script = { PASV: "502 no", PORT: "500 no", EPRT: "500 no" };

  test("without any data connection, STAT lists over the control connection, hidden names too", async () => {
    const script = {
      ...closed,
      STAT: listingInReply({ "-la .": ["total 0", ...DOTS, file(".hidden"), file("a b")] }),
    };
    const [first, second] = await list(script, ["/one", "/two"]);
    expect(first?.error).toBeUndefined();
    expect(first?.names).toEqual([".hidden", "a b"]);
    expect(second).toEqual({
      names: [".hidden", "a b"],
      error: undefined,
      asked: ["CWD /two", "STAT -la ."],
    });
  });

  test("a STAT that takes its options for a name is STAT of the directory", async () => {
    const script = { ...closed, STAT: listingInReply({ "-la .": [], ".": [file("a")] }) };
    const { names, error, asked } = await listOnce(script);
    expect({ names, error }).toEqual({ names: ["a"], error: undefined });
    expect(asked.slice(-2)).toEqual(["STAT -la .", "STAT ."]);
  });

  test("a server configured as always passive is not asked to connect", async () => {
    const { asked } = await listOnce(
      { ...closed, STAT: listingInReply({ "-la .": [...DOTS, file("a")] }) },
      ["/"],
      { dataOpening: "passive" },
    );
    expect(asked.filter((line) => /^(PORT|EPRT)/.test(line))).toEqual([]);
  });
});

/** STAT with a listing in its reply. */
function listingInReply(answers: Readonly<Record<string, readonly string[]>>): Answer {
  return (session, argument) => {
    const lines = answers[argument];
    if (lines === undefined) return session.reply("501 what?");
    session.reply("213-Status follows:", ...lines, "213 End of status");
  };
}

describe("names", () => {
  test("with spaces, arrows and leading blanks arrive as they are", async () => {
    const names = ["a b", " leading", "trailing ", "a -> b", "-a", "total 0", "[x] *"];
    const listed = await listOnce({ LIST: listing({ "-a": [...DOTS, ...names.map(file)] }) });
    expect(listed).toMatchObject({ names, error: undefined });
  });

  test("in MLSD are all that follows the first space", async () => {
    const names = ["a b", " leading", "a; type=dir; b", "="];
    const lines = names.map((name) => `type=file;size=5; ${name}`);
    const listed = await listOnce({
      FEAT: ["211-Features", " MLST type*;", "211 End"],
      MLSD: listing({ "": lines }),
    });
    expect(listed).toMatchObject({ names, error: undefined });
  });
});

describe("on a server that reads nothing while it sends, from the third directory on", () => {
  const VSFTPD: Script = { greeting: "220 (vsFTPd 3.0.3)" };
  const IN_TURN = { isInTurn: true };
  const where = (session: Session) => directoryOf.get(session) ?? "/";
  const directoryOf = new WeakMap<Session, string>();
  const CWD: Answer = (session, path) => {
    if (path.startsWith("/shut")) return session.reply("550 Failed to change directory.");
    directoryOf.set(session, path);
    session.reply("250 Directory successfully changed.");
  };
  const LIST: Answer = (session) => send(session, [...DOTS, file(`in${where(session).replace("/", "-")}`)]);

  test("a listing is asked for in one write with CWD, and where to connect before the one before it has ended", async () => {
    await using server = await scriptedServer({ ...WITHOUT_FACTS, ...VSFTPD, CWD, LIST }, IN_TURN);
    const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
    const names: string[] = [];
    const begin = server.commands.length;
    for (const directory of ["/one", "/two", "/three"])
      for await (const { name } of listDirectory(client, directory, NOW_MS, signal)) names.push(name);
    client.destroy(new ConnectionError("test over"));
    expect(names).toEqual(["in-one", "in-two", "in-three"]);
    expect(server.commands.slice(begin, begin + 9)).toEqual([
      ...["CWD /one", "PASV", "LIST -a"],
      ...["CWD /two", "PASV", "LIST -a", "PASV"],
      ...["CWD /three", "LIST -a"],
    ]);
  });

  test("promise 4, a directory that cannot be entered is an error, and entries listed instead are not reported", async () => {
    const all = await list(
      { ...VSFTPD, CWD, LIST },
      ["/one", "/shut", "/two", "/shut/too", "/three"],
      IN_TURN,
    );
    expect(all.map(({ names }) => names)).toEqual([["in-one"], [], ["in-two"], [], ["in-three"]]);
    expect(String(all[1]?.error)).toMatch(/CWD \/shut: 550/);
    expect(String(all[3]?.error)).toMatch(/CWD \/shut\/too: 550/);
    expect(all[4]?.error).toBeUndefined();
  });

  test("promise 4, after a transfer with a third party the server is asked again to listen for us", async () => {
    await using server = await scriptedServer({ ...WITHOUT_FACTS, ...VSFTPD, CWD, LIST }, IN_TURN);
    const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
    const names: string[] = [];
    for (const directory of ["/one", "/two", "/three"]) {
      for await (const { name } of listDirectory(client, directory, NOW_MS, signal)) names.push(name);
      await client.ask(port({ address: "127.0.0.9", port: 9 }), signal);
    }
    await client.close();
    expect(names).toEqual(["in-one", "in-two", "in-three"]);
    const said = server.commands.map((line) => line.split(" ")[0]).join(" ");
    expect(said).toMatch(/PASV( LIST)? PASV PORT CWD PASV LIST PASV PORT QUIT$/);
  });

  test("one that says nothing more is not waited for at the end", async () => {
    let passive = 0;
    const PASV: Answer = async (session) => {
      passive += 1;
      if (passive < 3) session.reply(await session.listen());
    };
    await using server = await scriptedServer({ ...WITHOUT_FACTS, ...VSFTPD, CWD, LIST, PASV }, IN_TURN);
    const patient = { timeouts: { ...soon.timeouts, replyMs: 60_000 } };
    const client = await Client.connect(settingsFor("alpha", server, patient), undefined, signal);
    for (const directory of ["/one", "/two"])
      for await (const { name } of listDirectory(client, directory, NOW_MS, signal))
        expect(name).toMatch(/^in-/);
    await client.close();
    expect(client.isUsable).toBe(false);
  });

  test("who will not listen before it is asked in its turn is asked in its turn", async () => {
    let passive = 0;
    const PASV: Answer = async (session) => {
      passive += 1;
      if (passive === 2) session.reply("425 not now");
      else session.reply(await session.listen());
    };
    const [one, two, three] = await list({ ...VSFTPD, CWD, LIST, PASV }, ["/one", "/two", "/three"], IN_TURN);
    expect([one, two, three].map((listed) => [listed?.names, listed?.error])).toEqual([
      [["in-one"], undefined],
      [["in-two"], undefined],
      [["in-three"], undefined],
    ]);
  });

  test("nothing is asked for where the server cannot listen: what is written behind that may never be answered", async () => {
    let passive = 0;
    const PASV: Answer = async (session) => {
      passive += 1;
      if (passive === 3) session.reply("425 EPSV: Address already in use");
      else session.reply(await session.listen());
    };
    const all = await list({ ...VSFTPD, CWD, LIST, PASV }, ["/one", "/two", "/three", "/four"], IN_TURN);
    expect(all.map(({ names, error }) => [names, error])).toEqual([
      [["in-one"], undefined],
      [["in-two"], undefined],
      [["in-three"], undefined],
      [["in-four"], undefined],
    ]);
    expect(all[2]?.asked).toEqual(["CWD /three", "LIST -a"]);
  });

  test("promise 4, a server that loses commands causes an error and not an empty directory", async () => {
    let passive = 0;
    const PASV: Answer = async (session) => {
      passive += 1;
      if (passive !== 3) session.reply(await session.listen());
    };
    const all = await list({ ...VSFTPD, CWD, LIST, PASV }, ["/one", "/two", "/three"], IN_TURN);
    expect(all.map(({ names }) => names)).toEqual([["in-one"], ["in-two"], []]);
    expect(all[2]?.error).toBeInstanceOf(Error);
  });
});
