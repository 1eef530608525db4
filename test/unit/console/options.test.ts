import { describe, expect, test } from "vitest";
import { parseOptions, sessionOf } from "../../../src/console/options.ts";
import { ConfigError } from "../../../src/shared/errors.ts";
import { withoutSecrets } from "../../../src/console/secrets.ts";

describe("options", () => {
  test("letters are written together, as old scripts do it", () => {
    const options = parseOptions(["-inv", "ftp.example.org", "2121"]);
    expect(options.first).toEqual(["open ftp.example.org 2121"]);
    expect(sessionOf(options, true)).toMatchObject({
      isAutomatic: false,
      toggles: { prompt: false, verbose: true },
    });
  });

  test.each([
    [["-P", "2121", "host"], ["open host 2121"]],
    [["-a", "host"], ["open anonymous@host"]],
    [["ftp://host/pub/"], ["open ftp://host", "cd pub/"]],
    [["me@host"], ["open me@host"]],
    [[], []],
  ])("%j first does %j", (args, first) => {
    expect(parseOptions(args).first).toEqual(first);
  });

  test.each([
    [
      ["-o", "a.iso", "ftp://host/pub/a.iso"],
      ["open ftp://host", "get pub/a.iso a.iso"],
    ],
    [["ftp://host/pub/a%20b"], ["open ftp://host", 'get "pub/a b"']],
    [
      ["-u", "ftp://host/in/", "x/a", "b"],
      ["open ftp://host", "put x/a in/a", "put b in/b"],
    ],
    [
      ["-c", 'cd "a;b"; get x'],
      ['cd "a;b"', "get x"],
    ],
    [["ftp://host/a%E9"], ["open ftp://host", "get a\udce9"]],
  ])("%j does %j and nothing else", (args, commands) => {
    expect(parseOptions(args).commands).toEqual(commands);
  });

  test("Windows' -s: and ours name a file of commands", () => {
    expect(parseOptions(["-s:in.txt", "host"]).script).toBe("in.txt");
    expect(parseOptions(["-f", "in.txt"]).script).toBe("in.txt");
  });

  test("nothing is asked of what -c carries out", () => {
    expect(sessionOf(parseOptions(["-c", "mget *", "host"]), true).toggles.prompt).toBe(false);
    expect(sessionOf(parseOptions(["-f", "in.txt", "host"]), true).toggles.prompt).toBe(true);
  });

  test("called as Windows' client is, ls lists names and -A is an anonymous login, in any order", () => {
    for (const args of [
      ["-A", "-s:in.txt", "host"],
      ["-s:in.txt", "-A", "host"],
    ]) {
      const options = parseOptions(args);
      expect(options.first).toEqual(["open anonymous@host"]);
      expect(sessionOf(options, true)).toMatchObject({ lists: "NLST", toggles: { passive: true } });
    }
    expect(sessionOf(parseOptions(["-A", "host"]), true)).toMatchObject({
      lists: "LIST",
      toggles: { passive: false },
    });
  });

  test.each([["ftp://me:hush@host/100%"], ["-u", "ftp://host/a%zz", "b"]])(
    "a URL that is not percent-encoded as it should be is refused: %j",
    (...args) => {
      const refused = () => parseOptions(args);
      expect(refused).toThrow(ConfigError);
      expect(refused).toThrow(
        /^"ftp:\/\/.*host\/.*%.*" has a % that is not followed by two hexadecimal digits$/,
      );
      expect(refused).not.toThrow("hush");
    },
  );

  test.each([
    [["-x"]],
    [["--nope"]],
    [["-P"]],
    [["-q", "soon"]],
    [["--tls", "maybe"]],
    [["a", "21", "more"]],
    [["-o", "f"]],
  ])("%j is refused with what is wrong", (args) => {
    expect(() => parseOptions(args)).toThrow(/option|value|seconds|required|too many|URL/);
  });
});

test.each([
  ["user me secret", "user me"],
  ["user me secret account", "user me"],
  ["proxy user me secret", "proxy user me"],
  ["quote PASS secret", "quote PASS"],
  ["literal pass secret", "literal pass"],
  ["account secret", "account"],
  ["open ftp://me:secret@host/pub", "open ftp://me@host/pub"],
  ["get secret.txt", "get secret.txt"],
])("the history has %j as %j", (line, kept) => {
  expect(withoutSecrets(line)).toBe(kept);
});
