import { describe, expect, test } from "vitest";
import { type Toggle, TOGGLES } from "../../../src/console/session.ts";
import { connected, play } from "../../support/console-world.ts";
import { FILES } from "../../support/console-files.ts";

describe("toggles", () => {
  const simple = (Object.keys(TOGGLES) as Toggle[]).filter((name) => name !== "passive");
  test.each(simple)("%s goes over, and is set by on and off", (name) => {
    const initial = connected().toggles[name];
    expect(play([name]).session.toggles[name]).toBe(!initial);
    expect(play([name, name]).session.toggles[name]).toBe(initial);
    expect(play([`${name} on`, `${name} on`]).session.toggles[name]).toBe(true);
    expect(play([`${name} off`]).session.toggles[name]).toBe(false);
    expect(play([`${name} perhaps`]).err).toContain("neither on nor off");
    expect(play([`${name} on`, "status"]).out).toContain(`${TOGGLES[name].says}: on`);
  });

  test("passive means passive in a script, and active only the second time, or when it is off", () => {
    const passive = (...lines: readonly string[]) => play(lines).session.toggles.passive;
    expect(passive("passive")).toBe(true);
    expect(passive("passive", "passive")).toBe(false);
    expect(passive("passive off")).toBe(false);
    expect(passive("passive on")).toBe(true);
    expect(play(["passive"], {}, connected("first", { isScript: false })).session.toggles.passive).toBe(
      false,
    );
  });

  test("hash takes the number of bytes that a mark stands for", () => {
    expect(play(["hash 4k"]).session).toMatchObject({ hashBytes: 4096, toggles: { hash: true } });
    expect(play(["hash 0"]).err).toContain("at least one byte");
  });
});

describe("macros", () => {
  test("lines up to an empty one are kept, and carried out with their words", () => {
    const { sent } = play(["macdef up", "cd $1", "mkdir $2", "", "$ up pub new"]);
    expect(sent).toEqual(["CWD pub", "MKD new"]);
  });

  test("$i stands for each word in turn", () => {
    expect(play(["macdef all", "delete $i", "", "$all a b c"]).sent).toEqual(["DELE a", "DELE b", "DELE c"]);
  });

  test("a backslash keeps a dollar", () => {
    expect(play(["macdef x", "cd \\$1", "", "$x no"]).sent).toEqual(["CWD $1"]);
  });

  test("bye in a macro is its last line, in one that it calls as well", () => {
    const lines = [
      "macdef in",
      "bye",
      "mkdir never",
      "",
      "macdef out",
      "mkdir made",
      "$ in",
      "mkdir never",
      "",
    ];
    const { sent, err } = play([...lines, "$ out"]);
    expect([sent, err]).toEqual([["MKD made", "QUIT"], ""]);
  });

  test("a macro that calls itself ends", () => {
    const { err } = play(["macdef again", "$ again", "", "$ again"]);
    expect(err).toContain("16 deep");
  });

  test("an unknown name is reported, with the known ones", () => {
    expect(play(["macdef a", "pwd", "", "$ b"]).err).toContain("there are a");
  });

  test("close forgets them", () => {
    expect(play(["macdef a", "pwd", "", "close"]).session.macros.size).toBe(0);
  });
});

describe("login and connection", () => {
  test.each([
    [{ USER: "230 in" }, ["USER me", "ACCT acc"], 0],
    [{ USER: "331 word", PASS: "230 in" }, ["USER me", "PASS pw", "ACCT acc"], 0],
    [{ USER: "331 word", PASS: "332 account", ACCT: "230 in" }, ["USER me", "PASS pw", "ACCT acc"], 0],
    [{ USER: "332 account", ACCT: "230 in" }, ["USER me", "ACCT acc"], 0],
    [{ USER: "331 word", PASS: "530 no" }, ["USER me", "PASS pw"], 1],
    [{ USER: "530 no" }, ["USER me"], 1],
  ])("user me pw acc, where the server says %j", (replies, sent, failures) => {
    const played = play(["user me pw acc"], { replies });
    expect(played.sent).toEqual(sent);
    expect(played.session.failures).toBe(failures);
  });

  test("a password that is not on the line is asked for", () => {
    const { sent } = play(["user me"], { replies: { USER: "331 word" }, answers: ["asked"] });
    expect(sent).toEqual(["USER me", "PASS asked"]);
  });

  test("open twice fails, after close it does not", () => {
    const { err, session } = play(["open other", "close", "open other"]);
    expect(err).toBe("Already connected to one, use close first.\n");
    expect(session.servers.first?.name).toBe("other");
  });

  test("a command without a connection says that there is none", () => {
    const { err, session } = play(["close", "get a"]);
    expect(err).toBe("Not connected.\n");
    expect(session.failures).toBe(1);
  });

  test("bye says goodbye to both servers", () => {
    const { sent, session } = play(["bye"], {}, connected("both"));
    expect(sent).toEqual(["2:QUIT", "QUIT"]);
    expect(session.isLeaving).toBe(true);
  });

  test("a missing word is the next line", () => {
    expect(play(["cd"], { answers: ["pub"] }).sent).toEqual(["CWD pub"]);
    expect(play(["cd"]).err).toContain("usage: cd");
  });
});

