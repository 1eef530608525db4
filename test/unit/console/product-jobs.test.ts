import { describe, expect, test } from "vitest";
import { connected, play } from "../../support/console-world.ts";

describe("jobs", () => {
  test("a command of fxpd with & at its end goes on while others are carried out", () => {
    const { programs, out, session } = play(
      ["mirror a:/x b:/x &", "doctor &", "jobs"],
      {},
      connected("both"),
    );
    expect(programs).toEqual(["mirror a:/x b:/x &", "doctor one two &"]);
    expect(out).toContain("[1] mirror a:/x b:/x\n");
    expect(session.failures).toBe(0);
  });

  test("wait counts a job that failed, once", () => {
    expect(play(["diff a:/x b:/x --fails &", "wait 1"]).session.failures).toBe(1);
    expect(play(["diff a:/x b:/x &", "wait"]).session.failures).toBe(0);
    expect(play(["wait soon"]).err).toContain("not the number of a job");
  });

  test("& after a classic command is a word, as it always was", () => {
    expect(play(["get a &"]).moved).toEqual(["first:a -> local:&"]);
  });
});

describe("tls and transcript", () => {
  test("tls shows how each connection is protected, and sets the policy of the next ones", () => {
    expect(play(["tls"], {}, connected("both")).out).toBe("first is protected\nsecond is protected\n");
    expect(play(["tls required"]).session.tls).toBe("required");
    expect(play(["tls maybe"]).err).toContain("required, prefer, off");
  });

  test("transcript shows the newest lines, or names the file that they are written to", () => {
    expect(play(["pwd", "transcript"]).out).toContain("PWD");
    expect(play(["transcript talk.log", "transcript off"]).out).toBe(
      "Transcript on: talk.log\nTranscript off.\n",
    );
  });
});

describe("settings that old clients have", () => {
  test("glob server has the server match patterns; glob on does not", () => {
    const toggles = { ...connected().toggles, prompt: false };
    const world = { there: { "*.txt": ["a.txt", "b.txt"], "": ["c.txt"] } };
    const from = connected("first", { toggles });
    expect(play(["glob server", "mget *.txt"], world, from).moved).toHaveLength(2);
    expect(play(["glob server", "glob on", "mget *.txt"], world, from).moved).toEqual([
      "first:c.txt -> local:c.txt",
    ]);
  });

  test("ipv4, ipv6 and ipany choose which addresses are connected to", () => {
    expect(play(["ipv4"]).session.family).toBe(4);
    expect(play(["ipv6", "ipany"]).session.family).toBeUndefined();
  });

  test("cd without a word goes to the login directory in a terminal, and to the next line in a script", () => {
    expect(play(["cd"], {}, connected("first", { isScript: false })).sent).toEqual(["CWD /home"]);
    expect(play(["cd"], { answers: ["pub"] }).sent).toEqual(["CWD pub"]);
    expect(play(["cd"]).err).toContain("usage: cd");
  });

  test("newer looks into the listing where the server has no MDTM", () => {
    const here = { "a.txt": { modifiedMs: 1_000 } };
    const world = { replies: { MDTM: "502 not here" }, there: { "": ["a.txt"] }, here };
    expect(play(["newer a.txt"], world).err).toContain("gives no time");
    expect(play(["newer b.txt"], { ...world, here: { "b.txt": {} } }).err).toContain("No such file");
  });

  test("restart holds for one transfer, also for one that fails, and not in ASCII", () => {
    const { moved } = play(["restart 5", "get a", "get b"]);
    expect(moved).toEqual(["raw a RETR from 5 a", "first:b -> local:b"]);
    const broken = new Map([["nope", new Error("gone")]]);
    expect(play(["restart 5", "get nope", "get b"], { broken }).moved).toEqual(["first:b -> local:b"]);
    const ascii = play(["ascii", "restart 5", "get a"]);
    expect([ascii.moved, ascii.err]).toEqual([[], expect.stringContaining("not in ASCII")]);
  });
});
