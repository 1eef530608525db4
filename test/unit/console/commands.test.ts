import { describe, expect, test } from "vitest";
import { ConsoleError } from "../../../src/console/errors.ts";
import { connected, play } from "../../support/console-world.ts";
import { FILES } from "../../support/console-files.ts";

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
    expect(err.match(/did not ask/g)).toHaveLength(2);
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

  test("reget resumes from the local size, and refuses a file that is longer here", () => {
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