describe("what is sent as it is", () => {
  test("quote sends its words, and what it changes is known", () => {
    const { sent, session } = play(["quote site idle 60", "literal TYPE A"]);
    expect(sent).toEqual(["site idle 60", "TYPE A"]);
    expect(session.servers.first?.representation.type).toBe("A");
  });

  test.each(["RETR a", "stor a", "LIST", "NLST"])(
    "quote %s would need a data connection, and is refused",
    (line) => {
      const { sent, err } = play([`quote ${line}`]);
      expect([sent, err]).toEqual([[], expect.stringContaining("data connection")]);
    },
  );

  test("quote AUTH TLS is refused, and what to do is said", () => {
    expect(play(["quote AUTH TLS"]).err).toContain("--tls");
  });

  test("rename goes on only where the server asks for the other name", () => {
    expect(play(["rename a b"], { replies: { RNFR: "350 to" } }).sent).toEqual(["RNFR a", "RNTO b"]);
    expect(play(["rename a b"], { replies: { RNFR: "550 no" } }).sent).toEqual(["RNFR a"]);
  });

  test("cd takes blanks without quotes where the server has such a directory, else the first word", () => {
    expect(play(["cd my files"], { replies: { CWD: "250 there" } }).sent).toEqual(["CWD my files"]);
    const sent = play(["cd my files"], { replies: { CWD: "550 no" } }).sent;
    expect(sent).toEqual(["CWD my files", "CWD my"]);
    expect(play(['cd "my files"'], { replies: { CWD: "250 there" } }).sent).toEqual(["CWD my files"]);
  });

  test("cdup falls back to CWD ..", () => {
    expect(play(["cdup"], { replies: { CDUP: "502 no" } }).sent).toEqual(["CDUP", "CWD .."]);
  });

  test("chmod refuses symbolic modes before anything is sent", () => {
    expect(play(["chmod u+x a"]).sent).toEqual([]);
    expect(play(["chmod 755 a"]).sent).toEqual(["SITE CHMOD 755 a"]);
  });
});

describe("representation", () => {
  test.each([
    ["ascii", "TYPE A"],
    ["binary", "TYPE I"],
    ["ebcdic", "TYPE E"],
    ["tenex", "TYPE L 8"],
    ["type ascii telnet", "TYPE A T"],
    ["mode block", "MODE B"],
    ["mode c", "MODE C"],
    ["mode deflate", "MODE Z"],
    ["struct record", "STRU R"],
  ])("%s sends %s", (line, command) => {
    expect(play([line]).sent).toEqual([command]);
  });

  test("form is the second word of TYPE", () => {
    expect(play(["ascii", "form telnet", "form carriage-control", "form non-print"]).sent).toEqual([
      "TYPE A",
      "TYPE A T",
      "TYPE A C",
      "TYPE A N",
    ]);
  });

  test("a server that refuses keeps what it had", () => {
    const { session } = play(["mode block", "struct record"], {
      replies: { MODE: "504 no", STRU: "504 no" },
    });
    expect(session.servers.first?.representation).toMatchObject({ mode: "S", structure: "F" });
    expect(session.failures).toBe(2);
  });

  test("pages are refused in a sentence", () => {
    expect(play(["struct page"]).err).toContain("TOPS-20");
  });
});

describe("proxy", () => {
  test("get goes from the first to the second, put from the second to the first", () => {
    expect(play(["proxy get a", "proxy put b c"], {}, connected("both")).moved).toEqual([
      "first:a -> second:a",
      "second:b -> first:c",
    ]);
  });

  test("mget and mput match at the server that files leave", () => {
    const both = connected("both", { toggles: { ...connected().toggles, prompt: false } });
    expect(play(["proxy mget *18*"], { there: FILES }, both).moved).toHaveLength(2);
    expect(play(["proxy mput *19*"], { there: FILES }, both).moved).toEqual([
      "second:RFC-1900.txt -> first:RFC-1900.txt",
    ]);
  });

  test("any other command goes to the second server", () => {
    const { sent, session } = play(["proxy mkdir new", "proxy ascii", "mkdir old"], {}, connected("both"));
    expect(sent).toEqual(["2:MKD new", "2:TYPE A", "MKD old"]);
    expect(session.servers.second?.representation.type).toBe("A");
    expect(session.servers.first?.representation.type).toBe("I");
  });

  test("close of the first leaves the second", () => {
    const { session } = play(["close"], {}, connected("both"));
    expect(Object.keys(session.servers)).toEqual(["second"]);
  });

  test("without a second server nothing moves", () => {
    const { moved, err } = play(["proxy get a"]);
    expect([moved, err]).toEqual([[], expect.stringContaining("No proxy connection")]);
  });
});

describe("help", () => {
  test("help of a reply class says in words what it means", () => {
    expect(play(["help 4yz"]).out).toContain("transient failure");
    expect(play(["help 530"]).out).toContain("authentication");
  });

  test("help of a command has its words, and of an abbreviation all that it may be", () => {
    expect(play(["help get"]).out).toContain("get REMOTE [LOCAL]");
    expect(play(["help mg"]).out).toContain("mget PATTERN");
    expect(play(["help nothing"]).session.failures).toBe(1);
  });
});
