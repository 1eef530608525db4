import { expect, test } from "vitest";
import { findNetrc, parseNetrc } from "../../../../src/config/load/netrc.ts";

test("entries may stand on one line or on many", () => {
  const text =
    "machine a login me password x\nmachine b\n\tlogin you\n\tpassword y\n\taccount z\ndefault login any";
  expect(parseNetrc(text)).toEqual([
    { machine: "a", login: "me", password: "x" },
    { machine: "b", login: "you", password: "y", account: "z" },
    { login: "any" },
  ]);
});

test.each([
  ['password "two words"', "two words"],
  ['password "a\\"b\\\\c"', 'a"b\\c'],
  ['password ""', ""],
  ["password back\\slash", "back\\slash"],
  ["password #hush", "#hush"],
  ["password machine", "machine"],
  ['password "open', '"open'],
  ['password mid"dle', 'mid"dle'],
])("%s", (text, password) => {
  expect(parseNetrc(`machine a ${text}`)).toEqual([{ machine: "a", password }]);
});

test("comments and unknown words are passed over, and macros are their entry's", () => {
  const text = [
    "# machine no login no",
    "machine a login me # behind an entry",
    "port 21 password x",
    "macdef init",
    "machine inside login no",
    "",
    "machine b login you",
    "macdef last",
    "machine inside login no",
  ].join("\n");
  expect(parseNetrc(text)).toEqual([
    {
      machine: "a",
      login: "me",
      password: "x",
      macros: new Map([["init", ["machine inside login no"]]]),
    },
    { machine: "b", login: "you", macros: new Map([["last", ["machine inside login no"]]]) },
  ]);
});

test("what is before the first machine belongs to nobody", () => {
  expect(parseNetrc("login me password x machine")).toEqual([{ machine: "" }]);
});

test("the first entry that fits the server and the user is taken, the default fits any server", () => {
  const entries = parseNetrc(
    "machine A login me password 1 machine a login you password 2 default login any password 3",
  );
  expect(findNetrc(entries, "a", undefined)?.password).toBe("1");
  expect(findNetrc(entries, "a", "you")?.password).toBe("2");
  expect(findNetrc(entries, "b", undefined)?.password).toBe("3");
  expect(findNetrc(entries, "b", "you")).toBeUndefined();
  expect(findNetrc(parseNetrc("machine a password 1"), "a", "you")?.password).toBe("1");
});
