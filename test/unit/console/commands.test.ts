import { describe, expect, test } from "vitest";
import { ConsoleError } from "../../../src/console/errors.ts";
import { type Toggle, TOGGLES } from "../../../src/console/session.ts";
import { connected, play } from "../../support/console-world.ts";

const FILES = { "": ["RFC-1799.txt", "RFC-1800.txt", "RFC-1899.txt", "RFC-1900.txt", "sub/", ".hidden"] };
const quiet = () => connected("first", { toggles: { ...connected().toggles, prompt: false } });

describe("several files", () => {
  test("mget RFC-18*.txt gets exactly 1800 to 1899, and no directory", () => {
    const { moved } = play(["mget RFC-18*.txt"], { there: FILES }, quiet());
    expect(moved).toEqual([
      "first:RFC-1800.txt -> local:RFC-1800.txt",
      "first:RFC-1899.txt -> local:RFC-1899.txt",
    ]);
  });

  test("a name with a dot before it is matched only by a pattern that has one", () => {
    expect(play(["mget *"], { there: { "": ["a", ".b"] } }, quiet()).moved).toEqual(["first:a -> local:a"]);
    expect(play(["mget .*"], { there: { "": ["a", ".b"] } }, quiet()).moved).toEqual([
      "first:.b -> local:.b",
    ]);
  });

  test.each(["|touch hacked", "-rf", "../up", "/etc/passwd", "a/b"])(
    "a hostile name %j from a listing is no local file",
    (name) => {
      const { moved, session } = play(["mget *"], { there: { "": [name] } }, quiet());
      // Names with a slash are none that a listing may have: what is left of them is one name here.
      for (const one of moved) expect(one.split("local:")[1]).not.toMatch(/^[|/-]|\.\.|\//);
      expect(moved.length + session.failures).toBe(1);
    },
  );

  test("a pattern that matches nothing is said, and the command has failed", () => {
    const { err, session, moved } = play(["mget *.iso"], { there: FILES }, quiet());
    expect(err).toContain("*.iso: no match.");
    expect([session.failures, moved]).toEqual([1, []]);
  });

  test("glob off takes wildcards as they are", () => {
    expect(play(["glob off", "mget *.txt"], { there: FILES }, quiet()).moved).toEqual([
      "first:*.txt -> local:*.txt",
    ]);
  });

  test("one file that fails does not keep the others back", () => {
    const broken = new Map([["RFC-1800.txt", new ConsoleError("gone")]]);
    const { moved, err, session } = play(["mget RFC-18*"], { there: FILES, broken }, quiet());
    expect(moved).toHaveLength(1);
    expect(err).toBe("gone\n");
    expect(session.failures).toBe(1);
  });

  test("a terminal's answers: no, one, all; and quit", () => {
    const there = { "": ["1", "2", "3", "4"] };
    const person = connected("first", { isScript: false });
    expect(play(["mget *"], { there, answers: ["n", "y", "a"] }, person).moved).toHaveLength(3);
    expect(play(["mget *"], { there, answers: ["y", "q"] }, person).moved).toHaveLength(1);
    expect(play(["mget *"], { there, answers: ["n", "n", "n", "n"] }, person).moved).toHaveLength(0);
    const after = play(["mget *", "mget *"], { there, answers: ["p"] }, person);
    expect(after.moved).toHaveLength(8);
    expect(after.session.toggles.prompt).toBe(false);
  });

  test("a script in which nobody can be asked goes on as if all were meant, and says so once", () => {
    const { moved, err } = play(["mget RFC-18*", "mput *"], { there: FILES, here: { a: {}, b: {} } });
    expect(moved).toHaveLength(4);
    expect(err.match(/asked nothing/g)).toHaveLength(2);
  });

  test("mdelete deletes what matches, and leaves directories", () => {
    const { sent } = play(["mdelete *"], { there: FILES }, quiet());
    expect(sent).toEqual([
      "DELE RFC-1799.txt",
      "DELE RFC-1800.txt",
      "DELE RFC-1899.txt",
      "DELE RFC-1900.txt",
    ]);
  });

  test("mdelete of very many files asks a person once more", () => {
    const there = { "": Array.from({ length: 101 }, (_, index) => `f${index}`) };
    const person = { ...quiet(), isScript: false };
    expect(play(["mdelete *"], { there, answers: ["n"] }, person).sent).toEqual([]);
    expect(play(["mdelete *"], { there, answers: ["y"] }, person).sent).toHaveLength(101);
  });

  test("mput leaves directories out in the words of old clients", () => {
    const { moved, err } = play(["mput *"], { here: { a: {}, sub: { kind: "directory" } } }, quiet());
    expect(moved).toEqual(["local:a -> first:a"]);
    expect(err).toBe("sub: not a plain file.\n");
  });
});

describe("one file", () => {
  test("get goes to the place that was named, below it where that is a directory", () => {
    expect(play(["get a b"], {}).moved).toEqual(["first:a -> local:b"]);
    expect(play(["get pub/a dir"], { here: { dir: { kind: "directory" } } }).moved).toEqual([
      "first:pub/a -> local:dir/a",
    ]);
  });

  test("get of a pathname goes to its last part, unless its directory is here as well", () => {
    expect(play(["get /etc/passwd"]).moved).toEqual(["first:/etc/passwd -> local:passwd"]);
    expect(play(["get pub/a"]).moved).toEqual(["first:pub/a -> local:a"]);
    expect(play(["get pub/a"], { here: { pub: { kind: "directory" } } }).moved).toEqual([
      "first:pub/a -> local:pub/a",
    ]);
  });

  test("case, ntrans, nmap and runique make the local name, in this order", () => {
    const lines = ["case on", "ntrans _ -", "nmap $1.$2 $2.$1", "runique on", "get A_B.TXT"];
    const { moved } = play(lines, { here: { "txt.a-b": {}, "txt.a-b.1": {} } });
    expect(moved).toEqual(["first:A_B.TXT -> local:txt.a-b.2"]);
  });

  test("names that a person gives are not mapped", () => {
    expect(play(["case on", "get A.TXT B.TXT"]).moved).toEqual(["first:A.TXT -> local:B.TXT"]);
  });

  test("a restart holds for one transfer", () => {
    const { moved, out } = play(["restart 5", "get a b", "get a b"]);
    expect(moved).toEqual(["raw a RETR from 5 b", "first:a -> local:b"]);
    expect(out).toContain("restarting at 5");
  });

  test("reget goes on behind what is here, and refuses a file that is longer here", () => {
    const here = { a: { sizeBytes: 7 } };
    expect(play(["reget a"], { here, replies: { SIZE: "213 10" } }).moved).toEqual(["raw a RETR from 7 a"]);
    const longer = play(["reget a"], { here, replies: { SIZE: "213 3" } });
    expect([longer.moved, longer.err]).toEqual([[], expect.stringContaining("only 3")]);
    expect(play(["ascii", "reget a"], { here }).err).toContain("binary");
  });

  test("newer gets a file that is newer there, and says so where it is not", () => {
    const here = { a: { modifiedMs: Date.UTC(2026, 0, 2) } };
    const of = (time: string) => play(["newer a"], { here, replies: { MDTM: `213 ${time}` } }).moved;
    expect(of("20260102000001")).toHaveLength(1);
    expect(of("20260102000000")).toHaveLength(0);
    expect(of("20260101235959")).toHaveLength(0);
  });

  test("the shell and the console stand where a person typed them", () => {
    expect(play(["get a -", "get a |wc", 'put "|tar cf -" x.tar']).moved).toEqual([
      "raw a RETR from 0 -",
      "raw a RETR from 0 |wc",
      "raw x.tar STOR from 0 |tar cf -",
    ]);
    expect(play(["put |date"]).err).toContain("give the name on the server");
  });

  test("put takes the first match of a pattern, and refuses what is no file", () => {
    expect(play(["put *.x"], { here: { "b.x": {}, "a.x": {} } }).moved).toEqual(["local:a.x -> first:a.x"]);
    expect(play(["put d"], { here: { d: { kind: "directory" } } }).err).toBe("d: not a plain file.\n");
    expect(play(["put nope"]).err).toBe("local: nope: No such file or directory\n");
  });

  test("append, sunique and ASCII go raw, and each reason is said once", () => {
    const { moved, err } = play(
      ["append a", "append a", "sunique on", "put a", "put a", "sunique off", "ascii", "put a"],
      {
        here: { a: {} },
      },
    );
    expect(moved).toEqual([
      "raw a APPE from 0 a",
      "raw a APPE from 0 a",
      "raw a STOU from 0 a",
      "raw a STOU from 0 a",
      "raw a STOR from 0 a",
    ]);
    expect(err.match(/not verified/g)).toHaveLength(3);
  });
});

describe("listings", () => {
  test.each([
    ["ls", "list LIST  -"],
    ["ls -l", "list LIST -l -"],
    ["ls -l list.txt", "list LIST -l list.txt"],
    ["ls -l /pub list.txt", "list LIST -l /pub list.txt"],
    ["dir . |more", "list LIST . |more"],
    ["nlist pub", "list NLST pub -"],
    ["mls a b out.txt", "list NLST a out.txt,list NLST b out.txt"],
    ["mlsd", "list MLSD  -"],
  ])("%s", (line, expected) => {
    expect(play([line], {}, quiet()).moved.join(",")).toBe(expected);
  });
});

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

  test("one that there is not is said, with those that there are", () => {
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

  test("a command without a server says that there is none", () => {
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
