import { expect, test } from "vitest";
import { CommandError, encode } from "../../../src/ftp/command.ts";

test("octet 255 is doubled where the server follows Telnet there, and nothing else is", () => {
  const command = { verb: "RETR", argument: "a\udcff\udcfe" };
  expect(encode(command, true)).toEqual(Buffer.from("RETR a\xff\xff\xfe\r\n", "latin1"));
  expect(encode(command, false)).toEqual(Buffer.from("RETR a\xff\xfe\r\n", "latin1"));
});

test.each(["a\r", "a\nDELE b", "a\0"])("%j cannot be an argument: it would end the line", (argument) => {
  expect(() => encode({ verb: "RETR", argument }, false)).toThrow(CommandError);
});
