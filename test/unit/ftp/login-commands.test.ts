import { expect, test } from "vitest";
import { loginCommand, refusalOfLoginCommand } from "../../../src/ftp/login-commands.ts";

test.each(["SITE IDLE 3600", "OPTS UTF8 ON", "CLNT fxpd", "site help", "NOOP", "SITE XDUPE 3", "STAT"])(
  "%s may be sent after each login",
  (line) => expect(refusalOfLoginCommand(line)).toBeUndefined(),
);

test.each([
  ["USER me", /USER is about logging in/],
  ["pass secret", /PASS is about logging in/],
  ["PORT 1,2,3,4,5,6", /data connections/],
  ["PASV", /data connections/],
  ["RETR a", /moves files/],
  ["STOR a", /moves files/],
  ["DELE a", /changes or looks at files/],
  ["RNFR a", /changes or looks at files/],
  ["CWD /", /leaves the login directory/],
  ["TYPE A", /changes how files/],
  ["PROT C", /logging in and TLS/],
  ["SITE PSWD old new", /carries a password/],
  ["SITE CHMOD 777 a", /changes files/],
  ["NOOP\r\nDELE a", /expected a command/],
  ["NOOP\0", /expected a command/],
  ["", /expected a command/],
  ["X", /expected a command/],
] as const)("%j may not", (line, because) => {
  expect(String(refusalOfLoginCommand(line))).toMatch(because);
});

test("a line is a verb and what follows it", () => {
  expect(loginCommand("SITE IDLE 3600")).toEqual({ verb: "SITE", argument: "IDLE 3600" });
  expect(loginCommand("NOOP")).toEqual({ verb: "NOOP" });
});
