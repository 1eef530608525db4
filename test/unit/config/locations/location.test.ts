import { describe, expect, test } from "vitest";
import {
  formatLocation,
  parseLocation,
  parseStoredLocation,
  withoutPassword,
} from "../../../../src/config/locations/location.ts";
import { ambiguityOf } from "../../../../src/config/locations/ambiguity.ts";
import { ConfigError } from "../../../../src/shared/errors.ts";

const url = (scheme: string, address: string, path: string, more: object = {}) => {
  return { kind: "url", scheme, address, path, ...more };
};

describe("what a location means", () => {
  test.each([
    ["archive:/pub", { kind: "host", host: "archive", path: "/pub" }],
    ["archive:pub/*.iso", { kind: "host", host: "archive", path: "pub/*.iso" }],
    ["archive:", { kind: "host", host: "archive", path: "" }],
    ["a-1.b_c:x:y", { kind: "host", host: "a-1.b_c", path: "x:y" }],
    ["C:\\x", { kind: "host", host: "C", path: "\\x" }],
    ["/srv/a b", { kind: "local", path: "/srv/a b" }],
    ["./name:x", { kind: "local", path: "./name:x" }],
    ["../x", { kind: "local", path: "../x" }],
    ["..", { kind: "local", path: ".." }],
    ["out/", { kind: "local", path: "out/" }],
    ["out/a:b", { kind: "local", path: "out/a:b" }],
    [".hidden/x", { kind: "local", path: ".hidden/x" }],
    ["me@ftp.example.org:pub/x", url("ftp", "ftp.example.org", "pub/x", { user: "me" })],
    ["me@h:/x@y:z", url("ftp", "h", "/x@y:z", { user: "me" })],
    ["file:///srv/a%20b", { kind: "local", path: "/srv/a b" }],
    ["file://localhost/srv", { kind: "local", path: "/srv" }],
    ["ftp://h", url("ftp", "h", "")],
    ["FTP://h/", url("ftp", "h", "")],
    ["ftpes://h/pub", url("ftpes", "h", "pub")],
    ["ftps://h//pub", url("ftps", "h", "/pub")],
    ["ftp://h/%2Fpub", url("ftp", "h", "/pub")],
    ["ftp://me@h:2121/x", url("ftp", "h", "x", { user: "me", port: 2121 })],
    ["ftp://@h/x", url("ftp", "h", "x")],
    ["ftp://me:@h/x", url("ftp", "h", "x", { user: "me", password: "" })],
    ["ftp://a%40b:c%3Ad%2F@h/", url("ftp", "h", "", { user: "a@b", password: "c:d/" })],
    ["ftp://me@corp:p@h/", url("ftp", "h", "", { user: "me@corp", password: "p" })],
    ["ftp://[2001:db8::1]:21/x", url("ftp", "2001:db8::1", "x", { port: 21 })],
  ])("%s", (text, location) => {
    expect(parseLocation(text)).toEqual(location);
  });

  test.each([
    ["ftp://h/*.iso", "*.iso", "a wildcard is one"],
    ["ftp://h/%2A%3f%5B%7Bx", "\\*\\?\\[\\{x", "a percent-encoded one is a letter"],
    ["ftp://h/a\\*", "a\\*", "an escaped one is a letter too"],
    ["ftp://h/a\\%2A", "a\\*", "and is not escaped twice"],
    ["ftp://h/a\\\\%2A", "a\\\\\\*", "behind a backslash that is a letter"],
    ["ftp://h/a%5Cb", "a\\\\b", "a percent-encoded backslash is a letter"],
    ["ftp://h/caf%E9", "caf\udce9", "an octet that is no UTF-8 stays that octet"],
    ["ftp://h/caf%C3%A9", "café", "octets that are UTF-8 are text"],
  ])("%s: %s: %s", (text, path) => {
    expect(parseLocation(text).path).toBe(path);
  });
});

