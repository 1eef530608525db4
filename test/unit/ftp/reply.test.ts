import { expect, test } from "vitest";
import { ProtocolError } from "../../../src/ftp/errors.ts";
import { ReplyParser } from "../../../src/ftp/reply.ts";

/** A reply of several lines whose last one is not as the first line demands. */
function unended(text: string): ReplyParser {
  const parser = new ReplyParser();
  expect([...parser.push(Buffer.from(text))]).toEqual([]);
  return parser;
}

test("a reply may end with the code of its first line alone, when nothing follows", () => {
  const parser = unended("230-Welcome\r\n230\r\n");
  expect(parser.mayBeComplete).toBe(true);
  expect(parser.finish()).toEqual({ code: 230, lines: ["Welcome", ""] });
});

test.each(["226", "226 done", "231 other"])("a reply that ends with %j is not taken for whole", (last) => {
  const parser = unended(`230-Welcome\r\n${last}\r\n`);
  expect(parser.mayBeComplete).toBe(true);
  expect(() => parser.finish()).toThrow(ProtocolError);
});

test("a reply in whose last line a code is followed by a hyphen goes on", () => {
  expect(unended("230-Welcome\r\n230-more\r\n").mayBeComplete).toBe(false);
});
