import { describe, expect, test } from "vitest";
import { Secrets } from "../../../src/ftp/secrets.ts";

function keeping(password: string, user = "mirror"): Secrets {
  const secrets = new Secrets(user);
  secrets.note({ verb: "PASS", argument: password });
  return secrets;
}
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("promise 6, a password that somebody repeats", () => {
  test.each<[string, string]>([
    ["hunter2", "530 hunter2 is wrong"],
    ["hunter2", "/home/hunter2/files"],
    ["hunter2", "'PASS hunter2': unknown"],
    ["tab\there", "you said tab\there"],
    ["tab\there", "you said tab\\there"],
    ["tab\there", "you said tab%09here"],
    ["tab\there", "you said tab\\x09here"],
    ["tab\there", "you said tab\\u0009here"],
    ["tab\there", "you said tab    here"],
    ["p@ss/w:rd", "ftp://mirror:p%40ss%2Fw%3Ard@host/"],
    ["p@ss/w:rd", "ftp://mirror:p%40ss/w%3ard@host/"],
    ["two words", "two+words"],
    ["two words", "two%20words"],
    ['a "quote"', 'said "a \\"quote\\""'],
    ['a "quote"', '257 "/a ""quote"""'],
    ["back\\slash", '"back\\\\slash"'],
    ["naïve-ß", "na%C3%AFve-%c3%9F"],
    ["hunter2", `AUTH PLAIN ${base64("\0mirror\0hunter2")}`],
    ["hunter2", `Authorization: Basic ${base64("mirror:hunter2")}`],
    ["hunter2", `token ${base64("hunter2")}`],
    ["a?b>c~~~", Buffer.from("a?b>c~~~").toString("base64url")],
  ])("%j is masked in %j", (password, text) => {
    const shown = keeping(password).masked(text);
    expect(shown).toContain("***");
    for (const piece of password.match(/[A-Za-z]{3,}/g) ?? []) expect(shown).not.toContain(piece);
  });

  test.each<[string, string]>([
    ["file", "550 no such profile, files or filename"],
    ["word", "331 Password required"],
    ["anon", "230 anonymous login"],
    ["hunter2", "hunter22"],
    ["mirror", "USER mirror"],
  ])("%j is not masked inside of other words, as in %j", (password, text) => {
    expect(keeping(password).masked(text)).toBe(text);
  });

  test.each(["a", "is", "the"])("and is as short as %j is not told by what is masked", (password) => {
    const secrets = keeping(password);
    const text = "550 a file is not the directory";
    expect(secrets.masked(text)).toBe(text);
    const reply = { code: 550, lines: [text] };
    expect(secrets.quotable(reply, { verb: "RETR", argument: "x" })).toBe(reply);
    // Where it may be repeated, nothing of the text is shown.
    const refused = secrets.quotable(
      { code: 530, lines: [`wrong: ${password} !`] },
      { verb: "PASS", argument: password },
    );
    expect(refused.lines.join()).not.toMatch(/wrong|\*\*\*/);
  });

  test("is masked in as much of a reply as repeats it", () => {
    const reply = { code: 530, lines: ["no", "you said hunter2"] };
    expect(keeping("hunter2").quotable(reply).lines).toEqual(["no", "you said ***"]);
    const other = { code: 530, lines: ["no"] };
    expect(keeping("hunter2").quotable(other)).toBe(other);
  });
});
