import { expect, test } from "vitest";
import { charsetCalled } from "../../../../src/ftp/charset/charsets.ts";
import { codecOf } from "../../../../src/ftp/charset/name-codec.ts";
import { encode } from "../../../../src/ftp/command.ts";

test.each([
  ["windows-1251", "отчёт я", "ee f2 f7 b8 f2 20 ff"],
  ["koi8-r", "отчёт", "cf d4 de a3 d4"],
  ["iso-8859-1", "Müller", "4d fc 6c 6c 65 72"],
  ["shift_jis", "表計算 ｱ", "95 5c 8c 76 8e 5a 20 b1"],
  ["euc-jp", "表", "c9 bd"],
  ["gbk", "报告€", "b1 a8 b8 e6 80"],
  ["gb18030", "报告😀", "b1 a8 b8 e6 94 39 fc 36"],
  ["big5", "許功蓋", "b3 5c a5 5c bb 5c"],
  ["euc-kr", "보고서", "ba b8 b0 ed bc ad"],
  ["cp437", "Ärger", "8e 72 67 65 72"],
])("%s is written as servers write it", (charset, text, bytes) => {
  const octets = Buffer.from(bytes.replaceAll(" ", ""), "hex");
  const codec = codecOf(charset);
  expect(codec.encode(text)).toEqual(octets);
  expect(codec.decode(octets)).toBe(text);
});

test.each([
  ["CP1251", "windows-1251"],
  ["Windows-1251", "windows-1251"],
  ["latin-1", "iso-8859-1"],
  ["ISO_8859-15", "iso-8859-15"],
  ["SJIS", "shift_jis"],
  ["utf8", "utf-8"],
  ["utf-16", undefined],
  ["iso-2022-jp", undefined],
  ["klingon", undefined],
])("a person may call a character set %s", (word, charset) => {
  expect(charsetCalled(word)).toBe(charset);
});

test("bytes that a code page does not define are not converted", () => {
  expect(codecOf("windows-1251").decode(Buffer.from("x\u0098", "latin1"))).toBe("x\udc98");
  expect(codecOf("windows-1251").missing("\u0098")).toBe("\u0098");
});

test("of a line, only the words are left undecoded that are not valid", () => {
  const codec = codecOf("shift_jis");
  const line = Buffer.from("12 \u00ff\u00ff \u0095\u005c", "latin1");
  expect(codec.decode(line)).toBe("12 \udcff\udcff 表");
});

test("a command with a character that the server's charset lacks is not sent, and a secret is not shown", () => {
  const codec = codecOf("windows-1251");
  expect(encode({ verb: "RETR", argument: "я" }, true, codec)).toEqual(
    Buffer.from("RETR \u00ff\u00ff\r\n", "latin1"),
  );
  expect(() => encode({ verb: "RETR", argument: "表" }, true, codec)).toThrow(
    'RETR: "表" contains "表" that windows-1251 lacks',
  );
  expect(() => encode({ verb: "PASS", argument: "表x" }, true, codec)).toThrow(
    'PASS: "***" contains a character that windows-1251 lacks',
  );
});