describe("what is no location", () => {
  test.each([
    [
      "me@host",
      '"me@host" is not a location; expected host:path, ftp://host/path or a local path such as ./me@host',
    ],
    ["", '"" is not a location; expected host:path, ftp://host/path or a local path such as ./file'],
    [
      "my host:x",
      '"my host:x" is not a location; expected host:path, ftp://host/path or a local path such as ./file',
    ],
    ["sftp://me:hush@h/x", '"sftp://me:***@h/x" has the scheme sftp; expected ftp, ftpes, ftps or file'],
    ["file://other/x", '"file://other/x" names another machine; expected file:///path'],
    [
      "ftp:///x",
      '"ftp:///x" contains no host name; expected for example ftp://host:21/path (IPv6 addresses in brackets)',
    ],
    [
      "ftp://me:hush",
      '"ftp://me:***" contains no host name; expected for example ftp://host:21/path (IPv6 addresses in brackets)',
    ],
    [
      "ftp://me:hu/sh@h/x",
      '"ftp://me:***@h/x" contains no host name; expected for example ftp://host:21/path (IPv6 addresses in brackets)',
    ],
    [
      "ftp://me:hush@::1/x",
      '"ftp://me:***@::1/x" has an IPv6 address without brackets; expected for example ftp://[::1]:21/path',
    ],
    [
      "ftps://2001:db8::7",
      '"ftps://2001:db8::7" has an IPv6 address without brackets; expected for example ftp://[::1]:21/path',
    ],
    [
      "ftp://::1:2121/x",
      '"ftp://::1:2121/x" has an IPv6 address without brackets; expected for example ftp://[::1]:21/path',
    ],
    ["ftp://h:0/x", '"ftp://h:0/x" has an invalid port; expected 1 to 65535'],
    ["ftp://me:hush@h:99999/", '"ftp://me:***@h:99999/" has an invalid port; expected 1 to 65535'],
    ["ftp://:hush@h/", '"ftp://:***@h/" has a password but no user; expected ftp://user:password@host/path'],
    ["ftp://me:100%@h/", '"ftp://me:***@h/" has a % that is not followed by two hexadecimal digits'],
    ["ftp://h/a%0Ab", '"ftp://h/a%0Ab" contains CR, LF or NUL, which an FTP command cannot contain'],
    ["ftp://me:a%00@h/", '"ftp://me:***@h/" contains CR, LF or NUL, which an FTP command cannot contain'],
    ["h:a\rb", '"h:a\rb" contains CR, LF or NUL, which an FTP command cannot contain'],
  ])("%j", (text, sentence) => {
    expect(() => parseLocation(text)).toThrow(new ConfigError(sentence));
  });
});

test.each([
  ["ftp://me:hush@h//pub/%2A*", "ftp://me@h//pub/%2A*"],
  ["ftps://[::1]:990/caf%e9", "ftps://[::1]:990/caf%E9"],
  ["FTPES://h/%2Fa b%25", "ftpes://h//a%20b%25"],
  ["archive:pub", "archive:pub"],
  ["file:///x", "/x"],
])("%s is shown as %s", (text, shown) => {
  expect(formatLocation(parseLocation(text))).toBe(shown);
});

test.each([
  ["host:path", "host:path"],
  ["ftp://h:21/a:b", "ftp://h:21/a:b"],
  ["ftp://[::1]:21/x", "ftp://[::1]:21/x"],
  ["ftp://me:hush@h", "ftp://me:***@h"],
  ["me:hush@h/x", "me:***@h/x"],
  ["ftp://me:123456", "ftp://me:***"],
  ["ftp://me:hush@::1/x", "ftp://me:***@::1/x"],
  ["ftp://me:::hush", "ftp://me:***"],
  ["ftp://me@x:::hush/", "ftp://me@x:***"],
])("%s without its password is %s", (text, shown) => {
  expect(withoutPassword(text)).toBe(shown);
});

test("a short form that may mean a host of the configuration is ambiguous, and both meanings are named", () => {
  const isHost = (name: string) => name === "edge";
  expect(ambiguityOf("edge/pub/", isHost)).toContain("write ./edge/pub/ or edge:pub/");
  expect(ambiguityOf("edge/a:b", isHost)).toContain("write ./edge/a:b or edge:a:b");
  expect(ambiguityOf("edge", isHost)).toContain("write ./edge or edge:");
  expect(ambiguityOf("me@edge:pub", isHost)).toContain("write edge:pub, or ftp://me@edge/pub");
  const clear = [
    "./edge/pub",
    "edge:pub",
    "edges/pub",
    "edges",
    "me@other:edge/x",
    "ftp://me@edge/x",
    "out/edge",
  ];
  for (const text of clear) expect(ambiguityOf(text, isHost)).toBeUndefined();
});

test("one name alone is a local path on the command line, and refused in a file", () => {
  for (const text of ["out", "a.iso", "*.csv", "two words", "-n"]) {
    expect(parseLocation(text)).toEqual({ kind: "local", path: text });
    expect(() => parseStoredLocation(text)).toThrow(`or a local path such as ./${text}`);
  }
  for (const text of ["./out", ".", "..", "out/", "edge:out", "ftp://h/out"])
    expect(parseStoredLocation(text)).toEqual(parseLocation(text));
});

test("a URL may say that files are copied byte for byte, and nothing else of their type", () => {
  expect(parseLocation("ftp://host/a.iso;type=i")).toMatchObject({ path: "a.iso" });
  expect(parseLocation("ftp://host/a.iso;TYPE=I")).toMatchObject({ path: "a.iso" });
  expect(parseLocation("ftp://host/a%3Btype=i")).toMatchObject({ path: "a;type=i" });
  expect(() => parseLocation("ftp://host/a.txt;type=a")).toThrow(/byte for byte/);
  expect(() => parseLocation("ftp://host/a;type=d")).toThrow(/byte for byte/);
});

test("a fragment is no part of a file's name", () => {
  expect(() => parseLocation("ftp://host/a.iso#part")).toThrow(/write %23/);
  expect(parseLocation("ftp://host/a%23part")).toMatchObject({ path: "a#part" });
});
