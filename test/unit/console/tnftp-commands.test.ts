import { describe, expect, test } from "vitest";
import { connected, play } from "../../support/console-world.ts";

const quiet = () => connected("first", { toggles: { ...connected().toggles, prompt: false } });

describe("cd -", () => {
  test("goes back to the directory before the newest cd, and says where that is", () => {
    const { sent, out } = play(["cd pub", "cd -"], { directory: "/home" });
    expect(sent).toEqual(["CWD pub", "CWD /home"]);
    expect(out).toBe("Remote directory: /home\n");
  });

  test("without a directory before, nothing is sent and the line fails", () => {
    const { sent, err, session } = play(["cd -"], { directory: "/home" });
    expect([sent, session.failures]).toEqual([[], 1]);
    expect(err).toContain("no directory was left before");
  });

  test("cd - has nothing to return to after a cd that was refused; after cdup it has", () => {
    const replies = { CWD: "550 no" };
    expect(play(["cd pub", "cd -"], { directory: "/home", replies }).err).toContain("no directory was left");
    expect(play(["cdup", "cd -"], { directory: "/home" }).sent).toEqual(["CDUP", "CWD /home"]);
  });
});

describe("reget and mreget", () => {
  test("the end of what is here is compared, unless --force says otherwise", () => {
    const here = { a: { sizeBytes: 100_000 } };
    expect(play(["reget a"], { here }).err).toContain(
      "only the end of the part that is already here is compared",
    );
    expect(play(["reget --force a"], { here }).err).toContain(
      "the part that is already here is not compared",
    );
    expect(play(["reget --force"], { here }).err).toContain("name the file");
  });

  test("mreget goes on with what is here, and gets what is not", () => {
    const { moved } = play(["mreget *"], { there: { "": ["a", "b", "d/"] }, here: { a: {} } }, quiet());
    expect(moved).toEqual(["raw a RETR from 1 a", "first:b -> local:b"]);
  });
});

describe("fget", () => {
  test("gets each file of a list without asking, and goes on after one that fails", () => {
    const lines = { list: ["a", "", "pub/b"] };
    const { moved, session } = play(["fget list"], { lines, answers: ["n", "n"] });
    expect(moved).toEqual(["first:a -> local:a", "first:pub/b -> local:b"]);
    expect(session.toggles.prompt).toBe(true);
  });
});

describe("page, more, less, lpage", () => {
  test.each(["page", "more", "less"])("%s shows a file of the server through the pager", (name) => {
    expect(play([`${name} a`]).moved).toEqual(["raw a RETR from 0 |${PAGER:-more}"]);
    expect(play(["set pager cat -n", `${name} a`]).moved).toEqual(["raw a RETR from 0 |cat -n"]);
  });

  test("lpage shows a file of this machine, and none that is not there", () => {
    expect(play(["lpage a"], { here: { a: {} } }).session.failures).toBe(0);
    expect(play(["lpage a"]).err).toContain("No such file");
  });

  test.each([
    ["it's", "cat < 'it'\\''s'"],
    ["~/a b", "cat < ~/'a b'"],
    ["$(touch x)", "cat < '$(touch x)'"],
  ])("the shell takes the name %j as it is", (name, command) => {
    const { shells } = play(["set pager cat", `lpage "${name}"`], { here: { [name]: {} } });
    expect(shells).toEqual([command]);
  });
});

describe("set and unset", () => {
  test("an option is set, listed and removed; a password is not shown", () => {
    const { out } = play(["set anonpass me@example.org", "set pager less -R", "set", "unset pager", "set"]);
    expect(out).toContain("pager       less -R");
    expect(out).toMatch(/pager +unset/);
    expect(out).not.toContain("me@example.org");
  });

  test.each(["set colour red", "unset colour", "set pager", "set auto-type perhaps"])("%s fails", (line) => {
    const { session, err } = play([line]);
    expect(session.failures).toBe(1);
    expect(err).not.toBe("");
  });

  test("anonpass is the password of anonymous logins, and of no other", () => {
    const replies = { USER: "331 password" };
    const lines = ["set anonpass me@example.org", "user anonymous", "user other"];
    const { sent } = play(lines, { replies, answers: ["typed"] });
    expect(sent).toEqual(["USER anonymous", "PASS me@example.org", "USER other", "PASS typed"]);
  });

  test("auto-type: archives are verified and binary though the type is ASCII; text is not", () => {
    const here = { "x.zip": {} };
    const { moved, session } = play(
      [
        "ascii",
        "set auto-type on",
        "get a.tar.gz",
        "get a.txt",
        "put x.zip",
        "get b.Z",
        "set auto-type off",
        "get b.Z",
      ],
      { here },
      quiet(),
    );
    expect(moved).toEqual([
      "first:a.tar.gz -> local:a.tar.gz",
      "raw a.txt RETR from 0 a.txt",
      "local:x.zip -> first:x.zip",
      "first:b.Z -> local:b.Z",
      "raw b.Z RETR from 0 b.Z",
    ]);
    expect(session.servers.first?.representation.type).toBe("A");
  });
});

describe("rate and xferbuf", () => {
  test.each([
    ["rate all 10k", { get: 10_240, put: 10_240 }],
    ["rate get 1M", { get: 1_048_576 }],
    ["rate put 512", { put: 512 }],
  ])("%s", (line, rates) => {
    expect(play([line]).session.rates).toEqual(rates);
    expect(play([line, "rate all 0"]).session.rates).toEqual({});
    expect(play([line, "status"]).out).toContain("Bytes per second at most");
  });

  test("one direction is changed without the other, and both are told", () => {
    const { session, out } = play(["rate all 10k", "rate get", "rate"]);
    expect(session.rates).toEqual({ put: 10_240 });
    expect(out).toContain("Rate of get: no limit; Rate of put: 10240 bytes per second");
  });

  test.each(["rate sideways 5", "rate all fast", "xferbuf much"])("%s fails", (line) => {
    expect(play([line]).session.failures).toBe(1);
  });

  test("an increment and xferbuf are accepted, and said to have no effect", () => {
    const { session, err } = play(["rate all 10k 1k", "xferbuf 64k"]);
    expect(session.failures).toBe(0);
    expect(err).toContain("the increment is not used");
    expect(err).toContain("buffers have the size that they need");
  });
});
